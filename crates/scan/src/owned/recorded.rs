//! What a package recorded of a file, as reports tell it.

use std::fmt;

use cutaway_analyze::{ContentDigest, FileRecord, FileRole};

use super::merged_files::link_text;

/// What a package recorded of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Recorded {
    /// The digest of its content.
    Content(ContentDigest),
    /// A symbolic link with this target; and a digest, where the record has one.
    Target(Box<[u8]>, Option<ContentDigest>),
    /// A symbolic link whose target has this digest.
    TargetDigest(ContentDigest),
    /// No more than its kind.
    Kind(&'static str),
}

impl Recorded {
    /// Returns what a record has; none where that is no more than that something is there.
    pub(super) fn new(record: &FileRecord<'_>) -> Option<Self> {
        Some(match (record.role, record.link, record.digest) {
            (_, Some(target), digest) => Self::Target(target.into(), digest),
            (FileRole::Link, None, Some(digest)) => Self::TargetDigest(digest),
            (_, None, Some(digest)) => Self::Content(digest),
            (FileRole::Any, None, None) => return None,
            (FileRole::Directory, None, None) => Self::Kind("directory"),
            (FileRole::File | FileRole::FileOrLink, None, None) => Self::Kind("file"),
            (FileRole::Link, None, None) => Self::Kind("link"),
            (FileRole::Special, None, None) => Self::Kind("device or pipe"),
        })
    }

    /// Returns the digest, where the record has one.
    pub(super) fn digest(&self) -> Option<&ContentDigest> {
        match self {
            Self::Content(digest) | Self::TargetDigest(digest) => Some(digest),
            Self::Target(_, digest) => digest.as_ref(),
            Self::Kind(_) => None,
        }
    }
}

impl fmt::Display for Recorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Content(digest) => digest.fmt(f),
            Self::Target(target, _) => f.write_str(&link_text(target)),
            Self::TargetDigest(digest) => write!(f, "link with target {digest}"),
            Self::Kind(kind) => f.write_str(kind),
        }
    }
}
