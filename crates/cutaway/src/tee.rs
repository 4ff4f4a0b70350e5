//! A stream that is written down while somebody reads it.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncBufRead, AsyncRead, AsyncWrite, ReadBuf};

use cutaway_model::{SinkError, poll_read_buffered};

/// Reads `R`, and writes all that is read of it to `W`, in whole when the stream has ended.
#[derive(Debug)]
pub(crate) struct Tee<R, W> {
    from: R,
    to: W,
    /// Bytes of what `from` holds that are written already.
    ahead: usize,
    failure: WriteFailure,
}

/// Why a [`Tee`] could not write, which its reader takes for an error of the stream.
#[derive(Debug, Clone, Default)]
pub(crate) struct WriteFailure(Arc<Mutex<Option<io::Error>>>);

impl WriteFailure {
    /// Returns the error of the write where there was one, and `error` otherwise; `target` names what is written.
    pub(crate) fn instead_of<E>(&self, error: E, target: &str) -> Result<E, SinkError> {
        match self.0.lock().ok().and_then(|mut failure| failure.take()) {
            Some(failure) => Err(SinkError::write(target, failure)),
            None => Ok(error),
        }
    }

    fn note(&self, error: io::Error) -> io::Error {
        let stand_in = io::Error::new(error.kind(), error.to_string());
        if let Ok(mut failure) = self.0.lock() {
            failure.get_or_insert(error);
        }
        stand_in
    }
}

impl<R: AsyncBufRead + Unpin, W: AsyncWrite + Unpin> Tee<R, W> {
    /// Makes the stream, and a handle that tells errors of writing from those of reading.
    pub(crate) fn new(from: R, to: W) -> (Self, WriteFailure) {
        let failure = WriteFailure::default();
        (Self { from, to, ahead: 0, failure: failure.clone() }, failure)
    }
}

impl<R: AsyncBufRead + Unpin, W: AsyncWrite + Unpin> AsyncBufRead for Tee<R, W> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let Self { from, to, ahead, failure } = self.get_mut();
        let bytes = ready!(Pin::new(from).poll_fill_buf(cx))?;
        while let Some(new) = bytes.get(*ahead..).filter(|new| !new.is_empty()) {
            let written = ready!(Pin::new(&mut *to).poll_write(cx, new));
            match written {
                Ok(0) => return Poll::Ready(Err(failure.note(io::ErrorKind::WriteZero.into()))),
                Ok(count) => *ahead = ahead.saturating_add(count),
                Err(error) => return Poll::Ready(Err(failure.note(error))),
            }
        }
        if bytes.is_empty()
            && let Err(error) = ready!(Pin::new(to).poll_flush(cx))
        {
            return Poll::Ready(Err(failure.note(error)));
        }
        Poll::Ready(Ok(bytes))
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        let this = self.get_mut();
        this.ahead = this.ahead.saturating_sub(amount);
        Pin::new(&mut this.from).consume(amount);
    }
}

impl<R: AsyncBufRead + Unpin, W: AsyncWrite + Unpin> AsyncRead for Tee<R, W> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        poll_read_buffered(self, cx, buffer)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, BufReader};

    use super::*;

    #[tokio::test]
    async fn everything_is_written_once_however_it_is_read() {
        let bytes: Vec<u8> = (0..=250).cycle().take(10_000).collect();
        for (held, read) in [(1, 7), (7, 1), (64, 64), (9_000, 100), (100, 9_000)] {
            let mut copy = Vec::new();
            let (mut tee, failure) =
                Tee::new(BufReader::with_capacity(held, bytes.as_slice()), &mut copy);
            let mut seen = Vec::new();
            let mut chunk = vec![0; read];
            loop {
                let count = tee.read(&mut chunk).await.unwrap();
                if count == 0 {
                    break;
                }
                seen.extend_from_slice(&chunk[..count]);
            }
            assert!(seen == bytes && copy == bytes, "{held} {read}");
            assert_eq!(failure.instead_of(5, "x").unwrap(), 5);
        }
    }

    #[tokio::test]
    async fn a_full_disk_is_no_fault_of_the_stream() {
        let mut room = [0; 10];
        let (mut tee, failure) = Tee::new(&[1; 20][..], io::Cursor::new(&mut room[..]));
        let error = tee.read_to_end(&mut Vec::new()).await.unwrap_err();
        let error = failure.instead_of(error, "the disk").unwrap_err();
        assert!(error.to_string().starts_with("cannot write the disk: "), "{error}");
    }
}
