//! A file of interest to an analyzer, as it is seen in a merged tree.

use std::sync::Arc;

use cutaway_layerfs::{EntryPath, Inode};

/// A file that is visible, for one analyzer: where it is, and which bytes it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sight {
    /// The position of the analyzer.
    pub(crate) analyzer: usize,
    /// Its place in the order of preference.
    pub(crate) rank: Rank,
    /// Where the file really lies, links followed.
    pub(crate) path: EntryPath,
    /// The layer and entry that hold its bytes.
    pub(crate) file: Inode,
    /// The layers and entries that hold the bytes of its companions.
    pub(crate) companions: Vec<Option<Inode>>,
    /// The package that the file is about, where it is about one.
    pub(crate) about: Option<String>,
}

/// The order of preference: the analyzer, the place among its own, the name in a directory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Rank {
    pub(crate) analyzer: usize,
    pub(crate) place: usize,
    pub(crate) name: Arc<[u8]>,
}

/// What makes findings findings of the same bytes: the analyzer, the file and its companions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FileKey {
    pub(crate) analyzer: usize,
    pub(crate) file: Inode,
    pub(crate) companions: Vec<Option<Inode>>,
}

/// A place where a database should be and nothing can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreadable {
    /// The place.
    pub(crate) path: String,
    /// What is there instead.
    pub(crate) reason: &'static str,
    /// Whether something else than a database may well stand there.
    pub(crate) harmless: bool,
}

impl Sight {
    /// Returns the key of its findings.
    pub(crate) fn key(&self) -> FileKey {
        FileKey { analyzer: self.analyzer, file: self.file, companions: self.companions.clone() }
    }

    /// Returns the layer that holds its bytes.
    pub(crate) fn layer(&self) -> usize {
        usize::try_from(self.file.layer).unwrap_or(usize::MAX)
    }
}
