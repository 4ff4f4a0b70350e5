//! gzip of many members, and the zeros that tapes and block devices leave behind the last one.
//!
//! RFC 1952 knows no padding, but GNU gzip takes zero bytes behind a member for it, so tools that
//! fill up to a block write it. Anything else there is refused as the start of a broken member.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use async_compression::tokio::bufread::GzipDecoder;
use tokio::io::{AsyncBufRead, AsyncRead, ReadBuf};

use crate::pace::Paced;

/// The members of a gzip stream, unpacked one after the other.
#[derive(Debug)]
pub(crate) struct GzipMembers<R> {
    part: Part<R>,
    padding: u64,
}

#[expect(clippy::large_enum_variant, reason = "there is one a stream, and nearly all are members")]
#[derive(Debug)]
enum Part<R> {
    Member(GzipDecoder<Paced<R>>),
    Padding(Paced<R>),
    /// Stands only while one part takes the place of another.
    Between,
}

impl<R: AsyncBufRead + Unpin> GzipMembers<R> {
    pub(crate) fn new(stored: Paced<R>) -> Self {
        Self { part: Part::Member(GzipDecoder::new(stored)), padding: 0 }
    }

    /// Returns how many zero bytes stood behind the last member.
    pub(crate) fn padding(&self) -> u64 {
        self.padding
    }

    pub(crate) fn paced(&mut self) -> Option<&mut Paced<R>> {
        match &mut self.part {
            Part::Member(decoder) => Some(decoder.get_mut()),
            Part::Padding(stored) => Some(stored),
            Part::Between => None,
        }
    }

    pub(crate) fn into_stored(self) -> Option<R> {
        match self.part {
            Part::Member(decoder) => Some(decoder.into_inner().into_inner()),
            Part::Padding(stored) => Some(stored.into_inner()),
            Part::Between => None,
        }
    }

    /// Goes on behind a member: to the next one, or over padding; `false` at the end of the stream.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        let Some(stored) = self.paced() else { return Poll::Ready(Ok(false)) };
        let is_padding = match ready!(Pin::new(stored).poll_fill_buf(cx))? {
            [] => return Poll::Ready(Ok(false)),
            [first, ..] => *first == 0,
        };
        if let Part::Member(decoder) = std::mem::replace(&mut self.part, Part::Between) {
            let stored = decoder.into_inner();
            self.part = if is_padding {
                Part::Padding(stored)
            } else {
                Part::Member(GzipDecoder::new(stored))
            };
        }
        Poll::Ready(Ok(true))
    }

    fn poll_padding(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Part::Padding(stored) = &mut self.part {
            let chunk = ready!(Pin::new(&mut *stored).poll_fill_buf(cx))?;
            if chunk.is_empty() {
                break;
            }
            if chunk.iter().any(|&byte| byte != 0) {
                let text = "what stands behind the last member is neither another nor zeros only";
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, text)));
            }
            let count = chunk.len();
            self.padding = self.padding.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
            Pin::new(&mut *stored).consume(count);
            // Passing over zeros costs no more than reading them did.
            stored.progressed();
        }
        Poll::Ready(Ok(()))
    }
}

impl<R: AsyncBufRead + Unpin> AsyncRead for GzipMembers<R> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            let Part::Member(decoder) = &mut this.part else {
                return this.poll_padding(cx);
            };
            let before = buf.filled().len();
            ready!(Pin::new(decoder).poll_read(cx, buf))?;
            if buf.filled().len() > before || buf.remaining() == 0 {
                return Poll::Ready(Ok(()));
            }
            if !ready!(this.poll_next(cx))? {
                return Poll::Ready(Ok(()));
            }
        }
    }
}
