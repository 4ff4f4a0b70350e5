//! A member of an archive that leaves zeros out (GNU and PAX sparse files), as the bytes that it stands for.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use cutaway_tar::{Reader, Step};
use tokio::io::{AsyncBufRead, AsyncRead, ReadBuf};

use super::file::FileRange;
use crate::error::of_tar;
use crate::poll_read_buffered;

/// How many zeros are made at once.
const CHUNK: u64 = 64 << 10;

/// The bytes of one sparse member: what its headers and regions say, read once more from the first header on.
///
/// What reads it bounds how many bytes it takes, as of any stream.
#[derive(Debug)]
pub(super) struct Sparse {
    stored: FileRange,
    what: String,
    reader: Reader,
    /// Zeros that come next.
    hole: u64,
    chunk: Vec<u8>,
    consumed: usize,
    done: bool,
}

impl Sparse {
    /// Wraps what the archive holds of a member, headers included; errors call it `what`.
    pub(super) fn new(stored: FileRange, what: String, limits: cutaway_tar::Limits) -> Self {
        let (reader, chunk) = (Reader::new(limits), Vec::new());
        Self { stored, what, reader, hole: 0, chunk, consumed: 0, done: false }
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.consumed >= self.chunk.len() && !self.done {
            self.chunk.clear();
            self.consumed = 0;
            if self.hole > 0 {
                let zeros = self.hole.min(CHUNK);
                self.hole = self.hole.saturating_sub(zeros);
                self.chunk.resize(usize::try_from(zeros).unwrap_or_default(), 0);
                break;
            }
            let input = ready!(Pin::new(&mut self.stored).poll_fill_buf(cx))?;
            let (length, mut rest) = (input.len(), input);
            match self.reader.step(&mut rest).map_err(|error| of_tar(&error, &self.what))? {
                Step::Data(data) => self.chunk.extend_from_slice(data),
                Step::Hole(zeros) => self.hole = zeros,
                Step::EndEntry | Step::EndOfArchive => self.done = true,
                // What is stored ends with the last region, without its padding.
                Step::NeedInput => self.done = length == 0,
                Step::Entry(_) | Step::Warning(_) | Step::GlobalHeader(_) => {}
            }
            let used = length.saturating_sub(rest.len());
            Pin::new(&mut self.stored).consume(used);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncBufRead for Sparse {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        ready!(this.poll_chunk(cx))?;
        Poll::Ready(Ok(this.chunk.get(this.consumed..).unwrap_or_default()))
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        let this = self.get_mut();
        this.consumed = this.consumed.saturating_add(amount).min(this.chunk.len());
    }
}

impl AsyncRead for Sparse {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        poll_read_buffered(self, cx, buf)
    }
}
