//! A blob of a layout whose digest is known when all of it was written.

use std::fs;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use cutaway_model::{BlobStream, Descriptor, SinkError, Upload};
use tokio::io::{AsyncWriteExt as _, BufReader};

use super::blob;
use super::named::{create, give_name, shown};
use crate::blocking::blocking;
use crate::index;

/// How many bytes are read at once.
const CHUNK: usize = 256 << 10;

/// A file that is no blob yet. It is removed where it does not become one.
#[derive(Debug)]
pub(super) struct Unfinished {
    file: tokio::fs::File,
    beside: Beside,
    root: PathBuf,
}

/// The name of an unfinished file.
#[derive(Debug)]
struct Beside(PathBuf);

impl Drop for Beside {
    fn drop(&mut self) {
        // It may have another name now, and where it cannot be removed, it is in nobody's way.
        let _ = fs::remove_file(&self.0);
    }
}

impl Unfinished {
    /// Starts a file at `beside` for the layout at `root`.
    pub(super) async fn create(beside: PathBuf, root: PathBuf) -> Result<Self, SinkError> {
        let to = beside.clone();
        let created = blocking(move |_| create(&to).map_err(|error| broken(&to, error)));
        let file = tokio::fs::File::from_std(created.await?);
        Ok(Self { file, beside: Beside(beside), root })
    }

    async fn flush(&mut self) -> Result<(), SinkError> {
        self.file.flush().await.map_err(|error| broken(&self.beside.0, error))
    }
}

#[async_trait]
impl Upload for Unfinished {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        self.file.write_all(bytes).await.map_err(|error| broken(&self.beside.0, error))
    }

    async fn read(&mut self) -> Result<Option<BlobStream>, SinkError> {
        self.flush().await?;
        let file = tokio::fs::File::open(&self.beside.0).await;
        let file = file.map_err(|error| broken(&self.beside.0, error))?;
        Ok(Some(Box::new(BufReader::with_capacity(CHUNK, file))))
    }

    async fn commit(mut self: Box<Self>, blob: &Descriptor) -> Result<bool, SinkError> {
        self.flush().await?;
        let (path, blob, from) =
            (self.root.join(index::path(blob)), blob.clone(), self.beside.0.clone());
        blocking(move |stop| {
            if blob::holds(&path, &blob, stop) {
                return Ok(false);
            }
            give_name(&from, &path).map(|()| true)
        })
        .await
    }
}

fn broken(path: &Path, error: std::io::Error) -> SinkError {
    SinkError::write(shown(path), error)
}
