//! Reading through a buffer.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncBufRead, ReadBuf};

/// Is the `poll_read` of a reader that has a buffer: copies out of it and consumes what was copied.
///
/// # Errors
///
/// Returns what filling the buffer fails with.
pub fn poll_read_buffered<R: AsyncBufRead + ?Sized>(
    mut reader: Pin<&mut R>,
    cx: &mut Context<'_>,
    buf: &mut ReadBuf<'_>,
) -> Poll<io::Result<()>> {
    let available = ready!(reader.as_mut().poll_fill_buf(cx))?;
    let amount = available.len().min(buf.remaining());
    buf.put_slice(available.get(..amount).unwrap_or_default());
    reader.consume(amount);
    Poll::Ready(Ok(()))
}
