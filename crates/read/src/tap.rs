//! Stored bytes on their way to the decoder, with a copy for whoever hashes them.
//!
//! The task that decodes is the one that a large layer waits for; hashing the stored bytes there would
//! cost it an eighth of its time. So they are copied, and hashed where the uncompressed bytes are.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use cutaway_model::{BlobStream, Error, poll_read_buffered};
use cutaway_tar::len64;
use tokio::io::{AsyncBufRead, AsyncRead, ReadBuf};

use crate::lane::Filler;

/// A stream of stored bytes that sends a copy of all that is read of it.
pub(crate) struct Tap {
    inner: BlobStream,
    what: String,
    /// The number of bytes that were claimed, past which nothing is read.
    size: Option<u64>,
    lane: Filler,
    /// How many bytes are copied before they are sent.
    at_once: usize,
    piece: Option<Vec<u8>>,
    /// How many bytes at the front of the inner buffer are copied already.
    ahead: usize,
    read: Arc<AtomicU64>,
}

impl std::fmt::Debug for Tap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tap").field("what", &self.what).finish_non_exhaustive()
    }
}

impl Tap {
    /// Reads `inner`, of which `size` bytes are claimed; copies go into `lane`, `at_once` bytes
    /// at once.
    pub(crate) fn new(
        inner: BlobStream,
        what: &str,
        size: Option<u64>,
        lane: Filler,
        at_once: usize,
    ) -> Self {
        let (what, read) = (what.to_owned(), Arc::default());
        Self { inner, what, size, lane, at_once, piece: None, ahead: 0, read }
    }

    /// Returns how many bytes were read so far, also while and after they are.
    pub(crate) fn progress(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.read)
    }

    /// Sends what was copied, where it is enough or `all` is to go. Waits while nobody takes it.
    fn poll_send(&mut self, cx: &mut Context<'_>, all: bool) -> Poll<()> {
        let least = self.at_once;
        let enough = |piece: &Vec<u8>| piece.len() >= least || (all && !piece.is_empty());
        if self.piece.as_ref().is_some_and(enough)
            && let Some(piece) = self.piece.take()
        {
            self.lane.send_now(piece);
        }
        if self.piece.is_none() && !all {
            self.piece = ready!(self.lane.poll_buffer(cx));
        }
        Poll::Ready(())
    }

    /// Copies bytes at the front of the inner buffer, as many as there is room for, unless some that are
    /// copied were not consumed yet.
    fn poll_copy(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.ahead > 0 {
            return Poll::Ready(Ok(()));
        }
        ready!(self.poll_send(cx, false));
        let buffer = ready!(Pin::new(&mut self.inner).poll_fill_buf(cx))?;
        if buffer.is_empty() {
            return self.poll_send(cx, true).map(Ok);
        }
        // Where nobody takes copies any more, nobody waits for what is read either.
        let Some(piece) = &mut self.piece else {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        };
        let taken = buffer.get(..self.at_once.saturating_sub(piece.len())).unwrap_or(buffer);
        piece.extend_from_slice(taken);
        self.ahead = taken.len();
        let fresh = len64(taken.len());
        let read = self.read.fetch_add(fresh, Ordering::Relaxed).saturating_add(fresh);
        match self.size.filter(|&size| read > size) {
            Some(expected) => {
                let (what, found) = (self.what.clone(), format!("more than {expected}"));
                Poll::Ready(Err(Error::Size { what, expected, found }.into()))
            }
            None => Poll::Ready(Ok(())),
        }
    }
}

impl AsyncBufRead for Tap {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        ready!(this.poll_copy(cx))?;
        // What is in the buffer stays there until it is consumed, so this does not wait.
        let buffer = ready!(Pin::new(&mut this.inner).poll_fill_buf(cx))?;
        Poll::Ready(Ok(buffer.get(..this.ahead).unwrap_or(buffer)))
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        let this = self.get_mut();
        this.ahead = this.ahead.saturating_sub(amount);
        Pin::new(&mut this.inner).consume(amount);
    }
}

impl AsyncRead for Tap {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        poll_read_buffered(self, cx, buf)
    }
}
