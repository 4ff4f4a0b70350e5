//! Compressing again what is stored in a way that a target has no name for.

use std::io::{self, Write as _};

use flate2::Compression;
use flate2::write::GzEncoder;

/// A gzip stream in the making.
///
/// The same pieces give the same stream with the same version of this crate: its header has no time and no
/// name, and nothing is flushed before the end, whenever pieces come. Other pieces of the same bytes may
/// give another stream.
#[derive(Debug)]
pub struct Gzip(GzEncoder<Vec<u8>>);

impl Default for Gzip {
    fn default() -> Self {
        Self(GzEncoder::new(Vec::new(), Compression::default()))
    }
}

impl Gzip {
    /// Adds a piece, and returns what is ready of the stream, which may be nothing yet.
    ///
    /// # Errors
    ///
    /// Returns what keeps the piece from being compressed.
    pub fn push(&mut self, piece: &[u8]) -> io::Result<Vec<u8>> {
        self.0.write_all(piece)?;
        Ok(std::mem::take(self.0.get_mut()))
    }

    /// Returns the end of the stream.
    ///
    /// # Errors
    ///
    /// Returns what keeps it from being compressed.
    pub fn finish(self) -> io::Result<Vec<u8>> {
        self.0.finish()
    }
}
