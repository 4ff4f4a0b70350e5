//! What an analyzer wants of a file, before and after its first bytes are known.

use std::fmt::Debug;
use std::ops::Range;

use cutaway_layerfs::EntryPath;

use crate::Findings;

/// The most that [`Want::Sniff`] shows of the start of a file, in bytes.
pub const HEAD_MAX: usize = 512;

/// A regular file that comes by.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Candidate<'a> {
    /// Where it lies in the image.
    pub path: &'a EntryPath,
    /// Its size in bytes, holes counted.
    pub size: u64,
    /// Permission, set-id and sticky bits. Only for deciding what is worth reading: findings never depend on it.
    pub mode: u32,
}

impl<'a> Candidate<'a> {
    /// Returns a file as its entry has it.
    pub fn new(path: &'a EntryPath, size: u64, mode: u32) -> Self {
        Self { path, size, mode }
    }
}

/// What an analyzer wants of a file that it has an interest in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// Nothing.
    No,
    /// All of it, where it has at most so many bytes; the limit `database_bytes` holds beside. A
    /// larger one is shown as [`Want::Sniff`] shows files, and given up where [`Plan::Drop`] is the answer.
    Whole {
        /// The most bytes that the analyzer takes.
        max: u64,
    },
    /// To decide when its first bytes have come.
    Sniff {
        /// How many; at most [`HEAD_MAX`].
        head: usize,
    },
}

/// What an analyzer wants of a file whose first bytes it knows.
#[derive(Debug)]
pub enum Plan {
    /// Nothing more.
    Drop,
    /// All of it, where it has at most so many bytes; the limit `database_bytes` holds beside.
    Whole {
        /// The most bytes that the analyzer takes.
        max: u64,
    },
    /// Parts of it: together at most the limit `window_bytes`.
    Windows {
        /// Which bytes, in any order; what lies behind the end is left out.
        ranges: Vec<Range<u64>>,
        /// How many of the last bytes.
        tail: u64,
    },
    /// To see all bytes as they come, and keep none.
    Feed(Box<dyn Feed>),
}

/// Takes the bytes of one file as they come by, with a state of bounded size.
pub trait Feed: Debug + Send {
    /// Takes the next bytes.
    fn push(&mut self, bytes: &[u8]);

    /// Takes so many zero bytes, which a sparse file leaves out: perhaps far more than fit into memory.
    fn skip(&mut self, zeros: u64);

    /// Says what was found when the file has ended.
    fn finish(self: Box<Self>, file: &Candidate<'_>, found: &mut Findings) -> Outcome;
}

/// Whether an analyzer is done with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// It is.
    Done,
    /// It needs these bytes, which are not held. The layer is read a second time, and the analyzer is
    /// then called with these ranges and the first bytes, and no others; what it found before is
    /// dropped. Where the image cannot be read twice, the diagnostic `needs-a-second-read` says so.
    Again {
        /// Which bytes; together at most the limit `window_bytes`.
        ranges: Vec<Range<u64>>,
    },
}
