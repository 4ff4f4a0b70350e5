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

/// What was recorded, or that nothing was, in the room that common digests need: of a large image every file
/// may have it on a list.
#[derive(Debug)]
pub(super) enum Kept {
    Nothing,
    Md5([u8; 16]),
    Sha1([u8; 20]),
    Sha256([u8; 32]),
    Other(Box<Recorded>),
}

impl Kept {
    pub(super) fn get(&self) -> Option<Recorded> {
        Some(match self {
            Self::Nothing => return None,
            Self::Md5(digest) => Recorded::Content(ContentDigest::Md5(*digest)),
            Self::Sha1(digest) => Recorded::Content(ContentDigest::Sha1(*digest)),
            Self::Sha256(digest) => Recorded::Content(ContentDigest::Sha256(*digest)),
            Self::Other(other) => Recorded::clone(other),
        })
    }
}

impl From<Option<Recorded>> for Kept {
    fn from(recorded: Option<Recorded>) -> Self {
        match recorded {
            None => Self::Nothing,
            Some(Recorded::Content(ContentDigest::Md5(digest))) => Self::Md5(digest),
            Some(Recorded::Content(ContentDigest::Sha1(digest))) => Self::Sha1(digest),
            Some(Recorded::Content(ContentDigest::Sha256(digest))) => Self::Sha256(digest),
            Some(other) => Self::Other(Box::new(other)),
        }
    }
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
