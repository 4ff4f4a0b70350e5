//! An image as one file system, in a tar.
//!
//! The layers are read twice: once for what is in them, which decides what is visible, and once more,
//! where they hold something visible, for its content. The first time all at once; the second time some
//! layers ahead of the one that is being written, as far as a few pieces of each go. Nothing is kept on
//! disk, and in memory only the listings. Each reading verifies; an archive whose second reading fails has
//! no end marker.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cutaway_layerfs::{EntryPath, Kind, Limits, Listing, Meta};
use cutaway_model::{Error as ModelError, Image, Layer};
use cutaway_read::{
    Archive, Input, LayerKey, Layers, ListingOnly, Options, Select, Task, Turn, Turns, layers,
    layers_of_archive, on_task, visit,
};
use cutaway_tar::len64;
use tokio::io::AsyncWrite;
use tokio::sync::mpsc;

use crate::Error;
use crate::emitter::{Batch, Emitter, Event};
use crate::plan::Plan;
use crate::tarfile::{Head, TarWriter};

/// How many pieces of a layer wait for being written, each as much as is decoded at once.
const PIECES: usize = 8;

/// What a flattened file system amounts to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flattened {
    /// Names that were written.
    pub names: u64,
    /// Bytes of content.
    pub bytes: u64,
}

/// Writes the file system of an image, as a container would see it, to `out` as a tar; `target` names it in
/// errors. An archive has to pass twice, so its opener must be able to start it again.
///
/// Directories, symbolic links and devices come first, sorted by path, then files layer by layer. Names
/// of one file stay names of one file, whichever layers they are from. The root itself is left out.
///
/// Needs a tokio runtime. Dropped before its end, it leaves an archive without an end marker.
///
/// # Errors
///
/// Returns what keeps a layer from being read and verified, and what keeps `out` from being written;
/// the archive has no end marker then. [`ModelError::Malformed`] where an archive holds another image the
/// second time.
pub async fn flatten(
    input: Input,
    options: &Options,
    out: impl AsyncWrite + Unpin + Send,
    target: &str,
) -> Result<(Image, Flattened), Error> {
    match input {
        Input::Image(image) => {
            let written = of_image(&image, options, out, target).await?;
            Ok((*image, written))
        }
        Input::Archive(archive) => of_archive(&archive, options, out, target).await,
    }
}

async fn of_image(
    image: &Image,
    options: &Options,
    out: impl AsyncWrite + Unpin + Send,
    target: &str,
) -> Result<Flattened, Error> {
    let input = Input::from(image.clone());
    let read = layers(input, Select::ALL, |_| ListingOnly, options).await?;
    let listings = read.layers.iter().map(|reading| Arc::clone(&reading.listing));
    let listings = (0_u32..).zip(listings).collect();
    drop(read);
    let mut flattening = Flattening::start(listings, options.limits.layerfs, out, target).await?;
    let wanted = (0_u32..).zip(image.layers());
    let wanted = wanted.map(|(number, layer)| (number, flattening.wanted(number), layer));
    let mut ahead = wanted.filter(|(_, wanted, _)| !wanted.is_empty()).collect::<VecDeque<_>>();
    let mut running = VecDeque::new();
    let at_once = options.limits.layers_in_flight.max(1);
    // Layers are opened in the order in which they are written: a source that answers one request at a
    // time would otherwise give it to a layer that waits for being written, and never to the one that is.
    let mut turns = Turns::new();
    loop {
        while running.len() < at_once
            && let Some((number, wanted, layer)) = ahead.pop_front()
        {
            running.push_back(start(layer, number, wanted, turns.next_turn(), options));
        }
        let Some((mut pieces, task)) = running.pop_front() else { break };
        while let Some(batch) = pieces.recv().await {
            flattening.write(batch).await?;
        }
        task.await?;
    }
    flattening.finish().await
}

/// Starts reading a layer for the content of some of its entries.
fn start(
    layer: &Layer,
    number: u32,
    wanted: VecDeque<u32>,
    turn: Turn,
    options: &Options,
) -> (mpsc::Receiver<Batch>, Task<Result<(), Error>>) {
    let (to, pieces) = mpsc::channel(PIECES);
    let (layer, options) = (layer.clone(), options.clone());
    let task = on_task(async move {
        let (mut begun, sent) = (Some(turn.begin().await), Arc::new(AtomicBool::new(false)));
        // What was sent cannot be taken back.
        let reader = || {
            let fresh = !sent.load(Ordering::Relaxed);
            fresh.then(|| {
                let emitter = Emitter::new(number, wanted.clone(), to.clone(), Arc::clone(&sent));
                emitter.passing_on(begun.take())
            })
        };
        let visit = visit(&layer, reader, &options).await?;
        match visit.whole {
            Some(_) => Ok(()),
            None => Err(cutaway_read::Error::unfinished(layer.what()).into()),
        }
    });
    (pieces, task)
}

async fn of_archive(
    archive: &Archive,
    options: &Options,
    out: impl AsyncWrite + Unpin + Send,
    target: &str,
) -> Result<(Image, Flattened), Error> {
    let listed = |_: &LayerKey| ListingOnly;
    let first = layers_of_archive(archive, Select::ALL, listed, options).await?;
    // A member that the image lists twice is one layer with the number of its first place.
    let mut places: HashMap<String, u32> = HashMap::new();
    let mut listings: Vec<(u32, Arc<Listing>)> = Vec::new();
    for (position, (member, reading)) in (0_u32..).zip(first.members.iter().zip(&first.layers)) {
        let number = *places.entry(member.clone()).or_insert(position);
        listings.push((number, Arc::clone(&reading.listing)));
    }
    let mut flattening = Flattening::start(listings, options.limits.layerfs, out, target).await?;
    let wanted: HashMap<String, (u32, VecDeque<u32>)> = places
        .into_iter()
        .map(|(member, number)| (member, (number, flattening.wanted(number))))
        .collect();
    let (to, mut pieces) = mpsc::channel(PIECES);
    let emitter = move |key: &LayerKey| {
        let wanted = key.member.as_ref().and_then(|member| wanted.get(member)).cloned();
        let (number, wanted) = wanted.unwrap_or_default();
        Emitter::new(number, wanted, to.clone(), Arc::default())
    };
    // One member at a time: they are all written to one archive.
    let mut options = options.clone();
    options.limits.layers_in_flight = 1;
    let writing = async {
        while let Some(batch) = pieces.recv().await {
            flattening.write(batch).await?;
        }
        Ok::<_, Error>(flattening)
    };
    let reading = layers_of_archive(archive, Select::ALL, emitter, &options);
    let (second, written) = tokio::join!(reading, writing);
    let flattening = written?;
    let Layers { image, .. } = second?;
    same(&first.image, &image, &archive.place)?;
    Ok((image, flattening.finish().await?))
}

/// Refuses an archive that held another image the second time.
fn same(first: &Image, second: &Image, place: &str) -> Result<(), ModelError> {
    if first.id() == second.id() {
        return Ok(());
    }
    let rule = format!("held image {} and then image {}", first.id(), second.id());
    Err(ModelError::malformed(place, rule))
}

/// A file system that is being written.
struct Flattening<W: AsyncWrite + Unpin + Send> {
    plan: Plan,
    tar: TarWriter<W>,
    /// The file that was begun: its layer, its entry and what the layer says about it.
    current: Option<(u32, u32, Box<Meta>)>,
    written: Flattened,
}

impl<W: AsyncWrite + Unpin + Send> Flattening<W> {
    /// Lays numbered layers over each other, base first, and writes everything that has no content.
    async fn start(
        listings: Vec<(u32, Arc<Listing>)>,
        limits: Limits,
        out: W,
        target: &str,
    ) -> Result<Self, Error> {
        let plan = Plan::new(listings, limits)?;
        let mut tar = TarWriter::new(out, target);
        for &id in &plan.bare {
            let (path, meta) = plan.describe(id);
            tar.start(&head(&path, meta.as_ref())).await?;
        }
        let names = len64(plan.bare.len());
        Ok(Self { plan, tar, current: None, written: Flattened { names, bytes: 0 } })
    }

    /// Returns the entries of a layer whose content is visible.
    fn wanted(&self, layer: u32) -> VecDeque<u32> {
        self.plan.wanted(layer)
    }

    /// Writes pieces of a layer.
    async fn write(&mut self, batch: Batch) -> Result<(), Error> {
        let Batch { layer, events } = batch;
        for event in events {
            match event {
                Event::Start(entry, meta) => {
                    self.begin(layer, entry, &meta).await?;
                    self.current = Some((layer, entry, meta));
                }
                Event::Data(bytes) => self.tar.data(&bytes).await?,
                Event::Hole(len) => self.tar.zeros(len).await?,
                Event::End => {
                    if let Some((layer, entry, meta)) = self.current.take() {
                        self.end(layer, entry, &meta).await?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Begins a file, under the first of its names.
    async fn begin(&mut self, layer: u32, entry: u32, meta: &Meta) -> Result<(), Error> {
        match self.plan.names(layer, entry).first() {
            Some(first) => Ok(self.tar.start(&head(first, Some(meta))).await?),
            None => Ok(()),
        }
    }

    /// Ends a file, and adds its other names.
    async fn end(&mut self, layer: u32, entry: u32, meta: &Meta) -> Result<(), Error> {
        self.tar.end().await?;
        let names = self.plan.names(layer, entry);
        let Some((first, others)) = names.split_first() else { return Ok(()) };
        for other in others {
            let link = Head {
                kind: Kind::HardLink,
                size: 0,
                link: Some(first.as_bytes()),
                ..head(other, Some(meta))
            };
            self.tar.start(&link).await?;
        }
        let count = len64(names.len());
        self.written.names = self.written.names.saturating_add(count);
        self.written.bytes = self.written.bytes.saturating_add(meta.size);
        Ok(())
    }

    /// Writes the end marker.
    async fn finish(self) -> Result<Flattened, Error> {
        self.tar.finish().await?;
        Ok(self.written)
    }
}

/// Describes a name as its layer does; a directory that none describes is root's, as unpackers make it.
fn head<'a>(path: &'a EntryPath, meta: Option<&'a Meta>) -> Head<'a> {
    let path = path.as_bytes();
    match meta {
        None => Head { kind: Kind::Directory, mode: 0o755, ..Head::file(path, 0) },
        Some(meta) => Head {
            path,
            kind: meta.kind,
            size: meta.size,
            mode: meta.mode,
            uid: meta.uid,
            gid: meta.gid,
            uname: &meta.uname,
            gname: &meta.gname,
            mtime: meta.mtime,
            mtime_nanos: meta.mtime_nanos,
            link: meta.link.as_deref(),
            device: meta.device,
            xattrs: &meta.xattrs,
        },
    }
}
