//! The seam between the model and the places where images lie.

use std::fmt::Debug;
use std::ops::Range;

use async_trait::async_trait;
use tokio::io::AsyncBufRead;

use crate::{Descriptor, Error, Stamp};

/// The stored bytes of a blob, as they come. Errors inside are [`Error`]s in an [`std::io::Error`].
pub type BlobStream = Box<dyn AsyncBufRead + Send + Unpin>;

/// A place that holds blobs: the one thing that a source of images must provide.
///
/// Dropping a future or a stream must end what it has begun, such as a request: whoever reads an image
/// cancels by dropping.
#[async_trait]
pub trait Blobs: Debug + Send + Sync {
    /// Opens the stored bytes of `blob`, which may be a manifest, an index, a config or a layer.
    ///
    /// The stream is not trusted: who reads it checks size and digest, and stops reading one byte
    /// past the size that `blob` claims.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Missing`] where the source does not hold the blob, and what else keeps it
    /// from being opened.
    async fn open(&self, blob: &Descriptor) -> Result<BlobStream, Error>;

    /// Opens `blob` behind its first `from` bytes, which whoever asks has from an earlier run.
    ///
    /// The stream is trusted no more than that of [`Blobs::open`]. Returns `None` where the source gives
    /// blobs as a whole only.
    ///
    /// # Errors
    ///
    /// As [`Blobs::open`].
    async fn resume(&self, blob: &Descriptor, from: u64) -> Result<Option<BlobStream>, Error> {
        let _ = (blob, from);
        Ok(None)
    }

    /// Opens the bytes of `blob` from `span`, which lies within its size, without any other ones.
    ///
    /// The stream is not trusted: nothing tells whether these are the bytes of the blob. Returns `None` where
    /// the source gives no parts.
    ///
    /// # Errors
    ///
    /// As [`Blobs::open`].
    async fn part(&self, blob: &Descriptor, span: Range<u64>) -> Result<Option<BlobStream>, Error> {
        let _ = (blob, span);
        Ok(None)
    }

    /// Asks whether `blob` is there, and returns the number of its stored bytes where the source knows it
    /// without reading them.
    ///
    /// # Errors
    ///
    /// As [`Blobs::open`].
    async fn stat(&self, blob: &Descriptor) -> Result<Option<u64>, Error> {
        drop(self.open(blob).await?);
        Ok(None)
    }

    /// Returns what shows whether the stored bytes of `blob` are those that were read once.
    fn stamp(&self, blob: &Descriptor) -> Stamp {
        let _ = blob;
        Stamp::Digest
    }

    /// Returns how many streams may be open at once before another one waits for one of them to end; none
    /// where they never wait for each other. Whoever keeps streams open that it does not read opens no more.
    fn streams_at_once(&self) -> Option<usize> {
        None
    }

    /// Is told that `blob` was read and has another size or digest than its descriptor says. Returns whether
    /// it may be had right elsewhere, where the next [`Blobs::open`] then looks.
    async fn report_bad_bytes(&self, blob: &Descriptor) -> bool {
        let _ = blob;
        false
    }
}
