//! A directory as named files: an OCI layout, or an unpacked archive.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cutaway_tar::Escaped;

use super::file::{FileRange, ReadAt as _, open_regular};
use super::files::Files;
use crate::{BlobStream, Error, Stamp};

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

    /// Returns the path of a file. Names come from documents: only plain ones become paths.
    fn path_of(&self, name: &str) -> Option<PathBuf> {
        let is_plain = |part| !matches!(part, "" | "." | "..");
        (name.split('/').all(is_plain) && !name.contains('\0')).then(|| self.path.join(name))
    }
}

impl Files for Directory {
    fn open(&self, name: &str) -> Result<Option<(BlobStream, u64)>, Error> {
        let Some(path) = self.path_of(name) else { return Ok(None) };
        let Some((file, size)) = open_regular(&path)? else { return Ok(None) };
        let what = format!("{}/{}", self.place, Escaped::new(name));
        Ok(Some((Box::new(FileRange::new(Arc::new(file), what, 0, size)), size)))
    }

    fn place(&self) -> &str {
        &self.place
    }

    fn stamp(&self, name: &str) -> Stamp {
        let opened = self.path_of(name).and_then(|path| open_regular(&path).ok()?);
        opened.map_or(Stamp::None, |(file, _)| file.stamp())
    }
}
