//! Why a gate cannot start.

use std::path::{Path, PathBuf};

/// Why a gate cannot start: a text is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file that the settings name cannot be used.
    #[error("{}: {reason}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A place cannot be listened on.
    #[error("cannot listen on {place}: {reason}")]
    Listen {
        /// The address or the path.
        place: String,
        /// What the system says.
        reason: String,
    },
    /// TLS cannot be set up.
    #[error("TLS: {0}")]
    Tls(String),
}

impl Error {
    pub(crate) fn of_file(path: &Path, reason: impl Into<String>) -> Self {
        Self::File { path: path.to_owned(), reason: reason.into() }
    }
}
