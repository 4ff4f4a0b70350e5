//! An image as one file system, in a tar.
//!
//! Layers that can be opened one by one are read newest first, and what is certain to be visible is written
//! as it comes (`descent.rs`). What is left then, because only the layers below could tell, is written
//! afterwards: names without content, then files, for which their layers are read a second time, some layers
//! ahead of the one that is being written, as far as a few pieces of each go, then other names of files.
//!
//! An archive that passes does so twice: for what is in its layers, and for what is visible of it. Nothing is
//! kept on disk, and in memory only the listings. Each reading verifies; the archive that is written has an
//! end marker only where all did.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use cutaway_layerfs::Listing;
use cutaway_model::{Error as ModelError, Image, Layer};
use cutaway_read::{
    Archive, Input, LayerKey, Layers, ListingOnly, Options, Select, Task, Turn, Turns,
    layers_of_archive, on_task, visit,
};
use tokio::io::AsyncWrite;

use crate::Error;
use crate::descent::{Descent, at_once, descend};
use crate::emitter::Emitter;
use crate::flattened::Flattened;
use crate::outlet::{Inlet, way};
use crate::plan::Plan;
use crate::tarfile::{Head, TarWriter};

/// Writes the file system of an image, as a container would see it, to `out` as a tar; `target` names it in
/// errors. An archive has to pass twice, so its opener must be able to start it again.
///
/// Directories come before what lies in them, and what shares a file comes after it; a name that comes twice
/// is what it is the last time. The same image from the same kind of source gives the same bytes. Names of
/// one file stay names of one file, whichever layers they are from. The root itself is left out.
///
/// Needs a tokio runtime. Dropped before its end, it leaves an archive without an end marker.
///
/// # Errors
///
/// Returns what keeps a layer from being read and verified, and what keeps `out` from being written;
/// the archive has no end marker then. [`ModelError::Malformed`] where an archive holds another image the
/// second time; [`ModelError::Limit`] where a layer takes away what it had itself, more than
/// `layer_hold_bytes` before.
pub async fn flatten(
    input: Input,
    options: &Options,
    out: impl AsyncWrite + Unpin + Send,
    target: &str,
) -> Result<(Image, Flattened), Error> {
    let mut tar = TarWriter::new(out, target);
    let (image, written) = match input {
        Input::Image(image) => {
            let written = of_image(&image, options, &mut tar).await?;
            (*image, written)
        }
        Input::Archive(archive) => of_archive(&archive, options, &mut tar).await?,
    };
    tar.finish().await?;
    Ok((image, written))
}

async fn of_image<W: AsyncWrite + Unpin + Send>(
    image: &Image,
    options: &Options,
    tar: &mut TarWriter<W>,
) -> Result<Flattened, Error> {
    cutaway_read::check_files(image, &options.limits.model).await?;
    let mut total = Flattened::default();
    let Descent { listings, written } = descend(image.layers(), options, tar, &mut total).await?;
    let listings = (0_u32..).zip(listings).collect();
    let plan = Arc::new(Plan::new(listings, &written, &[], &options.limits)?);
    drop(written);
    bare(&plan, tar, &mut total).await?;
    let numbered = (0_u32..).zip(image.layers());
    let mut ahead =
        numbered.filter(|(layer, _)| plan.wants_of(*layer)).collect::<VecDeque<(u32, &Layer)>>();
    let mut running = VecDeque::new();
    let at_once = at_once(image.layers(), options);
    // Layers are opened in the order in which they are written: a source that answers one request at a
    // time would otherwise give it to a layer that waits for being written, and never to the one that is.
    let mut turns = Turns::new();
    loop {
        while running.len() < at_once
            && let Some((number, layer)) = ahead.pop_front()
        {
            running.push_back(start(layer, number, &plan, turns.next_turn(), options));
        }
        let Some((mut pieces, task)) = running.pop_front() else { break };
        pieces.write_all(tar, &mut total).await?;
        task.await?;
    }
    links(&plan, tar, &mut total).await?;
    Ok(total)
}

/// Starts reading a layer for the content of some of its entries.
fn start(
    layer: &Layer,
    number: u32,
    plan: &Arc<Plan>,
    turn: Turn,
    options: &Options,
) -> (Inlet, Task<Result<(), Error>>) {
    let (outlet, pieces) = way(options.limits.model.unpacked_bytes);
    // It may have to wait until others are written.
    let (layer, plan, options) = (layer.clone(), Arc::clone(plan), options.clone().in_turn());
    let task = on_task(async move {
        let mut begun = Some(turn.begin().await);
        // What was sent cannot be taken back.
        let reader = || {
            (!outlet.has_sent()).then(|| {
                let emitter = Emitter::new(&plan, Some(number), &outlet);
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

async fn of_archive<W: AsyncWrite + Unpin + Send>(
    archive: &Archive,
    options: &Options,
    tar: &mut TarWriter<W>,
) -> Result<(Image, Flattened), Error> {
    let mut total = Flattened::default();
    // Of members of one name the last one counts.
    let times: Arc<Mutex<HashMap<Option<String>, u64>>> = Arc::default();
    let count = Arc::clone(&times);
    let listed = move |key: &LayerKey| {
        let mut times = count.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = times.entry(key.member.clone()).or_default();
        *passed = passed.saturating_add(1);
        ListingOnly
    };
    let first = layers_of_archive(archive, Select::ALL, listed, options).await?;
    // A member that the image lists twice is two layers, whose files are written as those of the first.
    let mut places: HashMap<String, u32> = HashMap::new();
    let (mut firsts, mut listings) = (Vec::new(), Vec::<(u32, Arc<Listing>)>::new());
    for (position, (member, reading)) in (0_u32..).zip(first.members.iter().zip(&first.layers)) {
        firsts.push(*places.entry(member.clone()).or_insert(position));
        listings.push((position, Arc::clone(&reading.listing)));
    }
    let plan = Arc::new(Plan::new(listings, &[], &firsts, &options.limits)?);
    bare(&plan, tar, &mut total).await?;
    let (outlet, mut pieces) = way(options.limits.model.unpacked_bytes);
    let shared = Arc::clone(&plan);
    let emitter = move |key: &LayerKey| {
        let mut times = times.lock().unwrap_or_else(PoisonError::into_inner);
        let left = times.entry(key.member.clone()).or_default();
        *left = left.saturating_sub(1);
        let layer = key.member.as_ref().filter(|_| *left == 0);
        let layer = layer.and_then(|member| places.get(member)).copied();
        Emitter::new(&shared, layer, &outlet)
    };
    // One member at a time: they are all written to one archive.
    let mut options = options.clone();
    options.limits.layers_in_flight = 1;
    let writing = pieces.write_all(tar, &mut total);
    let reading = layers_of_archive(archive, Select::ALL, emitter, &options);
    let (second, written) = tokio::join!(reading, writing);
    written?;
    let Layers { image, .. } = second?;
    same(&first.image, &image, &archive.place)?;
    links(&plan, tar, &mut total).await?;
    Ok((image, total))
}

/// Refuses an archive that held another image the second time.
fn same(first: &Image, second: &Image, place: &str) -> Result<(), ModelError> {
    if first.id() == second.id() {
        return Ok(());
    }
    let rule = format!("held image {} and then image {}", first.id(), second.id());
    Err(ModelError::malformed(place, rule))
}

/// Writes the names without content that are still to be written.
async fn bare<W: AsyncWrite + Unpin + Send>(
    plan: &Plan,
    tar: &mut TarWriter<W>,
    total: &mut Flattened,
) -> Result<(), Error> {
    for &id in &plan.bare {
        let (path, meta) = plan.describe(id);
        tar.start(&Head::of(&path, meta.as_ref())).await?;
        total.add(Flattened { names: 1, bytes: 0 });
    }
    Ok(())
}

/// Writes the other names of files.
async fn links<W: AsyncWrite + Unpin + Send>(
    plan: &Plan,
    tar: &mut TarWriter<W>,
    total: &mut Flattened,
) -> Result<(), Error> {
    for &(first, other) in &plan.links {
        let ((first, _), (other, meta)) = (plan.describe(first), plan.describe(other));
        if let Some(meta) = meta {
            tar.start(&Head::link(&other, &first, &meta)).await?;
            total.add(Flattened { names: 1, bytes: 0 });
        }
    }
    Ok(())
}
