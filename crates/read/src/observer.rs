//! Telling somebody how far the reading of layers is.

use std::fmt::Debug;

use cutaway_model::BlobStream;

/// Someone who is told how far layers are read. Calls come from many tasks at once.
pub trait Observer: Debug + Send + Sync {
    /// An archive begins to pass: what is returned goes along with its bytes.
    fn archive_opened(&self, stream: BlobStream) -> BlobStream {
        stream
    }
    /// A layer was opened; `size` is the number of its stored bytes, where it is known.
    fn layer_opened(&self, _index: usize, _size: Option<u64>) {}
    /// More of a layer was read: so many of its stored bytes, which came to so many unpacked ones.
    fn layer_read(&self, _index: usize, _stored: u64, _unpacked: u64) {}
    /// A layer was read to its end and verified.
    fn layer_done(&self, _index: usize) {}
}

/// An observer that does not care.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {}
