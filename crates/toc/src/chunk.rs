//! A piece of a file, and the stored bytes that hold it.

use std::io::{self, Read};
use std::ops::Range;

use cutaway_ref::Digest;
use flate2::bufread::GzDecoder;

use crate::{Error, Form, Limits};

/// A piece of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Chunk {
    /// Its first byte in the file.
    pub at: u64,
    /// Its bytes: at least one.
    pub len: u64,
    /// The stored bytes of the layer that hold it: a gzip member, or a zstd frame. Empty for zeros, which
    /// are not stored.
    pub stored: Range<u64>,
    /// The bytes of other files before it in the same member.
    pub inner: u64,
    /// The digest of its bytes, where the table has it.
    pub digest: Option<Digest>,
}

impl Chunk {
    /// Returns whether it is zeros that are not stored.
    pub fn is_hole(&self) -> bool {
        self.stored.is_empty()
    }

    /// Unpacks the chunk from the stored bytes that hold it and checks its digest.
    pub(crate) fn unpack(
        &self,
        form: Form,
        stored: &[u8],
        limits: &Limits,
    ) -> Result<Vec<u8>, Error> {
        let max = limits.chunk_bytes;
        if self.len.max(self.inner) > max {
            return Err(Error::Limit { limit: "chunk_bytes", max });
        }
        let broken = |error: io::Error| Error::malformed(format!("a chunk: {error}"));
        let bytes = match form {
            Form::Stargz => self.take(GzDecoder::new(stored)),
            Form::Chunked => {
                let decoder = zstd::stream::read::Decoder::with_buffer(stored);
                decoder.and_then(|decoder| self.take(decoder.single_frame()))
            }
        };
        let bytes = bytes.map_err(broken)?;
        match &self.digest {
            Some(claimed) => check("a chunk", claimed, &bytes).map(|()| bytes),
            None => Ok(bytes),
        }
    }

    /// Reads the bytes of the chunk behind those of others.
    fn take(&self, mut unpacked: impl Read) -> io::Result<Vec<u8>> {
        let passed = io::copy(&mut unpacked.by_ref().take(self.inner), &mut io::sink())?;
        let mut bytes = Vec::new();
        let read = unpacked.take(self.len).read_to_end(&mut bytes)?;
        if passed != self.inner || u64::try_from(read) != Ok(self.len) {
            return Err(io::Error::other("its stored bytes hold less than the table says"));
        }
        Ok(bytes)
    }
}

/// Checks bytes against the digest that is claimed for them.
pub(crate) fn check(what: &str, claimed: &Digest, bytes: &[u8]) -> Result<(), Error> {
    let algorithm = claimed
        .algorithm()
        .ok_or_else(|| Error::malformed(format!("{what} has a digest of an unknown kind")))?;
    let mut hasher = algorithm.hasher();
    hasher.update(bytes);
    let found = hasher.finish();
    if found == *claimed {
        return Ok(());
    }
    let (claimed, found) = (claimed.to_string(), found.to_string());
    Err(Error::Digest { what: what.to_owned(), claimed, found })
}

/// Uncompresses the table of a zstd:chunked layer, which is said to have `len` bytes.
///
/// # Errors
///
/// Returns [`Error::Malformed`] for bytes that are no frame of so many.
pub fn unpack_chunked(packed: &[u8], len: u64) -> Result<Vec<u8>, Error> {
    let broken = |error: io::Error| Error::malformed(format!("it cannot be uncompressed: {error}"));
    let decoder = zstd::stream::read::Decoder::with_buffer(packed).map_err(broken)?;
    let mut bytes = Vec::new();
    let read = decoder.take(len.saturating_add(1)).read_to_end(&mut bytes).map_err(broken)?;
    if u64::try_from(read) == Ok(len) {
        return Ok(bytes);
    }
    Err(Error::malformed("it has another length than its annotation says"))
}
