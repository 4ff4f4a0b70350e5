//! Who starts the archives that pass: a file, a daemon, bytes that are held.

use std::io::Cursor;
use std::path::PathBuf;

use async_trait::async_trait;
use bytes::Bytes;
use cutaway_model::{BlobStream, Error};
use tokio::io::BufReader;

use cutaway_read::Opener;

/// Bytes that are asked for at once.
pub(crate) const CHUNK: usize = 256 << 10;

/// An archive in a file.
#[derive(Debug)]
pub(crate) struct InFile(pub(crate) PathBuf);

#[async_trait]
impl Opener for InFile {
    async fn open(&self) -> Result<BlobStream, Error> {
        let file = tokio::fs::File::open(&self.0).await;
        let file = file.map_err(|error| {
            let message = format!("{}: {error}", self.0.display());
            Error::Transport(message.into())
        })?;
        Ok(Box::new(BufReader::with_capacity(CHUNK, file)))
    }

    fn opens_again(&self) -> bool {
        true
    }
}

/// An archive that is held in memory.
#[derive(Debug)]
pub(crate) struct Held(pub(crate) Bytes);

#[async_trait]
impl Opener for Held {
    async fn open(&self) -> Result<BlobStream, Error> {
        Ok(Box::new(Cursor::new(self.0.clone())))
    }

    fn opens_again(&self) -> bool {
        true
    }
}

/// An image that a daemon saves, each time anew.
#[cfg(feature = "daemons")]
#[derive(Debug)]
pub(crate) struct Saved {
    pub(crate) daemon: cutaway_daemon::Engine,
    pub(crate) found: cutaway_daemon::Found,
}

#[cfg(feature = "daemons")]
#[async_trait]
impl Opener for Saved {
    async fn open(&self) -> Result<BlobStream, Error> {
        self.daemon.save(&self.found).await
    }

    fn opens_again(&self) -> bool {
        true
    }
}
