//! A part of a local file as a stream.

use std::fmt::Debug;
use std::fs::File;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use cutaway_tar::Escaped;
use tokio::io::{AsyncBufRead, AsyncRead, ReadBuf};

use crate::{Error, Stamp, poll_read_buffered};

/// What is wrong with a device, a pipe, a socket or a directory.
const SPECIAL: &str = "is not a regular file";

/// How many bytes are read at once.
const CHUNK: usize = 256 << 10;

/// Opens a regular file; anything else (a pipe, a device, a directory) is refused, and no open waits for a peer.
pub(super) fn open_regular(path: &Path) -> Result<Option<(File, u64)>, Error> {
    let failed = |source| Error::File { path: Escaped::path(path).to_string(), source };
    let refused = |rule| Error::malformed(Escaped::path(path).to_string(), rule);
    let file = match std::fs::OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path)
    {
        Ok(file) => file,
        Err(error)
            if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
        {
            return Ok(None);
        }
        // A socket cannot be opened at all.
        Err(error) if error.raw_os_error() == Some(libc::ENXIO) => return Err(refused(SPECIAL)),
        Err(error) if error.raw_os_error() == Some(libc::ELOOP) => {
            return Err(refused("is a symbolic link in a cycle"));
        }
        Err(error) => return Err(failed(error)),
    };
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(refused(SPECIAL));
    }
    Ok(Some((file, metadata.len())))
}

/// Bytes that can be read at any place, such as those of a file.
///
/// An archive needs no more than this, so it may lie elsewhere than on disk.
pub trait ReadAt: Debug + Send + Sync {
    /// Reads some of the bytes from `offset` on; none are left where it returns 0.
    ///
    /// # Errors
    ///
    /// Returns what keeps the bytes from being read.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Returns what shows whether the bytes are those that were read once.
    fn stamp(&self) -> Stamp {
        Stamp::None
    }
}

impl ReadAt for File {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(self, buffer, offset)
    }

    fn stamp(&self) -> Stamp {
        self.metadata().map_or(Stamp::None, |about| Stamp::of(&about))
    }
}

/// The bytes of a file from one offset to another.
///
/// Reads block: what follows each is a longer piece of computing on the same task, and the system
/// reads ahead. A file that ends before the range does fails.
#[derive(Debug)]
pub(super) struct FileRange {
    file: Arc<dyn ReadAt>,
    what: String,
    at: u64,
    end: u64,
    buffer: Box<[u8]>,
    filled: usize,
    consumed: usize,
}

impl FileRange {
    pub(super) fn new(file: Arc<dyn ReadAt>, what: String, at: u64, size: u64) -> Self {
        let capacity = usize::try_from(size).unwrap_or(CHUNK).min(CHUNK);
        let buffer = vec![0; capacity].into_boxed_slice();
        Self { file, what, at, end: at.saturating_add(size), buffer, filled: 0, consumed: 0 }
    }

    fn fill(&mut self) -> io::Result<()> {
        if self.consumed < self.filled || self.at >= self.end {
            return Ok(());
        }
        let wanted = usize::try_from(self.end.saturating_sub(self.at))
            .unwrap_or(usize::MAX)
            .min(self.buffer.len());
        let target = self.buffer.get_mut(..wanted).unwrap_or_default();
        let count = loop {
            match self.file.read_at(target, self.at) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => return Err(Error::File { path: self.what.clone(), source }.into()),
                Ok(0) => {
                    let rule = format!(
                        "ends at byte {}, {} bytes early",
                        self.at,
                        self.end.saturating_sub(self.at)
                    );
                    return Err(Error::malformed(&self.what, rule).into());
                }
                Ok(count) => break count,
            }
        };
        self.at = self.at.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        (self.filled, self.consumed) = (count, 0);
        Ok(())
    }
}

impl AsyncBufRead for FileRange {
    fn poll_fill_buf(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        this.fill()?;
        Poll::Ready(Ok(this.buffer.get(this.consumed..this.filled).unwrap_or_default()))
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        let this = self.get_mut();
        this.consumed = this.consumed.saturating_add(amount).min(this.filled);
    }
}

impl AsyncRead for FileRange {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        poll_read_buffered(self, cx, buf)
    }
}
