//! Why a stream is refused.

use std::fmt;

use crate::Escaped;

/// An archive that is malformed or goes over a limit. The reader has stopped for good.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}{}, at offset {offset} of the archive", InEntry(.path.as_deref()))]
#[non_exhaustive]
pub struct Error {
    /// Which rule was broken.
    pub kind: ErrorKind,
    /// Where in the stream: the header or record at fault, or where the stream ends.
    pub offset: u64,
    /// The member it belongs to, where its name is known.
    pub path: Option<Box<[u8]>>,
}

/// The rule that a stream broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The checksum of a header does not match, so this is no header.
    #[error("header checksum is wrong")]
    Checksum,
    /// A field of a header that should hold a number does not.
    #[error("header field {field} is not a number")]
    Number {
        /// Name of the field.
        field: &'static str,
    },
    /// A number below zero in a field that counts, or one above what a file can have.
    #[error("header field {field} is out of range")]
    OutOfRange {
        /// Name of the field.
        field: &'static str,
    },
    /// A PAX record that breaks the format.
    #[error("extended header record is malformed: {rule}")]
    Pax {
        /// What is wrong with it.
        rule: &'static str,
    },
    /// A sparse map that breaks the format or does not fit its member.
    #[error("sparse map is malformed: {rule}")]
    Sparse {
        /// What is wrong with it.
        rule: &'static str,
    },
    /// More than a limit allows.
    #[error("over the limit {limit} = {max}")]
    Limit {
        /// Name of the field of [`Limits`](crate::Limits).
        limit: &'static str,
        /// Its value.
        max: u64,
    },
    /// The stream ends inside a header or in the content of a member.
    #[error("stream ends early: wanted {wanted} bytes of {part}, got {got}")]
    Truncated {
        /// What was being read.
        part: &'static str,
        /// Its length, padding included.
        wanted: u64,
        /// What there was.
        got: u64,
    },
    /// The stream ends after an extended header or long name.
    #[error("stream ends early: extended header without a member after it")]
    Dangling,
    /// More skipped than the member has left: a mistake of the caller.
    #[error("skipped past the end of the member")]
    SkippedTooFar,
}

struct InEntry<'a>(Option<&'a [u8]>);

impl fmt::Display for InEntry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |path| write!(f, ", in {}", Escaped::name(path)))
    }
}
