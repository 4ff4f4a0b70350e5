//! Finding one path of an image in an archive that passes by.
//!
//! Where a path leads is known only when all has passed, so files are kept whose last name is the one
//! that is asked for, or one that a link of such a name leads to. When it shows that another file is
//! meant, a second pass over the archive gets it, where there can be one.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cutaway_layerfs::{EntryPath, Kind, Meta, Visitor};
use cutaway_model::Image;
use cutaway_read::{Archive, LayerReader, Layers, Options, Reading, Select, layers_of_archive};

use crate::question::{Answer, Found, Question};
use crate::seek::{Finding, Outcome, Read, Search, Thing};
use crate::{Error, Limits};

/// The files that were kept of a layer, by entry.
type Kept = HashMap<u32, Vec<u8>>;

/// Searches an archive; the bytes of a file go to `out` when all has passed and is verified.
pub(crate) async fn search(
    archive: &Archive,
    search: &Search<'_>,
    limits: &Limits,
    options: &Options,
    out: &mut (impl Write + Send),
) -> Result<(Image, Finding), Error> {
    match pass(archive, search, None, limits, options, out).await {
        Err(Error::Passed { entry, .. }) if archive.opener.opens_again() => {
            tracing::info!(%entry, "reading the archive a second time: the file had passed");
            pass(archive, search, Some(&entry), limits, options, out).await
        }
        found => found,
    }
}

/// Lets the archive pass once; `entry` is what [`Error::Passed`] of an earlier pass has named.
async fn pass(
    archive: &Archive,
    search: &Search<'_>,
    entry: Option<&EntryPath>,
    limits: &Limits,
    options: &Options,
    out: &mut (impl Write + Send),
) -> Result<(Image, Finding), Error> {
    let keeper = Keeper {
        names: last_name(search.path)
            .filter(|_| search.content)
            .map(<[u8]>::to_vec)
            .into_iter()
            .collect(),
        entry: entry.filter(|_| search.content).cloned(),
        files: HashMap::new(),
        open: None,
        kept: Arc::new(AtomicU64::new(0)),
        max: limits.content_bytes,
    };
    let reader = move |_: &_| keeper.clone();
    let Layers { image, form, layers, .. } =
        layers_of_archive(archive, Select::ALL, reader, options).await?;
    let read = layers.iter().enumerate().map(|(position, layer)| {
        let size = layer.measured.stored.size;
        (position, Read { stored: size, of: Some(size), verified: true })
    });
    let read: BTreeMap<usize, Read> = read.collect();
    let of_layers = options.limits.layerfs;
    let mut question = Question::new(search.path, search.follow, layers.len(), of_layers);
    layers.iter().for_each(|layer| question.note(&layer.warnings));
    let (outcome, at) = loop {
        match question.answer()? {
            Answer::Open(open) => {
                let listing = layers.get(open.layer).map(|layer| layer.listing.as_ref().clone());
                question.take(open, listing.unwrap_or_default());
            }
            Answer::Absent(absent) => {
                let at = absent.path.clone();
                break (Outcome::Absent(absent), at);
            }
            Answer::Found(found) => {
                let entry = question.entry(found.inode);
                let meta = entry.as_ref().map_or_else(Meta::implied, |entry| entry.meta().clone());
                if search.content && found.kind == Kind::File {
                    let entry = entry.map(|entry| entry.path().clone()).unwrap_or_default();
                    deliver(&found, &meta, entry, &layers, limits, out)?;
                }
                let at = found.path.clone();
                let thing = Thing { path: found.path, layer: found.layer, meta };
                break (Outcome::Found(thing), at);
            }
        }
    };
    let ambiguous = question.difference(&at)?;
    Ok((image, Finding { outcome, verified: true, ambiguous, form, read }))
}

/// Writes the bytes of what was found, where they were kept.
fn deliver(
    found: &Found,
    meta: &Meta,
    entry: EntryPath,
    layers: &[Arc<Reading<Kept>>],
    limits: &Limits,
    out: &mut impl Write,
) -> Result<(), Error> {
    let layer = usize::try_from(found.inode.layer).unwrap_or(usize::MAX);
    let kept = layers.get(layer).and_then(|layer| layer.out.get(&found.inode.entry));
    let path = found.path.clone();
    match kept {
        Some(bytes) => out.write_all(bytes).map_err(Error::Write),
        None if meta.size > limits.content_bytes => {
            Err(Error::TooLarge { path, limit: "content_bytes", max: limits.content_bytes })
        }
        None => Err(Error::Passed { path, entry }),
    }
}

/// Returns the last component of a path or of the target of a link; none where it has no name.
fn last_name(path: &[u8]) -> Option<&[u8]> {
    let mut names = path.split(|&byte| byte == b'/').rev();
    names.find(|name| !matches!(*name, b"" | b"." | b".."))
}

/// Keeps the files that may be meant.
#[derive(Debug, Clone)]
struct Keeper {
    names: HashSet<Vec<u8>>,
    entry: Option<EntryPath>,
    files: Kept,
    open: Option<u32>,
    /// Bytes that are kept of all layers together.
    kept: Arc<AtomicU64>,
    max: u64,
}

impl Visitor for Keeper {
    fn entry(&mut self, id: u32, path: &EntryPath, meta: &Meta) -> bool {
        let meant = match &self.entry {
            Some(entry) => entry == path,
            None => self.names.contains(path.name()),
        };
        if meant
            && meta.kind == Kind::Symlink
            && let Some(name) = meta.link.as_deref().and_then(last_name)
        {
            self.names.insert(name.to_vec());
        }
        if !meant || meta.kind != Kind::File {
            return false;
        }
        let before = self.kept.fetch_add(meta.size, Ordering::Relaxed);
        if before.saturating_add(meta.size) > self.max {
            self.kept.fetch_sub(meta.size, Ordering::Relaxed);
            return false;
        }
        self.files.insert(id, Vec::new());
        self.open = Some(id);
        true
    }

    fn data(&mut self, chunk: &[u8]) {
        if let Some(file) = self.open.and_then(|open| self.files.get_mut(&open)) {
            file.extend_from_slice(chunk);
        }
    }

    fn hole(&mut self, len: u64) {
        if let Some(file) = self.open.and_then(|open| self.files.get_mut(&open)) {
            // The size of the whole was counted against the limit when the file was opened.
            let len = usize::try_from(len.min(self.max)).unwrap_or_default();
            file.resize(file.len().saturating_add(len), 0);
        }
    }

    fn end(&mut self) {
        self.open = None;
    }
}

impl LayerReader for Keeper {
    type Out = Kept;

    async fn finish(self) -> Kept {
        self.files
    }
}
