//! A directory as named files: an OCI layout, or an unpacked archive.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cutaway_tar::Escaped;

use super::file::{FileRange, open_regular};
use super::files::Files;
use crate::{BlobStream, Error};

/// A directory on disk. Only regular files in it are opened.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    place: String,
}

impl Directory {
    /// Names a directory; nothing is read yet.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), place: Escaped::path(path).to_string() }
    }
}

impl Files for Directory {
    fn open(&self, name: &str) -> Result<Option<(BlobStream, u64)>, Error> {
        // Names come from documents: only plain ones become paths.
        if name.split('/').any(|part| matches!(part, "" | "." | "..")) || name.contains('\0') {
            return Ok(None);
        }
        let path = self.path.join(name);
        let Some((file, size)) = open_regular(&path)? else { return Ok(None) };
        let what = format!("{}/{}", self.place, Escaped::new(name));
        Ok(Some((Box::new(FileRange::new(Arc::new(file), what, 0, size)), size)))
    }

    fn place(&self) -> &str {
        &self.place
    }
}
