//! Why a file cannot be used.

use std::io;

/// Why a database cannot be used. Whatever it is, no shorter answer is given instead.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DbError {
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    /// It is something else.
    #[error("no database of advisories (cutaway.db/1)")]
    NotOurs,
    /// Its end is not that of a database: it was cut, or something was added.
    #[error("was cut, or something was added to it")]
    Cut,
    /// Bytes were changed.
    #[error("the checksum of {what} is wrong")]
    Sum {
        /// Which part.
        what: &'static str,
    },
    /// Its parts contradict each other.
    #[error("broken: {0}")]
    Forged(&'static str),
}
