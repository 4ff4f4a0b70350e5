//! All files of an image, or of its layers from one on: what is visible, and what was.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use cutaway_layerfs::{
    Changes, EntryPath, Inode, Listing, Meta, NodeId, Superseded, Tree, Visitor, Warning,
};
use cutaway_model::source::Form;
use cutaway_model::{Image, Layer};
use tokio::sync::Semaphore;

use crate::contents::{Contents, Fingerprints};
use crate::passing::{Given, pass};
use crate::question::{Absent, Answer, decided};
use crate::{
    Companion, Error, Limits, Measured, Observer, Progress, ReadError, Silent, Source, on_task,
};

/// One layer that was read to its end and verified.
#[derive(Debug, Clone)]
pub struct LayerFiles {
    /// What it was found to be.
    pub measured: Measured,
    /// Its entries, and what it hides.
    pub listing: Arc<Listing>,
    /// What is odd about it.
    pub warnings: Vec<Warning>,
    /// What tells the contents of its files apart, where that was asked for.
    pub contents: Arc<Contents>,
}

/// The files of an image, layers laid over each other.
#[derive(Debug)]
pub struct View {
    tree: Tree,
    first: usize,
    layers: Vec<LayerFiles>,
    changes: Changes,
}

impl LayerFiles {
    /// Reads one layer to its end, and tells `observer` how far it is.
    ///
    /// # Errors
    ///
    /// Returns what keeps it from being read and verified.
    pub async fn read(
        layer: &Layer,
        limits: &Limits,
        observer: &Arc<dyn Observer>,
    ) -> Result<Self, Error> {
        Ok(read_layer(layer, None, limits, observer).await?)
    }
}

impl View {
    /// Reads the layers of an image from `first` on, several at once, each of them once.
    ///
    /// With a `first` above zero the view is of what these layers say, over a base that is not known.
    ///
    /// # Errors
    ///
    /// Returns the first thing, in the order of the layers, that keeps one from being read and
    /// verified, and a limit that the layers meet together.
    pub async fn read(
        image: &Image,
        first: usize,
        fingerprints: Option<Fingerprints>,
        limits: &Limits,
    ) -> Result<Self, Error> {
        let silent: Arc<dyn Observer> = Arc::new(Silent);
        Self::read_observed(image, first, fingerprints, limits, &silent).await
    }

    /// Reads layers as [`View::read`] does, and tells `observer` how far they are.
    ///
    /// # Errors
    ///
    /// As [`View::read`].
    pub async fn read_observed(
        image: &Image,
        first: usize,
        fingerprints: Option<Fingerprints>,
        limits: &Limits,
        observer: &Arc<dyn Observer>,
    ) -> Result<Self, Error> {
        let layers = image.layers().get(first..).unwrap_or_default();
        Self::new(first, read_layers(layers, fingerprints, limits, observer).await?, limits)
    }

    /// Reads an image in an archive that passes once.
    ///
    /// # Errors
    ///
    /// As [`View::read`], and everything that keeps the archive from being read.
    pub async fn read_passing(
        given: Given<'_>,
        fingerprints: Option<Fingerprints>,
        limits: &Limits,
    ) -> Result<(Image, Form, Self), Error> {
        let (image, form, layers) = pass(given, |name, bytes| {
            let (limits, fingerprints) = (*limits, fingerprints.clone());
            async move {
                let source = Source::of_member(&name, bytes, &limits.model).await?;
                let layer = read(source, fingerprints, &limits).await?;
                Ok((layer.measured.clone(), layer))
            }
        })
        .await?;
        let layers = layers.into_iter().map(|(_, layer)| layer).collect();
        Ok((image, form, Self::new(0, layers, limits)?))
    }

    /// Lays layers over each other, the first of which has the position `first` in its image.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Overlay`] where they meet a limit together.
    pub fn new(first: usize, layers: Vec<LayerFiles>, limits: &Limits) -> Result<Self, Error> {
        let mut tree = Tree::new(limits.layerfs);
        let mut changes = Changes::default();
        let mut layers = layers;
        for (position, files) in layers.iter_mut().enumerate() {
            let layer = first.saturating_add(position);
            let number = u32::try_from(layer).unwrap_or(u32::MAX);
            let applied = tree
                .apply_noting(number, &files.listing, &mut changes)
                .map_err(|source| Error::Overlay { layer, source })?;
            files.warnings.extend(applied);
        }
        changes.sort();
        Ok(Self { tree, first, layers, changes })
    }

    /// Returns what is visible at the top.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Returns the position of the first layer of the view.
    pub fn first(&self) -> usize {
        self.first
    }

    /// Returns the layers of the view, oldest first.
    pub fn layers(&self) -> &[LayerFiles] {
        &self.layers
    }

    /// Returns the layer at a position of the image; none where the view does not have it.
    pub fn layer(&self, position: usize) -> Option<&LayerFiles> {
        self.layers.get(position.checked_sub(self.first)?)
    }

    /// Returns what the layers have changed.
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Returns what a path leads to, or why nothing is there; symbolic links are followed, the one in
    /// the last component only with `follow`.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Loop`] for a path that goes in circles.
    pub fn lookup(&self, path: &[u8], follow: bool) -> Result<Result<NodeId, Absent>, Error> {
        let trace = self
            .tree
            .trace(path, follow)
            .map_err(|source| Error::Loop { path: path.to_vec(), source })?;
        let place = self.tree.path(trace.node).join(&trace.missing);
        Ok(match decided(&self.tree, &trace, place, &self.changes) {
            Answer::Absent(absent) => Err(absent),
            Answer::Found(_) | Answer::Open(_) => Ok(trace.node),
        })
    }

    /// Returns what was at a path and is not any more, oldest first.
    pub fn superseded(&self, path: &EntryPath) -> &[Superseded] {
        self.changes.of(path)
    }

    /// Returns what the layer of an entry says about it.
    pub fn meta(&self, inode: Inode) -> Meta {
        let layer = usize::try_from(inode.layer).ok().and_then(|layer| self.layer(layer));
        let entry = layer.and_then(|layer| layer.listing.get(inode.entry));
        entry.map_or_else(Meta::implied, |entry| entry.meta().clone())
    }

    /// Returns what tells the content of an entry from that of others.
    pub fn content(&self, inode: Inode) -> Option<u64> {
        let layer = self.layer(usize::try_from(inode.layer).ok()?)?;
        layer.contents.of(inode.entry)
    }

    /// Returns a node and all below it, each directory before what lies in it.
    pub fn descend(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        self.tree.descend(node)
    }
}

/// Reads layers, several at once; one that is listed twice is read once.
async fn read_layers(
    layers: &[Layer],
    fingerprints: Option<Fingerprints>,
    limits: &Limits,
    observer: &Arc<dyn Observer>,
) -> Result<Vec<LayerFiles>, Error> {
    let permits = Arc::new(Semaphore::new(limits.layers_in_flight.max(1)));
    let mut tasks = HashMap::new();
    for layer in layers {
        tasks.entry(layer.diff_id()).or_insert_with(|| {
            let (layer, limits, permits) = (layer.clone(), *limits, Arc::clone(&permits));
            let (fingerprints, observer) = (fingerprints.clone(), Arc::clone(observer));
            on_task(async move {
                // The semaphore is never closed.
                let _permit = permits.acquire_owned().await;
                loop {
                    let read = read_layer(&layer, fingerprints.clone(), &limits, &observer).await;
                    match &read {
                        Err(ReadError::Model(error)) if layer.distrust(error).await => {}
                        _ => return read,
                    }
                }
            })
        });
    }
    let mut known: HashMap<_, LayerFiles> = HashMap::new();
    let mut read = Vec::with_capacity(layers.len());
    for layer in layers {
        let files = match (tasks.remove(layer.diff_id()), known.get(layer.diff_id())) {
            (Some(task), _) => task.await?,
            (None, Some(files)) => files.clone(),
            (None, None) => continue,
        };
        known.insert(layer.diff_id(), files.clone());
        read.push(files);
    }
    Ok(read)
}

async fn read_layer(
    layer: &Layer,
    fingerprints: Option<Fingerprints>,
    limits: &Limits,
    observer: &Arc<dyn Observer>,
) -> Result<LayerFiles, ReadError> {
    let source = Source::open(layer, &limits.model).await?;
    read(source.observed(observer, layer), fingerprints, limits).await
}

/// Reads one layer to its end.
async fn read(
    source: Source,
    fingerprints: Option<Fingerprints>,
    limits: &Limits,
) -> Result<LayerFiles, ReadError> {
    let what = source.what().to_owned();
    let mut reading = Reading { contents: fingerprints.map(Contents::new) };
    let walked = source.walk(limits.layerfs, &mut reading).await?;
    let (measured, walked) =
        walked.ok_or_else(|| cutaway_model::Error::malformed(what, "was not read to its end"))?;
    Ok(LayerFiles {
        measured,
        listing: Arc::new(walked.listing),
        warnings: walked.warnings,
        contents: Arc::new(reading.contents.unwrap_or_default()),
    })
}

/// Goes along with a layer, and takes fingerprints of its files where that was asked for.
struct Reading {
    contents: Option<Contents>,
}

impl Visitor for Reading {
    fn entry(&mut self, id: u32, _: &EntryPath, meta: &Meta) -> bool {
        self.contents.as_mut().is_some_and(|contents| contents.begin(id, meta.kind))
    }

    fn data(&mut self, chunk: &[u8]) {
        if let Some(contents) = &mut self.contents {
            contents.add(chunk);
        }
    }

    fn hole(&mut self, len: u64) {
        if let Some(contents) = &mut self.contents {
            contents.skip(len);
        }
    }

    fn end(&mut self) {
        if let Some(contents) = &mut self.contents {
            contents.end();
        }
    }
}

impl Companion for Reading {
    async fn pause(&mut self, _: Progress) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}
