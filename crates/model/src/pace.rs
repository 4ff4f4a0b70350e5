//! A bound on stored bytes that unpack to nothing.
//!
//! A decoder reads on until it has something to give, however long that takes: over a header of a
//! gigabyte, or over a million empty gzip members. It asks its input for more in between, so the
//! input is where it can be stopped.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncBufRead, AsyncRead, ReadBuf};

use crate::poll_read_buffered;

/// Passes stored bytes on, up to a number of them between two calls of [`Paced::progressed`].
#[derive(Debug)]
pub(crate) struct Paced<R> {
    inner: R,
    max: u64,
    left: u64,
    taken: u64,
    held_up: bool,
}

impl<R> Paced<R> {
    /// Allows `max` bytes between two signs of progress.
    pub(crate) fn new(inner: R, max: u64) -> Self {
        Self { inner, max, left: max, taken: 0, held_up: false }
    }

    /// Notes that something was unpacked, and starts the count again.
    pub(crate) fn progressed(&mut self) {
        self.left = self.max;
        self.held_up = false;
    }

    /// Returns whether bytes are held back, since no progress was seen for all that are allowed.
    pub(crate) fn held_up(&self) -> bool {
        self.held_up
    }

    /// Returns how many bytes were passed on.
    pub(crate) fn taken(&self) -> u64 {
        self.taken
    }

    pub(crate) fn into_inner(self) -> R {
        self.inner
    }
}

impl<R: AsyncBufRead + Unpin> AsyncBufRead for Paced<R> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        let buffer = ready!(Pin::new(&mut this.inner).poll_fill_buf(cx))?;
        let allowed = usize::try_from(this.left).unwrap_or(usize::MAX);
        match buffer.get(..allowed) {
            // Pending makes the decoder hand over what it has. Nobody is woken: the caller asks `held_up`.
            Some([]) => {
                this.held_up = true;
                Poll::Pending
            }
            Some(allowed) => Poll::Ready(Ok(allowed)),
            None => Poll::Ready(Ok(buffer)),
        }
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        let this = self.get_mut();
        let taken = u64::try_from(amount).unwrap_or(u64::MAX);
        this.left = this.left.saturating_sub(taken);
        this.taken = this.taken.saturating_add(taken);
        Pin::new(&mut this.inner).consume(amount);
    }
}

impl<R: AsyncBufRead + Unpin> AsyncRead for Paced<R> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        poll_read_buffered(self, cx, buf)
    }
}
