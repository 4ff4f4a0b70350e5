//! What bounds a bill that is read.

use std::io::{self, Read};

/// What bounds a bill that is read. What is over a limit is refused, and the error names it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Limits {
    /// `sbom_bytes`: the size of a bill. 64 MiB.
    pub bytes: u64,
    /// `sbom_components`: components of a bill that are listed. 200,000.
    pub components: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 64 << 20, components: 200_000 }
    }
}

/// A bill, read up to its limit.
pub(crate) struct Limited<R> {
    inner: R,
    left: u64,
    most: u64,
}

impl<R> Limited<R> {
    pub(crate) fn new(inner: R, most: u64) -> Self {
        Self { inner, left: most, most }
    }
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let read = u64::try_from(count).unwrap_or(u64::MAX);
        self.left = self.left.checked_sub(read).ok_or_else(|| {
            let rule = format!("it is over the limit sbom_bytes, which is {}", self.most);
            io::Error::new(io::ErrorKind::FileTooLarge, rule)
        })?;
        Ok(count)
    }
}
