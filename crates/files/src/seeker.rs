//! The visitor that catches one entry of a layer while it streams by.

use std::io::{self, Write};
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

use cutaway_layerfs::{EntryPath, Kind, Meta, Visitor};
use cutaway_model::Error as ModelError;
use cutaway_read::{Error as ReadError, LayerReader, Progress};

use crate::seek::Search;
use crate::{Error, Limits};

/// The most zeros that are written at once.
const ZEROS: [u8; 4096] = [0; 4096];

/// What to catch.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    /// The entry of this name, which is not sure to be the last one.
    Path(EntryPath),
    /// This entry, which the listing of the layer has shown to be the one.
    Entry { entry: u32, path: EntryPath },
}

/// Where the bytes of a file go, and whether any went there: what is out cannot be taken back.
#[derive(Debug)]
pub(crate) struct Spout<W>(Mutex<(W, bool)>);

impl<W: Write> Spout<W> {
    pub(crate) fn new(out: W) -> Self {
        Self(Mutex::new((out, false)))
    }

    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (out, written) = &mut *guard;
        *written |= !bytes.is_empty();
        out.write_all(bytes)
    }

    /// Returns whether nothing went out, so that a layer can be read again from its beginning.
    pub(crate) fn is_dry(&self) -> bool {
        !self.0.lock().unwrap_or_else(PoisonError::into_inner).1
    }
}

/// What was caught.
#[derive(Debug)]
pub(crate) struct Caught {
    pub(crate) path: EntryPath,
    pub(crate) entry: u32,
    pub(crate) meta: Meta,
    /// Its bytes, where they were wanted and did not stream out.
    pub(crate) held: Vec<u8>,
    /// Whether its bytes were written as they came.
    pub(crate) streamed: bool,
    /// Whether all that was wanted of it is here or written.
    pub(crate) complete: bool,
}

/// Catches an entry, and ends the reading behind it where that is worth it.
#[derive(Debug)]
pub(crate) struct Seeker<'a, W> {
    target: Option<Target>,
    size: Option<u64>,
    content: bool,
    follow: bool,
    verify: bool,
    spare: u64,
    limits: (u64, u64),
    /// `unpacked_bytes`: how much of a file is written, its holes included.
    max_written: u64,
    out: &'a Spout<W>,
    caught: Option<Caught>,
    /// Whether nothing so far speaks against the entry that was caught.
    firm: bool,
    failed: Option<Error>,
}

impl<'a, W: Write + Send> Seeker<'a, W> {
    pub(crate) fn new(
        target: Option<Target>,
        size: Option<u64>,
        search: &Search<'_>,
        (limits, max_written): (&Limits, u64),
        out: &'a Spout<W>,
    ) -> Self {
        Self {
            target,
            size,
            content: search.content,
            follow: search.follow,
            verify: search.verify,
            spare: search.spare,
            limits: (limits.hold_bytes, limits.content_bytes),
            max_written,
            out,
            caught: None,
            firm: true,
            failed: None,
        }
    }

    /// Catches an entry of the right name or number; returns whether its bytes are wanted.
    fn catch(&mut self, entry: u32, path: &EntryPath, meta: &Meta) -> bool {
        // Bytes that are out already stay the ones that were told.
        if self.caught.as_ref().is_some_and(|caught| caught.streamed) {
            return false;
        }
        let wanted = self.content && meta.kind == Kind::File;
        self.caught = Some(Caught {
            path: path.clone(),
            entry,
            meta: meta.clone(),
            held: Vec::new(),
            streamed: false,
            complete: !wanted,
        });
        // Where a link leads, only the tree can tell.
        self.firm &= match meta.kind {
            Kind::HardLink => false,
            Kind::Symlink => !self.follow,
            _ => true,
        };
        wanted
    }

    /// Takes bytes: held as long as they may have to be taken back.
    fn take(&mut self, bytes: &[u8]) {
        let Some(caught) = &mut self.caught else { return };
        if self.failed.is_some() {
            return;
        }
        let exact = matches!(self.target, Some(Target::Entry { .. }));
        let (hold, content) = self.limits;
        let length = caught.held.len().saturating_add(bytes.len());
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        if caught.streamed {
            self.failed = self.out.write(bytes).err().map(Error::Write);
        } else if length <= hold || (self.verify && length <= content) {
            caught.held.extend_from_slice(bytes);
        } else if self.verify {
            let (path, limit) = (caught.path.clone(), "content_bytes");
            self.failed = Some(Error::TooLarge { path, limit, max: content });
        } else if (exact || (self.firm && self.spare < u64::MAX))
            && caught.meta.size > self.max_written
        {
            let (what, limit, max) = (caught.path.to_string(), "unpacked_bytes", self.max_written);
            self.failed = Some(ReadError::from(ModelError::Limit { what, limit, max }).into());
        } else if exact || (self.firm && self.spare < u64::MAX) {
            let held = std::mem::take(&mut caught.held);
            caught.streamed = true;
            let written = self.out.write(&held).and_then(|()| self.out.write(bytes));
            self.failed = written.err().map(Error::Write);
        } else {
            // Not sure enough to be written and too large to be held: a second pass gets it if it counts.
            self.caught = None;
        }
    }
}

impl<W: Write + Send> Visitor for Seeker<'_, W> {
    fn entry(&mut self, id: u32, path: &EntryPath, meta: &Meta) -> bool {
        match &self.target {
            None => false,
            Some(Target::Entry { entry, path }) => {
                let path = path.clone();
                id == *entry && self.catch(id, &path, meta)
            }
            Some(Target::Path(wanted)) if path == wanted => self.catch(id, path, meta),
            Some(Target::Path(wanted)) => {
                let in_the_way = path.is_above(wanted) && meta.kind != Kind::Directory;
                let caught = self.caught.as_ref().map(|caught| caught.meta.kind);
                let below =
                    caught.is_some_and(|kind| kind != Kind::Directory) && wanted.is_above(path);
                self.firm &= !in_the_way && !below;
                false
            }
        }
    }

    fn data(&mut self, chunk: &[u8]) {
        self.take(chunk);
    }

    fn hole(&mut self, mut len: u64) {
        while len > 0 && self.failed.is_none() && self.caught.is_some() {
            let count = usize::try_from(len).unwrap_or(usize::MAX).min(ZEROS.len());
            self.take(ZEROS.get(..count).unwrap_or_default());
            len = len.saturating_sub(u64::try_from(count).unwrap_or(u64::MAX));
        }
    }

    fn end(&mut self) {
        if let Some(caught) = &mut self.caught {
            caught.complete = true;
        }
    }
}

impl<W: Write + Send> LayerReader for Seeker<'_, W> {
    type Out = Result<Option<Caught>, Error>;

    async fn pause(&mut self, progress: Progress) -> ControlFlow<()> {
        if self.failed.is_some() {
            return ControlFlow::Break(());
        }
        let ahead = self.size.map_or(0, |size| size.saturating_sub(progress.stored));
        let at_hand = self.caught.as_ref().is_some_and(|caught| caught.complete);
        if at_hand && self.firm && !self.verify && ahead > self.spare {
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    async fn finish(self) -> Self::Out {
        match self.failed {
            Some(error) => Err(error),
            None => Ok(self.caught),
        }
    }
}
