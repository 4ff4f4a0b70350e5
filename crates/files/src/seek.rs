//! Finding one path of an image, and reading its bytes, with as little reading as can be.
//!
//! Layers are read newest first, one after the other, as long as a [`Question`] is open. In the layer
//! that seems to have the answer, reading ends behind it where much is spared by that: the answer is
//! then marked as not verified, since neither was the layer read to its end nor is it sure that no
//! later entry of it has the same name. Where little is left, it is read, and the answer is both.

use std::collections::BTreeMap;
use std::io::Write;

use cutaway_layerfs::{EntryPath, Inode, Kind, Meta};
use cutaway_model::{Image, Layer};

use crate::question::{Absent, Answer, Found, Open, Question};
use crate::seeker::{Caught, Seeker, Target};
use crate::{Error, Limits, Source};

/// What to look for, and how.
#[derive(Debug, Clone, Copy)]
pub struct Search<'a> {
    /// The path, from the root of the image.
    pub path: &'a [u8],
    /// Whether a symbolic link in the last component is followed.
    pub follow: bool,
    /// Whether the bytes of the file are wanted.
    pub content: bool,
    /// Whether nothing is told before every layer that the answer rests upon is verified.
    pub verify: bool,
    /// How many stored bytes of a layer have to be ahead for its end to be spared. With [`u64::MAX`]
    /// nothing is spared, and no byte is written before its layer was read to the end once.
    pub spare: u64,
}

/// What a search came to.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Finding {
    /// What is at the path.
    pub outcome: Outcome,
    /// Whether every layer that was read was read to its end and verified. Then the answer is exact.
    pub verified: bool,
    /// How far each layer was read, by position. Layers that are not here were not opened.
    pub read: BTreeMap<usize, Read>,
}

/// What is at a path.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Something.
    Found(Thing),
    /// Nothing.
    Absent(Absent),
}

/// Something at a path.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Thing {
    /// Where it really is, links followed; a link that a layer which was spared has in the place of
    /// a directory on the way is not.
    pub path: EntryPath,
    /// The layer whose entry put the name there.
    pub layer: usize,
    /// What the layer says about it; the kind is never that of a hard link.
    pub meta: Meta,
}

/// How far a layer was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Read {
    /// Stored bytes that were read, all passes together.
    pub stored: u64,
    /// Its stored bytes, where their number is known.
    pub of: Option<u64>,
    /// Whether it was read to its end and was what it claims to be.
    pub verified: bool,
}

/// Searches an image; the bytes of a file go to `out`.
///
/// Bytes are held back as long as they may turn out not to be wanted, at most as many as the limit
/// `hold_bytes`; with `verify`, until the layers are verified, and as many as `content_bytes`. A file
/// that stands before the link that leads to it makes its layer be read again.
///
/// # Errors
///
/// Returns why a layer cannot be read, [`Error::TooLarge`], [`Error::Write`], and
/// [`Error::Overtaken`] where bytes were written and a later entry of the layer replaces them.
pub async fn search(
    image: &Image,
    search: &Search<'_>,
    limits: &Limits,
    out: &mut (impl Write + Send),
) -> Result<Finding, Error> {
    let layers = image.layers();
    let mut question = Question::new(search.path, search.follow, layers.len(), limits.layerfs);
    let mut reads = BTreeMap::new();
    let mut caught: Option<(usize, Caught)> = None;
    loop {
        match question.answer()? {
            Answer::Open(open) => {
                let Some(layer) = layers.get(open.layer) else { return Err(out_of_range()) };
                let target = open.candidate.clone().map(Target::Path);
                let (listing, seen) = pass(layer, target, search, limits, out, &mut reads).await?;
                match (listing, seen) {
                    (Some(listing), seen) => {
                        caught = seen.map(|seen| (open.layer, seen)).or(caught);
                        question.take(open, listing);
                    }
                    (None, Some(mut seen)) => {
                        // What is held is all of it, unless it went out while it was read.
                        let held = std::mem::take(&mut seen.held);
                        out.write_all(&held).map_err(Error::Write)?;
                        return Ok(early(open, seen, reads));
                    }
                    (None, None) => return Err(out_of_range()),
                }
            }
            Answer::Absent(absent) => {
                overtaken(caught.as_ref(), None, layers)?;
                return Ok(finding(Outcome::Absent(absent), reads));
            }
            Answer::Found(found) => {
                overtaken(caught.as_ref(), Some(found.inode), layers)?;
                let meta = match question.entry(found.inode) {
                    Some(entry) => entry.meta().clone(),
                    None => Meta::implied(),
                };
                if search.content && found.kind == Kind::File {
                    deliver(&found, caught, image, search, limits, out, &mut reads).await?;
                }
                let thing = Thing { path: found.path, layer: found.layer, meta };
                return Ok(finding(Outcome::Found(thing), reads));
            }
        }
    }
}

/// Writes the bytes of what was found, from memory or from its layer once more.
async fn deliver(
    found: &Found,
    caught: Option<(usize, Caught)>,
    image: &Image,
    search: &Search<'_>,
    limits: &Limits,
    out: &mut (impl Write + Send),
    reads: &mut BTreeMap<usize, Read>,
) -> Result<(), Error> {
    let position = usize::try_from(found.inode.layer).unwrap_or(usize::MAX);
    if let Some((layer, caught)) = caught
        && layer == position
        && caught.entry == found.inode.entry
        && caught.complete
    {
        return match caught.held {
            // It went out while it was read.
            _ if caught.streamed => Ok(()),
            held => out.write_all(&held).map_err(Error::Write),
        };
    }
    let Some(layer) = image.layers().get(position) else { return Err(out_of_range()) };
    tracing::info!(layer = position, path = %found.path, "reading a layer a second time: the file stands before the link that leads to it, or is large");
    let target = Target::Entry { entry: found.inode.entry, path: found.path.clone() };
    let (_, caught) = pass(layer, Some(target), search, limits, out, reads).await?;
    match caught {
        Some(caught) if caught.complete && caught.streamed => Ok(()),
        Some(caught) if caught.complete => out.write_all(&caught.held).map_err(Error::Write),
        _ => Err(out_of_range()),
    }
}

/// Reads a layer until its target is at hand or to its end; returns what it holds in the latter case.
async fn pass(
    layer: &Layer,
    target: Option<Target>,
    search: &Search<'_>,
    limits: &Limits,
    out: &mut (impl Write + Send),
    reads: &mut BTreeMap<usize, Read>,
) -> Result<(Option<cutaway_layerfs::Listing>, Option<Caught>), Error> {
    let source = Source::open(layer, &limits.model).await?;
    let outcome = source.outcome();
    let mut seeker = Seeker::new(target, layer.size(), search, limits, out);
    let walked = source.walk(limits.layerfs, &mut seeker).await?;
    let caught = seeker.finish()?;
    let read =
        reads.entry(layer.index()).or_insert(Read { stored: 0, of: layer.size(), verified: false });
    read.stored = read.stored.saturating_add(outcome.read());
    // A second pass that ends early proves less than it tells.
    read.verified = walked.is_some();
    if let Some((measured, _)) = &walked {
        read.of = Some(measured.stored.size);
    }
    Ok((walked.map(|(_, walked)| walked.listing), caught))
}

/// Makes the finding of a layer whose end was spared.
fn early(open: Open, caught: Caught, reads: BTreeMap<usize, Read>) -> Finding {
    let path = open.candidate.unwrap_or_default();
    let thing = Thing { path, layer: open.layer, meta: caught.meta };
    Finding { outcome: Outcome::Found(thing), verified: false, read: reads }
}

fn finding(outcome: Outcome, read: BTreeMap<usize, Read>) -> Finding {
    let verified = read.values().all(|read| read.verified);
    Finding { outcome, verified, read }
}

/// Refuses to end well where other bytes were written than those that count.
fn overtaken(
    caught: Option<&(usize, Caught)>,
    inode: Option<Inode>,
    layers: &[Layer],
) -> Result<(), Error> {
    let Some((layer, caught)) = caught else { return Ok(()) };
    let same = inode.is_some_and(|inode| {
        usize::try_from(inode.layer) == Ok(*layer) && inode.entry == caught.entry
    });
    if caught.streamed && !same {
        let what = layers.get(*layer).map(Layer::what).unwrap_or_default();
        return Err(Error::Overtaken { path: caught.path.clone(), what });
    }
    Ok(())
}

/// The error of a source that gives another layer each time it is read.
fn out_of_range() -> Error {
    cutaway_model::Error::malformed("layer", "holds something else when it is read again").into()
}
