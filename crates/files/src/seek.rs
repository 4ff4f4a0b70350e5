//! Finding one path of an image, and reading its bytes, with as little reading as can be.
//!
//! Layers are read newest first, one after the other, as long as a [`Question`] is open. In the layer
//! that seems to have the answer, reading ends behind it where much is spared by that: the answer is
//! then marked as not verified, since neither was the layer read to its end nor is it sure that no
//! later entry of it has the same name. Where little is left, it is read, and the answer is both.

use std::collections::BTreeMap;
use std::io::Write;

use cutaway_layerfs::{EntryPath, Inode, Kind, Meta, Walked};
use cutaway_model::source::Form;
use cutaway_model::{Image, Layer};
use cutaway_read::{Input, Options, Visit, visit};

use crate::question::{Absent, Answer, Found, Open, Question};
use crate::seek_archive;
use crate::seeker::{Caught, Seeker, Spout, Target};
use crate::{Error, Limits};

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
    /// How other runtimes read the path, where they read it in another way; what is told is what we read.
    pub ambiguous: Option<String>,
    /// The form of the archive, where one passed by.
    pub form: Option<Form>,
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

/// Searches an image; the bytes of a file go to `out`. The image comes with the answer.
///
/// Bytes are held back as long as they may turn out not to be wanted, at most as many as the limit
/// `hold_bytes`; with `verify`, until the layers are verified, and as many as `content_bytes`. A file
/// that stands before the link that leads to it makes its layer be read again, and an archive that can be
/// started again be read twice. Of an archive, nothing is written before all of it is verified.
///
/// Needs a tokio runtime. Dropping the future ends the reading.
///
/// # Errors
///
/// Returns why a layer or an archive cannot be read, [`Error::TooLarge`], [`Error::Write`],
/// [`Error::Overtaken`] where bytes were written and a later entry of the layer replaces them, and
/// [`Error::Passed`] for a file of an archive that passed before it showed that it is meant.
pub async fn search(
    input: Input,
    search: &Search<'_>,
    limits: &Limits,
    options: &Options,
    out: &mut (impl Write + Send),
) -> Result<(Image, Finding), Error> {
    match input {
        Input::Image(image) => {
            cutaway_read::check_files(&image, &options.limits.model).await?;
            let reads = BTreeMap::new();
            let out = Spout::new(out);
            let seek = Seek { image: &image, search, limits, options, out: &out, reads };
            let finding = seek.find().await?;
            Ok((*image, finding))
        }
        Input::Archive(archive) => {
            seek_archive::search(&archive, search, limits, options, out).await
        }
    }
}

/// A search on its way through the layers.
struct Seek<'a, W> {
    image: &'a Image,
    search: &'a Search<'a>,
    limits: &'a Limits,
    options: &'a Options,
    out: &'a Spout<W>,
    reads: BTreeMap<usize, Read>,
}

impl<W: Write + Send> Seek<'_, W> {
    async fn find(mut self) -> Result<Finding, Error> {
        let (layers, search) = (self.image.layers(), self.search);
        let of_layers = self.options.limits.layerfs;
        let mut question = Question::new(search.path, search.follow, layers.len(), of_layers);
        let mut caught: Option<(usize, Caught)> = None;
        loop {
            match question.answer()? {
                Answer::Open(open) => {
                    let Some(layer) = layers.get(open.layer) else { return Err(out_of_range()) };
                    let target = open.candidate.clone().map(Target::Path);
                    match self.pass(layer, target).await? {
                        (Some(Walked { listing, warnings, .. }), seen) => {
                            question.note(&warnings);
                            caught = seen.map(|seen| (open.layer, seen)).or(caught);
                            question.take(open, listing);
                        }
                        (None, Some(mut seen)) => {
                            // What is held is all of it, unless it went out while it was read.
                            let held = std::mem::take(&mut seen.held);
                            self.out.write(&held).map_err(Error::Write)?;
                            return Ok(early(open, seen, self.reads));
                        }
                        (None, None) => return Err(out_of_range()),
                    }
                }
                Answer::Absent(absent) => {
                    overtaken(caught.as_ref(), None, layers)?;
                    let ambiguous = question.difference(&absent.path)?;
                    return Ok(finding(Outcome::Absent(absent), ambiguous, self.reads));
                }
                Answer::Found(found) => {
                    overtaken(caught.as_ref(), Some(found.inode), layers)?;
                    let meta = match question.entry(found.inode) {
                        Some(entry) => entry.meta().clone(),
                        None => Meta::implied(),
                    };
                    if search.content && found.kind == Kind::File {
                        self.deliver(&found, caught).await?;
                    }
                    let ambiguous = question.difference(&found.path)?;
                    let thing = Thing { path: found.path, layer: found.layer, meta };
                    return Ok(finding(Outcome::Found(thing), ambiguous, self.reads));
                }
            }
        }
    }

    /// Writes the bytes of what was found, from memory or from its layer once more.
    async fn deliver(
        &mut self,
        found: &Found,
        caught: Option<(usize, Caught)>,
    ) -> Result<(), Error> {
        let position = usize::try_from(found.inode.layer).unwrap_or(usize::MAX);
        if let Some((layer, caught)) = caught
            && layer == position
            && caught.entry == found.inode.entry
            && caught.complete
        {
            // It may have gone out while it was read.
            return if caught.streamed { Ok(()) } else { self.write(&caught.held) };
        }
        let Some(layer) = self.image.layers().get(position) else { return Err(out_of_range()) };
        tracing::info!(layer = position, path = %found.path, "reading a layer a second time: the file stands before the link that leads to it, or is large");
        let target = Target::Entry { entry: found.inode.entry, path: found.path.clone() };
        match self.pass(layer, Some(target)).await?.1 {
            Some(caught) if caught.complete && caught.streamed => Ok(()),
            Some(caught) if caught.complete => self.write(&caught.held),
            _ => Err(out_of_range()),
        }
    }

    fn write(&self, bytes: &[u8]) -> Result<(), Error> {
        self.out.write(bytes).map_err(Error::Write)
    }

    /// Reads a layer until its target is at hand or to its end; returns what it holds in the latter case.
    async fn pass(
        &mut self,
        layer: &Layer,
        target: Option<Target>,
    ) -> Result<(Option<Walked>, Option<Caught>), Error> {
        let Self { search, limits, out, .. } = *self;
        let limits = (limits, self.options.limits.model.unpacked_bytes);
        let mut tries = 0_u32;
        let reader = || {
            tries = tries.saturating_add(1);
            // What went out in an earlier try cannot be taken back.
            let fresh = tries == 1 || out.is_dry();
            fresh.then(|| Seeker::new(target.clone(), layer.size(), search, limits, out))
        };
        let Visit { out: caught, stored, whole, by_table } =
            visit(layer, reader, self.options).await?;
        let caught = caught?;
        let unread = Read { stored: 0, of: layer.size(), verified: false };
        let read = self.reads.entry(layer.index()).or_insert(unread);
        read.stored = read.stored.saturating_add(stored);
        // A second pass that ends early proves less than it tells.
        read.verified = whole.is_some() && !by_table;
        if let Some((measured, _)) = &whole {
            read.of = Some(measured.stored.size);
        }
        Ok((whole.map(|(_, walked)| walked), caught))
    }
}

/// Makes the finding of a layer whose end was spared.
fn early(open: Open, caught: Caught, reads: BTreeMap<usize, Read>) -> Finding {
    let path = open.candidate.unwrap_or_default();
    let thing = Thing { path, layer: open.layer, meta: caught.meta };
    let outcome = Outcome::Found(thing);
    Finding { outcome, verified: false, ambiguous: None, form: None, read: reads }
}

fn finding(outcome: Outcome, ambiguous: Option<String>, read: BTreeMap<usize, Read>) -> Finding {
    let verified = read.values().all(|read| read.verified);
    Finding { outcome, verified, ambiguous, form: None, read }
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
