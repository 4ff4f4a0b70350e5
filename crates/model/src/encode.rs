//! Compressing again what is stored in a way that a target has no name for.

use async_compression::tokio::bufread::GzipEncoder;
use tokio::io::{AsyncBufRead, AsyncRead};

/// Compresses `reader` with gzip. The same bytes give the same stream with the same version of this
/// crate: its header has no time and no name.
pub fn gzipped<R: AsyncBufRead + Send + Unpin>(reader: R) -> impl AsyncRead + Send + Unpin {
    GzipEncoder::new(reader)
}
