//! One file as an analyzer sees it: what is held of its bytes, and what lies beside it.

use std::ops::Range;

use cutaway_layerfs::EntryPath;
use cutaway_tar::len64;

use crate::{Candidate, Held};

/// One file as it is handed to an analyzer.
#[derive(Debug, Clone, Copy)]
pub struct File<'a> {
    candidate: Candidate<'a>,
    content: Content<'a>,
    companions: &'a [Option<&'a [u8]>],
}

#[derive(Debug, Clone, Copy)]
enum Content<'a> {
    Whole(&'a [u8]),
    Held(&'a Held),
}

impl<'a> File<'a> {
    /// Returns a file of which all is there.
    pub fn new(path: &'a EntryPath, content: &'a [u8]) -> Self {
        let size = len64(content.len());
        let candidate = Candidate::new(path, size, 0);
        Self { candidate, content: Content::Whole(content), companions: &[] }
    }

    /// Returns a file of which this is held.
    pub fn held(candidate: Candidate<'a>, held: &'a Held) -> Self {
        Self { candidate, content: Content::Held(held), companions: &[] }
    }

    /// Adds the companions, one for each that the analyzer names; none for what is not there or empty.
    #[must_use]
    pub fn with_companions(self, companions: &'a [Option<&'a [u8]>]) -> Self {
        Self { companions, ..self }
    }

    /// Returns where it lies in the image.
    pub fn path(&self) -> &'a EntryPath {
        self.candidate.path
    }

    /// Returns its size in bytes.
    pub fn size(&self) -> u64 {
        self.candidate.size
    }

    /// Returns all bytes, where all are held.
    pub fn whole(&self) -> Option<&'a [u8]> {
        match self.content {
            Content::Whole(bytes) => Some(bytes),
            Content::Held(held) => held.all(),
        }
    }

    /// Returns the bytes from the start on that are held: all of them for an analyzer that wanted the
    /// whole file, and never none of a file that has some where its first bytes were asked for.
    pub fn start(&self) -> &'a [u8] {
        match self.content {
            Content::Whole(bytes) => bytes,
            Content::Held(held) => held.head(),
        }
    }

    /// Returns some bytes, where all of them are held.
    pub fn get(&self, range: Range<u64>) -> Option<&'a [u8]> {
        match self.content {
            Content::Whole(bytes) => {
                let place = |at| usize::try_from(at).ok();
                bytes.get(place(range.start)?..place(range.end)?)
            }
            Content::Held(held) => held.get(range),
        }
    }

    /// Returns the last bytes, where so many are held; all of them where it has no more.
    pub fn tail(&self, len: u64) -> Option<&'a [u8]> {
        self.get(self.size().saturating_sub(len)..self.size())
    }

    /// Returns the bytes of a companion, by its position among those that the analyzer names.
    pub fn companion(&self, position: usize) -> Option<&'a [u8]> {
        self.companions.get(position).copied().flatten()
    }
}
