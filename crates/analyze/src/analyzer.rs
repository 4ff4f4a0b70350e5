//! The traits that every reader of files implements.

use std::borrow::Cow;
use std::fmt::Debug;

use crate::{AnalyzerId, Candidate, File, Findings, Interest, Outcome, Plan, Unrecorded, Want};

/// A reader of one kind of file.
///
/// Implementations do no I/O and take any bytes: what cannot be read becomes a diagnostic in the
/// findings, never a panic. What they find depends on the bytes of the file, its path and its
/// companions alone, so findings can be kept and used again.
pub trait Analyzer: Debug + Send + Sync {
    /// Returns the name and the version.
    fn id(&self) -> AnalyzerId;

    /// Returns which files it may want. Asked once, when [`Analyzers`](crate::Analyzers) are put together.
    fn interest(&self) -> Interest;

    /// Returns what it wants of a file of interest: all of it, unless said otherwise.
    fn wants(&self, _file: &Candidate<'_>) -> Want {
        Want::Whole { max: u64::MAX }
    }

    /// Returns what it wants of a file whose first bytes are `head`: asked after [`Want::Sniff`], and
    /// for files that are too large for [`Want::Whole`].
    fn plan(&self, _file: &Candidate<'_>, _head: &[u8]) -> Plan {
        Plan::Drop
    }

    /// Reads a file. Not called for one that was fed.
    fn analyze(&self, file: &File<'_>, found: &mut Findings) -> Outcome;
}

/// A reader of files in which a package manager keeps what it knows.
pub trait Database: Analyzer {
    /// Returns what it means when databases lie at several places.
    fn selection(&self) -> Selection {
        Selection::Union
    }

    /// Returns the files that belong to each database.
    fn companions(&self) -> &[Companion] {
        &[]
    }

    /// Returns what programs write that no package records, on systems that have such a database; of
    /// one without an interest, on any system.
    fn unrecorded(&self) -> &'static [Unrecorded] {
        &[]
    }
}

/// What it means when an analyzer finds databases at several places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection {
    /// They complete each other: all are read, and a record that several have counts once.
    Union,
    /// They exclude each other: the first place that has records is the database.
    First,
}

/// A file that belongs to a database and lies in the same directory.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Companion {
    /// It is called as the database is, with this suffix, such as `-wal`.
    Suffix(Cow<'static, str>),
    /// It has this name.
    Beside(Cow<'static, str>),
}

impl Companion {
    /// Returns the companion with this suffix.
    pub const fn new(suffix: &'static str) -> Self {
        Self::Suffix(Cow::Borrowed(suffix))
    }

    /// Returns the companion with this name.
    pub const fn beside(name: &'static str) -> Self {
        Self::Beside(Cow::Borrowed(name))
    }

    /// Returns the suffix or the name.
    pub fn text(&self) -> &str {
        let (Self::Suffix(text) | Self::Beside(text)) = self;
        text
    }

    /// Returns where the companion of the database at a path lies.
    pub fn path_of(&self, database: &[u8]) -> Vec<u8> {
        match self {
            Self::Suffix(suffix) => [database, suffix.as_bytes()].concat(),
            Self::Beside(name) => {
                let slash = database.iter().rposition(|&byte| byte == b'/');
                let len = slash.map_or(0, |slash| slash.saturating_add(1));
                [database.get(..len).unwrap_or_default(), name.as_bytes()].concat()
            }
        }
    }
}
