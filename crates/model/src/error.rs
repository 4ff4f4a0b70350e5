//! What can go wrong between a source and its verified bytes.

use std::io;

use cutaway_ref::Digest;

use crate::DiffId;
use crate::line::Line;

/// How many bytes of a name or rule are shown. Two of them and the words around make less than 1 KiB.
const PART: usize = 470;
/// How many bytes are shown of a text that is the whole message.
const WHOLE: usize = 1000;

/// Why an image or a part of it cannot be had.
///
/// Every text is one line of at most 1 KiB without control characters, whatever the names in it are,
/// and names what it is about; [`Error::class`] says whose fault it is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The way to the bytes failed: requests, redirects, tokens, time-outs.
    #[error("{}", Line(&.0.to_string(), WHOLE))]
    Transport(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The image that was asked for is not there.
    #[error("{} is not in {}", Line(.what, PART), Line(.place, PART))]
    NotFound {
        /// What was asked for.
        what: String,
        /// Where it was looked for, and what is there instead.
        place: String,
    },
    /// The request names no single image.
    #[error("{}", Line(.0, WHOLE))]
    Ambiguous(String),
    /// A blob that a document lists is not there.
    #[error("{} is listed but missing", Line(.what, PART))]
    Missing {
        /// The blob.
        what: String,
    },
    /// An image or index that an index lists is not there.
    #[error("index entry {} missing: {}", Line(.entry, PART), Line(&.source.to_string(), PART))]
    Entry {
        /// The entry: its digest, and its platform where it has one.
        entry: String,
        /// Where it was looked for.
        source: Box<Self>,
    },
    /// Bytes were asked for that have passed.
    #[error("{} has passed and cannot be read a second time", Line(.what, PART))]
    Passed {
        /// The member that held them.
        what: String,
    },
    /// A file of an image on disk cannot be read.
    #[error("cannot read {}: {}", Line(.path, PART), Line(&.source.to_string(), PART))]
    File {
        /// The file.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// A document, an archive or a stream breaks its format.
    #[error("{}: {}", Line(.what, PART), Line(.rule, PART))]
    Malformed {
        /// The document or stream.
        what: String,
        /// The rule that it breaks, and where.
        rule: String,
    },
    /// The stored bytes are fewer or more than their descriptor says.
    #[error("{} has {} bytes, not the {expected} that its descriptor says", Line(.what, PART), Line(.found, PART))]
    Size {
        /// The blob.
        what: String,
        /// The size of the descriptor, in bytes.
        expected: u64,
        /// The bytes that came, as text: a number, or "more than" a number.
        found: String,
    },
    /// The stored bytes have another digest than their name.
    #[error("{} has the digest {found}: its bytes were changed", Line(.what, PART))]
    Digest {
        /// The blob, by the digest that it should have.
        what: String,
        /// The digest of the bytes that came.
        found: Digest,
    },
    /// The uncompressed layer has another digest than the config says.
    #[error("{} unpacks to diffID {found}, not the {expected} of the config", Line(.what, PART))]
    DiffId {
        /// The layer.
        what: String,
        /// The diffID of the config.
        expected: DiffId,
        /// The digest of the uncompressed bytes that came.
        found: DiffId,
    },
    /// A named limit was met.
    #[error("{} is over the limit {limit} of {max}", Line(.what, PART))]
    Limit {
        /// What is too large.
        what: String,
        /// The name of the setting.
        limit: &'static str,
        /// Its value.
        max: u64,
    },
}

/// Whose fault an error is; the command line turns it into its exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The request itself: it names no single image.
    Usage,
    /// Everything on the way to the bytes.
    Transport,
    /// Bytes that contradict their digest, size, diffID, format or a limit.
    Malformed,
}

impl Error {
    /// Returns whose fault it is.
    pub fn class(&self) -> Class {
        match self {
            Self::Ambiguous(_) => Class::Usage,
            Self::Transport(_)
            | Self::NotFound { .. }
            | Self::Passed { .. }
            | Self::File { .. } => Class::Transport,
            Self::Entry { source, .. } => source.class(),
            _ => Class::Malformed,
        }
    }

    /// Returns whether stored bytes are not those of their descriptor, so that another place may have the right ones.
    pub fn is_about_bytes(&self) -> bool {
        matches!(self, Self::Size { .. } | Self::Digest { .. })
    }

    /// Makes the error of a document or stream that breaks its format.
    pub fn malformed(what: impl Into<String>, rule: impl Into<String>) -> Self {
        Self::Malformed { what: what.into(), rule: rule.into() }
    }

    /// Takes the error out of the reader of a document. Documents are kept when they pass, so what has
    /// passed was none.
    pub(crate) fn of_document(error: io::Error, what: &str) -> Self {
        match Self::from_io(error, what) {
            Self::Passed { what } => Self::malformed(what, "is no JSON document, and has passed"),
            error => error,
        }
    }

    /// Takes the error back out of a reader, or calls it a malformed `what`.
    pub fn from_io(error: io::Error, what: &str) -> Self {
        match error.downcast::<Self>() {
            Ok(error) => error,
            Err(error) => Self::malformed(what, error.to_string()),
        }
    }
}

/// Makes the error of an archive that its tar reader refused; `place` names the archive.
///
/// The reader counts entries under a name of its own; in an archive they are its members.
pub(crate) fn of_tar(error: &cutaway_tar::Error, place: &str) -> Error {
    match error.kind {
        cutaway_tar::ErrorKind::Limit { limit: "entries", max } => Error::Limit {
            what: format!("{place} with its members"),
            limit: "archive_members",
            max,
        },
        _ => Error::malformed(place, error.to_string()),
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        Self::other(error)
    }
}
