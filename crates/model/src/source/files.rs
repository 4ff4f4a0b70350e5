//! Named files, as everything that holds an image on disk or on its way is looked at.

use std::fmt::Debug;

use cutaway_tar::Escaped;
use tokio::io::AsyncReadExt as _;

use crate::{BlobStream, DiffId, Error, Stamp};

/// Named files that together are one or more images.
pub trait Files: Debug + Send + Sync {
    /// Opens a file and returns its bytes and their number; `None` where there is none of this name.
    ///
    /// # Errors
    ///
    /// Returns what keeps a file that is there from being opened.
    fn open(&self, name: &str) -> Result<Option<(BlobStream, u64)>, Error>;

    /// Returns how errors call the whole.
    fn place(&self) -> &str;

    /// Returns what shows whether the bytes of a file are those that were read once.
    fn stamp(&self, _name: &str) -> Stamp {
        Stamp::None
    }

    /// Returns the diffID that a file was measured to have while it passed, where it has passed.
    fn diff_id(&self, _name: &str) -> Option<DiffId> {
        None
    }
}

/// Reads a small document of `files` whole; `None` where there is none of this name.
pub(super) async fn read_file(
    files: &dyn Files,
    name: &str,
    limit: &'static str,
    max: u64,
) -> Result<Option<Vec<u8>>, Error> {
    let Some((stream, size)) = files.open(name)? else { return Ok(None) };
    let what = format!("{} in {}", Escaped::new(name), files.place());
    if size > max {
        return Err(Error::Limit { what: format!("{what} with {size} bytes"), limit, max });
    }
    let mut bytes = Vec::new();
    let read = stream.take(max).read_to_end(&mut bytes).await;
    read.map_err(|error| Error::of_document(error, &what))?;
    Ok(Some(bytes))
}
