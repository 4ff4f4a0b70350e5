//! Finding one path of an image in an archive that passes once.
//!
//! Where a path leads is known only when all has passed, so files are kept whose last name is the one
//! that is asked for, or one that a link of such a name leads to. When it shows that another file is
//! meant, a second pass over the archive gets it, where there can be one.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Write;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cutaway_layerfs::{EntryPath, Kind, Listing, Meta, Visitor};
use cutaway_model::Image;
use cutaway_model::source::Form;

use crate::passing::{Given, pass};
use crate::question::{Answer, Question};
use crate::seek::{Finding, Outcome, Read, Search, Thing};
use crate::{Companion, Error, Limits, Progress, ReadError, Source};

/// Searches an archive that passes once; the bytes of a file go to `out` when all has passed and is
/// verified. In a second pass, `entry` is what [`Error::Passed`] of the first one has named.
///
/// # Errors
///
/// As [`search`](crate::search), everything that keeps the archive from being read, and
/// [`Error::Passed`] where another pass is needed.
pub async fn search_passing(
    given: Given<'_>,
    search: &Search<'_>,
    entry: Option<&EntryPath>,
    limits: &Limits,
    out: &mut (impl Write + Send),
) -> Result<(Image, Form, Finding), Error> {
    let kept = Arc::new(AtomicU64::new(0));
    let content = search.content;
    let names = last_name(search.path).map(<[u8]>::to_vec);
    let (image, form, layers) = pass(given, |name, bytes| {
        let (limits, kept) = (*limits, Arc::clone(&kept));
        let (names, entry) = (names.clone(), entry.cloned());
        async move {
            let source = Source::of_member(&name, bytes, &limits.model).await?;
            let mut keeper = Keeper {
                names: names.into_iter().filter(|_| content).collect(),
                entry: entry.filter(|_| content),
                files: HashMap::new(),
                open: None,
                kept,
                max: limits.content_bytes,
            };
            let what = source.what().to_owned();
            let walked = source.walk(limits.layerfs, &mut keeper).await?;
            let (measured, walked) = walked.ok_or_else(|| {
                ReadError::from(cutaway_model::Error::malformed(what, "was not read to its end"))
            })?;
            Ok((measured, Arc::new((walked.listing, keeper.files))))
        }
    })
    .await?;
    let read = layers.iter().enumerate().map(|(position, (measured, _))| {
        let size = measured.stored.size;
        (position, Read { stored: size, of: Some(size), verified: true })
    });
    let read: BTreeMap<usize, Read> = read.collect();
    let mut question = Question::new(search.path, search.follow, layers.len(), limits.layerfs);
    let outcome = loop {
        match question.answer()? {
            Answer::Open(open) => {
                let listing = layers.get(open.layer).map(|(_, layer)| layer.0.clone());
                question.take(open, listing.unwrap_or_else(Listing::default));
            }
            Answer::Absent(absent) => break Outcome::Absent(absent),
            Answer::Found(found) => {
                let entry = question.entry(found.inode);
                let meta = entry.as_ref().map_or_else(Meta::implied, |entry| entry.meta().clone());
                if search.content && found.kind == Kind::File {
                    let layer = usize::try_from(found.inode.layer).unwrap_or(usize::MAX);
                    let files = layers.get(layer).map(|(_, layer)| &layer.1);
                    match files.and_then(|files| files.get(&found.inode.entry)) {
                        Some(bytes) => out.write_all(bytes).map_err(Error::Write)?,
                        None => {
                            let entry = entry.map(|entry| entry.path().clone());
                            let path = found.path.clone();
                            return Err(match meta.size > limits.content_bytes {
                                true => Error::TooLarge {
                                    path,
                                    limit: "content_bytes",
                                    max: limits.content_bytes,
                                },
                                false => Error::Passed { path, entry: entry.unwrap_or_default() },
                            });
                        }
                    }
                }
                break Outcome::Found(Thing { path: found.path, layer: found.layer, meta });
            }
        }
    };
    Ok((image, form, Finding { outcome, verified: true, read }))
}

/// Returns the last component of a path or of the target of a link; none where it has no name.
fn last_name(path: &[u8]) -> Option<&[u8]> {
    let mut names = path.split(|&byte| byte == b'/').rev();
    names.find(|name| !matches!(*name, b"" | b"." | b".."))
}

/// Keeps the files that may be meant.
struct Keeper {
    names: HashSet<Vec<u8>>,
    entry: Option<EntryPath>,
    files: HashMap<u32, Vec<u8>>,
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

impl Companion for Keeper {
    async fn pause(&mut self, _: Progress) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}
