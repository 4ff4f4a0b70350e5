//! Why a cache cannot be used at all.

use std::io;
use std::path::PathBuf;

/// Why the folder or the key of a cache cannot be used. A text is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system says no.
    #[error("cannot use {}: {source}", .path.display())]
    System {
        /// The folder or file.
        path: PathBuf,
        /// What it says.
        source: io::Error,
    },
    /// A file that holds a key is none, or others can read or replace it.
    #[error("the key {} {rule}", .path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// The rule that it breaks.
        rule: &'static str,
    },
}

impl Error {
    pub(crate) fn of(path: &std::path::Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::System { path, source }
    }

    /// Returns whether a disk is full or may not be written, which is no mistake of who named the folder.
    pub fn is_about_disk(&self) -> bool {
        use io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
        let disk = [PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull];
        matches!(self, Self::System { source, .. } if disk.contains(&source.kind()))
    }
}
