//! A bounded lane of buffers between the task that decodes and the task that walks.
//!
//! Buffers go back to be filled again, so that a layer is read with a handful of allocations.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use cutaway_model::poll_read_buffered;
use tokio::io::{AsyncBufRead, AsyncRead, AsyncReadExt as _, ReadBuf};
use tokio::sync::mpsc;

/// How many bytes go over at once.
pub(crate) const CHUNK: usize = 256 << 10;
/// How many buffers a lane has, and of a long one how many are kept to be filled again.
const BUFFERS: usize = 4;
/// How many full buffers wait in a long lane.
const LONG: usize = 32;

/// The end that fills buffers.
#[derive(Debug)]
pub(crate) struct Filler {
    empty: mpsc::Receiver<Vec<u8>>,
    full: mpsc::Sender<Vec<u8>>,
    /// Whether a buffer is made where none is empty.
    is_long: bool,
}

/// The end that empties them.
#[derive(Debug)]
pub(crate) struct Drainer {
    empty: mpsc::Sender<Vec<u8>>,
    full: mpsc::Receiver<Vec<u8>>,
}

/// Makes a lane.
pub(crate) fn lane() -> (Filler, Drainer) {
    let (filler, drainer) = of_length(BUFFERS);
    for _ in 0..BUFFERS {
        // The channel holds just as many, so this cannot fail.
        let _ = drainer.empty.try_send(Vec::new());
    }
    (filler, drainer)
}

/// Makes a lane that holds 8 MiB where nobody takes them. Where somebody does, few buffers go round, so
/// that they stay in the caches.
pub(crate) fn long_lane() -> (Filler, Drainer) {
    of_length(LONG)
}

fn of_length(length: usize) -> (Filler, Drainer) {
    let (give_empty, empty) = mpsc::channel(BUFFERS);
    let (full, take_full) = mpsc::channel(length);
    let is_long = length > BUFFERS;
    (Filler { empty, full, is_long }, Drainer { empty: give_empty, full: take_full })
}

impl Filler {
    /// Sends everything that `reader` has. Ends early where the other end is gone.
    pub(crate) async fn pump(&mut self, reader: &mut (impl AsyncRead + Unpin)) -> io::Result<()> {
        while let Some(mut buffer) = self.buffer().await {
            // Reserved here and not at the start, so that a small layer costs a small buffer's pages only.
            buffer.reserve_exact(CHUNK);
            while buffer.len() < CHUNK {
                let room = u64::try_from(CHUNK.saturating_sub(buffer.len())).unwrap_or(u64::MAX);
                match (&mut *reader).take(room).read_buf(&mut buffer).await {
                    Ok(0) => break,
                    Ok(_) => {}
                    Err(error) => {
                        // What came before may tell what this was meant to be.
                        if !buffer.is_empty() {
                            let _ = self.full.send(buffer).await;
                        }
                        return Err(error);
                    }
                }
            }
            if buffer.is_empty() || self.full.send(buffer).await.is_err() {
                break;
            }
        }
        Ok(())
    }

    /// Returns an empty buffer; `None` where the other end is gone.
    pub(crate) async fn buffer(&mut self) -> Option<Vec<u8>> {
        let mut buffer = match self.empty.try_recv() {
            Ok(buffer) => buffer,
            // That there are not too many is for the full ones to bound.
            Err(_) if self.is_long => Vec::new(),
            Err(_) => self.empty.recv().await?,
        };
        buffer.clear();
        Some(buffer)
    }

    /// Returns an empty buffer when there is one; none where the other end is gone.
    pub(crate) fn poll_buffer(&mut self, cx: &mut Context<'_>) -> Poll<Option<Vec<u8>>> {
        let buffer = ready!(self.empty.poll_recv(cx));
        Poll::Ready(buffer.map(|mut buffer| {
            buffer.clear();
            buffer
        }))
    }

    /// Sends a buffer that came from [`Filler::poll_buffer`], for which there is always room.
    pub(crate) fn send_now(&mut self, buffer: Vec<u8>) {
        // Where the other end is gone, nobody wants it.
        let _ = self.full.try_send(buffer);
    }

    /// Sends a buffer that was filled; returns whether the other end is still there.
    pub(crate) async fn send(&mut self, buffer: Vec<u8>) -> bool {
        self.full.send(buffer).await.is_ok()
    }
}

impl Drainer {
    /// Returns the next full buffer; `None` where the other end has sent all or is gone.
    pub(crate) async fn next(&mut self) -> Option<Vec<u8>> {
        self.full.recv().await
    }

    /// Gives a buffer back.
    pub(crate) fn give_back(&mut self, buffer: Vec<u8>) {
        // Where the filler is gone, the buffer goes too.
        let _ = self.empty.try_send(buffer);
    }
}

/// A lane read as a stream.
#[derive(Debug)]
pub(crate) struct LaneReader {
    lane: Drainer,
    buffer: Vec<u8>,
    consumed: usize,
}

impl From<Drainer> for LaneReader {
    fn from(lane: Drainer) -> Self {
        Self { lane, buffer: Vec::new(), consumed: 0 }
    }
}

impl AsyncBufRead for LaneReader {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        if this.consumed >= this.buffer.len() {
            match ready!(this.lane.full.poll_recv(cx)) {
                Some(next) => {
                    let spent = std::mem::replace(&mut this.buffer, next);
                    if spent.capacity() > 0 {
                        this.lane.give_back(spent);
                    }
                }
                None => this.buffer.clear(),
            }
            this.consumed = 0;
        }
        Poll::Ready(Ok(this.buffer.get(this.consumed..).unwrap_or_default()))
    }

    fn consume(self: Pin<&mut Self>, amount: usize) {
        let this = self.get_mut();
        this.consumed = this.consumed.saturating_add(amount);
    }
}

impl AsyncRead for LaneReader {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        poll_read_buffered(self, cx, buf)
    }
}
