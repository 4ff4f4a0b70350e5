//! What can go wrong between a source and its verified bytes.

use std::io;

use cutaway_ref::Digest;
use cutaway_tar::Escaped;

use crate::windows::SMALL_LOG;
use crate::{DiffId, Limits};

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
    #[error("{}", Escaped::new(&.0.to_string()).at_most(WHOLE))]
    Transport(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The image that was asked for is not there.
    #[error("{} is not in {}", Escaped::new(.what).at_most(PART), Escaped::new(.place).at_most(PART))]
    NotFound {
        /// What was asked for.
        what: String,
        /// Where it was looked for, and what is there instead.
        place: String,
    },
    /// The request names no single image.
    #[error("{}", Escaped::new(.0).at_most(WHOLE))]
    Ambiguous(String),
    /// A blob that a document lists is not there.
    #[error("{} is listed but missing", Escaped::new(.what).at_most(PART))]
    Missing {
        /// The blob.
        what: String,
    },
    /// An image or index that an index lists is not there.
    #[error("index entry {} missing: {}", Escaped::new(.entry).at_most(PART), Escaped::new(&.source.to_string()).at_most(PART))]
    Entry {
        /// The entry: its digest, and its platform where it has one.
        entry: String,
        /// Where it was looked for.
        source: Box<Self>,
    },
    /// Bytes were asked for that have passed.
    #[error("{} has passed and cannot be read a second time", Escaped::new(.what).at_most(PART))]
    Passed {
        /// The member that held them.
        what: String,
    },
    /// A file of an image, or a stream of this machine, cannot be read.
    #[error("cannot read {}: {}", Escaped::new(.path).at_most(PART), Escaped::new(&.source.to_string()).at_most(PART))]
    File {
        /// The file or stream.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// A document, an archive or a stream breaks its format.
    #[error("{}: {}", Escaped::new(.what).at_most(PART), Escaped::new(.rule).at_most(PART))]
    Malformed {
        /// The document or stream.
        what: String,
        /// The rule that it breaks, and where.
        rule: String,
    },
    /// The stored bytes are fewer or more than their descriptor says.
    #[error("{} has {} bytes, not the {expected} that its descriptor says", Escaped::new(.what).at_most(PART), Escaped::new(.found).at_most(PART))]
    Size {
        /// The blob.
        what: String,
        /// The size of the descriptor, in bytes.
        expected: u64,
        /// The bytes that came, as text: a number, or "more than" a number.
        found: String,
    },
    /// The stored bytes have another digest than their name.
    #[error("{} has the digest {found}: its bytes were changed", Escaped::new(.what).at_most(PART))]
    Digest {
        /// The blob, by the digest that it should have.
        what: String,
        /// The digest of the bytes that came.
        found: Digest,
    },
    /// Two places that hold a blob have different bytes for it.
    #[error("{} is not the same at two places: one of them has changed its bytes", Escaped::new(.what).at_most(PART))]
    Differs {
        /// The blob.
        what: String,
    },
    /// The uncompressed layer has another digest than the config says.
    #[error("{} unpacks to diffID {found}, not the {expected} of the config", Escaped::new(.what).at_most(PART))]
    DiffId {
        /// The layer.
        what: String,
        /// The diffID of the config.
        expected: DiffId,
        /// The digest of the uncompressed bytes that came.
        found: DiffId,
    },
    /// A named limit was met.
    #[error("{} is over the limit {limit} of {max}", Escaped::new(.what).at_most(PART))]
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
    /// Returns whether it is about a zstd stream that asked for a large window in a later frame than its first, and
    /// may have one within `limits`.
    pub fn wants_window(&self, limits: &Limits) -> bool {
        let small = u64::from(SMALL_LOG);
        limits.zstd_window_log > SMALL_LOG
            && matches!(self, Self::Limit { limit: "zstd_window_log", max, .. } if *max == small)
    }

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
        matches!(self, Self::Size { .. } | Self::Digest { .. } | Self::Differs { .. })
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

    /// Takes the error back out of a reader. Of others, those of the system are the way to `what`, and
    /// those of a decoder are a verdict on its bytes.
    pub fn from_io(error: io::Error, what: &str) -> Self {
        match error.downcast::<Self>() {
            Ok(error) => error,
            Err(source) if is_of_the_system(&source) => {
                Self::File { path: what.to_owned(), source }
            }
            Err(error) => Self::malformed(what, error.to_string()),
        }
    }
}

/// Returns whether an error says nothing of bytes: they were not had.
pub(crate) fn is_of_the_system(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, InvalidInput, Other, UnexpectedEof};
    error.raw_os_error().is_some()
        || !matches!(error.kind(), InvalidData | InvalidInput | Other | UnexpectedEof)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_fault_an_io_error_is() {
        // EIO, EISDIR and ECONNRESET say nothing of the bytes that did not come.
        let of_system = [5, 21, 104].map(io::Error::from_raw_os_error);
        let by_kind = [io::ErrorKind::TimedOut, io::ErrorKind::BrokenPipe].map(io::Error::from);
        for error in of_system.into_iter().chain(by_kind) {
            let error = Error::from_io(error, "standard input");
            assert_eq!(error.class(), Class::Transport, "{error}");
            assert!(error.to_string().starts_with("cannot read standard input: "), "{error}");
        }
        for kind in [io::ErrorKind::InvalidData, io::ErrorKind::UnexpectedEof] {
            let error = Error::from_io(kind.into(), "layer 0 of 1");
            assert_eq!(error.class(), Class::Malformed, "{error}");
        }
        let kept = Error::from_io(Error::Missing { what: "a".into() }.into(), "b");
        assert!(matches!(kept, Error::Missing { .. }));
    }
}
