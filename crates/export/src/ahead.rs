//! Blobs that are read before they are asked for, where they are written one after the other.
//!
//! While one blob is written, the next ones are on their way. What is held of them is bounded:
//! [`AHEAD`] blobs of at most [`PIECES`] pieces each.

use std::collections::VecDeque;
use std::io::{self, Cursor};
use std::sync::Arc;

use async_trait::async_trait;
use cutaway_model::{BlobStream, Blobs, Descriptor, Error};
use cutaway_ref::Digest;
use futures_util::stream;
use tokio::io::AsyncReadExt as _;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;
use tokio_util::io::StreamReader;

/// How many blobs are on their way behind the one that is written.
const AHEAD: usize = 3;
/// How many pieces of a blob are held: 4 MiB.
const PIECES: usize = 16;
/// How many bytes are a piece.
const CHUNK: usize = 256 << 10;

/// Blobs of another place, those of a list ahead of their time.
#[derive(Debug)]
pub(crate) struct Ahead {
    blobs: Arc<dyn Blobs>,
    opened: Mutex<Opened>,
}

/// What was opened, in the order of the list.
#[derive(Debug)]
struct Opened {
    coming: mpsc::Receiver<Result<Lane, Error>>,
    /// Whose they are, those that still come.
    list: VecDeque<Digest>,
    /// Opens one after the other, so that none that is wanted later takes the place of one that is
    /// wanted first.
    _opener: Ending,
}

/// A task that ends with whoever waits for it.
#[derive(Debug)]
struct Ending(JoinHandle<()>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A blob on its way.
#[derive(Debug)]
struct Lane {
    pieces: mpsc::Receiver<io::Result<Cursor<Vec<u8>>>>,
    reading: Ending,
}

impl Ahead {
    /// Starts to read the blobs of `list`, which are then opened in this order. Wants a tokio runtime.
    pub(crate) fn new(blobs: Arc<dyn Blobs>, list: Vec<Descriptor>) -> Self {
        let (ready, coming) = mpsc::channel(AHEAD);
        let digests = list.iter().map(|blob| blob.digest.clone()).collect();
        let opener = tokio::spawn(open(Arc::clone(&blobs), list, ready));
        Self {
            blobs,
            opened: Mutex::new(Opened { coming, list: digests, _opener: Ending(opener) }),
        }
    }
}

#[async_trait]
impl Blobs for Ahead {
    async fn open(&self, blob: &Descriptor) -> Result<BlobStream, Error> {
        let mut opened = self.opened.lock().await;
        // What is asked for a second time, or never was on the list, takes no other one's place.
        let Some(passed_over) = opened.list.iter().position(|digest| *digest == blob.digest) else {
            drop(opened);
            return self.blobs.open(blob).await;
        };
        for _ in 0..passed_over {
            opened.list.pop_front();
            opened.coming.recv().await;
        }
        opened.list.pop_front();
        match opened.coming.recv().await {
            Some(lane) => lane.map(Lane::into_stream),
            None => self.blobs.open(blob).await,
        }
    }

    async fn resume(&self, blob: &Descriptor, from: u64) -> Result<Option<BlobStream>, Error> {
        self.blobs.resume(blob, from).await
    }

    async fn stat(&self, blob: &Descriptor) -> Result<Option<u64>, Error> {
        self.blobs.stat(blob).await
    }

    fn streams_at_once(&self) -> Option<usize> {
        self.blobs.streams_at_once()
    }

    async fn report_bad_bytes(&self, blob: &Descriptor) -> bool {
        self.blobs.report_bad_bytes(blob).await
    }
}

/// Opens blobs in their order, as long as somebody takes them.
async fn open(
    blobs: Arc<dyn Blobs>,
    list: Vec<Descriptor>,
    ready: mpsc::Sender<Result<Lane, Error>>,
) {
    for blob in list {
        // Not before there is room for it: an open blob is a request on its way.
        let Ok(room) = ready.reserve().await else { return };
        let lane = blobs.open(&blob).await.map(Lane::new);
        room.send(lane);
    }
}

impl Lane {
    fn new(stream: BlobStream) -> Self {
        let (full, pieces) = mpsc::channel(PIECES);
        Self { pieces, reading: Ending(tokio::spawn(read(stream, full))) }
    }

    fn into_stream(self) -> BlobStream {
        let Self { mut pieces, reading } = self;
        Box::new(StreamReader::new(stream::poll_fn(move |cx| {
            let _ends_with_its_reader = &reading;
            pieces.poll_recv(cx)
        })))
    }
}

/// Reads a blob to its end, as long as somebody takes its pieces.
async fn read(mut stream: BlobStream, full: mpsc::Sender<io::Result<Cursor<Vec<u8>>>>) {
    let room = u64::try_from(CHUNK).unwrap_or(u64::MAX);
    loop {
        let mut piece = Vec::with_capacity(CHUNK);
        let mut read = Ok(0);
        while piece.len() < CHUNK {
            let left = room.saturating_sub(u64::try_from(piece.len()).unwrap_or(room));
            read = (&mut stream).take(left).read_buf(&mut piece).await;
            if !matches!(read, Ok(1..)) {
                break;
            }
        }
        if !piece.is_empty() && full.send(Ok(Cursor::new(piece))).await.is_err() {
            return;
        }
        match read {
            Ok(1..) => {}
            Ok(0) => return,
            Err(error) => {
                // Whoever is gone wants no error either.
                let _ = full.send(Err(error)).await;
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Blobs of a million bytes each, which count how many were opened.
    #[derive(Debug, Default)]
    struct Many {
        opened: AtomicUsize,
    }

    #[async_trait]
    impl Blobs for Many {
        async fn open(&self, blob: &Descriptor) -> Result<BlobStream, Error> {
            self.opened.fetch_add(1, Ordering::Relaxed);
            match blob.media_type.as_str() {
                "gone" => Err(Error::Missing { what: blob.digest.to_string() }),
                text => Ok(Box::new(Cursor::new(text.repeat(1_000_000).into_bytes()))),
            }
        }
    }

    fn list(texts: &[&str]) -> Vec<Descriptor> {
        let of = |text: &&str| Descriptor::new(*text, Digest::sha256(text.as_bytes()), 1_000_000);
        texts.iter().map(of).collect()
    }

    async fn read(blobs: &Ahead, blob: &Descriptor) -> Result<String, Error> {
        let mut text = String::new();
        blobs.open(blob).await?.read_to_string(&mut text).await.unwrap();
        Ok(text)
    }

    #[tokio::test]
    async fn each_blob_is_opened_once_and_few_ahead() {
        let many = Arc::new(Many::default());
        let list = list(&["a", "b", "gone", "d", "e", "f", "g"]);
        let ahead = Ahead::new(many.clone(), list.clone());
        for (number, blob) in list.iter().enumerate() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            let opened = many.opened.load(Ordering::Relaxed);
            assert_eq!(opened, list.len().min(number + AHEAD), "at {number}");
            match read(&ahead, blob).await {
                Ok(text) => assert!(text == blob.media_type.as_str().repeat(1_000_000)),
                Err(error) => {
                    assert_eq!((number, error.to_string().contains("missing")), (2, true));
                }
            }
        }
        // What is asked for again is opened again.
        assert_eq!(read(&ahead, &list[0]).await.unwrap().len(), 1_000_000);
        assert_eq!(many.opened.load(Ordering::Relaxed), list.len() + 1);
    }

    #[tokio::test]
    async fn what_is_asked_for_again_or_left_out_takes_no_others_place() {
        let many = Arc::new(Many::default());
        let list = list(&["a", "b", "c", "d", "e"]);
        let ahead = Ahead::new(many.clone(), list.clone());
        // The first twice, the third not at all.
        for number in [0, 0, 1, 3, 4] {
            let text = read(&ahead, &list[number]).await.unwrap();
            assert_eq!(text, list[number].media_type.as_str().repeat(1_000_000));
        }
        assert_eq!(many.opened.load(Ordering::Relaxed), list.len() + 1);
    }
}
