//! Blobs in memory, with an eye on what is opened and what may be had elsewhere.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use cutaway_fixtures::FixtureImage;
use cutaway_layerfs::{EntryPath, Meta, Visitor};
use cutaway_model::{BlobStream, Blobs, Descriptor, Error, Image, MediaType};
use cutaway_read::{LayerReader, Limits, Options, Progress};
use cutaway_ref::Platform;
use tokio::io::{AsyncRead, BufReader, ReadBuf};

/// Blobs by digest. Of one that is had in several places, the first is given until its bytes are called bad.
#[derive(Debug)]
pub(crate) struct Memory {
    places: Mutex<BTreeMap<String, VecDeque<Vec<u8>>>>,
    opened: Mutex<Vec<String>>,
    open: Arc<AtomicUsize>,
    most: AtomicUsize,
    /// How many bytes are read at once.
    piece: usize,
    /// Blobs that never come to their end.
    endless: Mutex<Vec<String>>,
}

impl Memory {
    /// Returns the digests that were opened, in order.
    pub(crate) fn opened(&self) -> Vec<String> {
        self.opened.lock().unwrap().clone()
    }

    /// Returns how many streams are open now.
    pub(crate) fn open_now(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    /// Returns how many streams were open at once.
    pub(crate) fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }

    /// Puts other bytes in front of those that are had of a blob.
    pub(crate) fn bad_first(&self, digest: &str, bytes: Vec<u8>) {
        self.places.lock().unwrap().get_mut(digest).unwrap().push_front(bytes);
    }

    /// Lets a blob never come to its end.
    pub(crate) fn never_end(&self, digest: &str) {
        self.endless.lock().unwrap().push(digest.to_owned());
    }
}

#[async_trait::async_trait]
impl Blobs for Memory {
    async fn open(&self, blob: &Descriptor) -> Result<BlobStream, Error> {
        let digest = blob.digest.to_string();
        let places = self.places.lock().unwrap();
        let bytes = places.get(&digest).and_then(|places| places.front()).cloned();
        let bytes = bytes.ok_or_else(|| Error::Missing { what: digest.clone() })?;
        let endless = self.endless.lock().unwrap().contains(&digest);
        self.opened.lock().unwrap().push(digest);
        let now = self.open.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        let counted =
            Counted { bytes: io::Cursor::new(bytes), endless, open: Arc::clone(&self.open) };
        Ok(Box::new(BufReader::with_capacity(self.piece, counted)))
    }

    async fn report_bad_bytes(&self, blob: &Descriptor) -> bool {
        let mut places = self.places.lock().unwrap();
        let places = places.get_mut(blob.digest.as_str()).unwrap();
        places.len() > 1 && places.pop_front().is_some()
    }
}

struct Counted {
    bytes: io::Cursor<Vec<u8>>,
    endless: bool,
    open: Arc<AtomicUsize>,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.bytes).poll_read(cx, buf);
        if self.endless && buf.filled().len() == before { Poll::Pending } else { polled }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::SeqCst);
    }
}

/// An image in memory.
pub(crate) struct Held {
    pub(crate) image: Image,
    pub(crate) memory: Arc<Memory>,
    pub(crate) fixture: FixtureImage,
}

impl Held {
    pub(crate) async fn of(fixture: FixtureImage) -> Self {
        Self::in_pieces(fixture, 16 << 10).await
    }

    /// Opens an image whose stored bytes come `piece` at a time.
    pub(crate) async fn in_pieces(fixture: FixtureImage, piece: usize) -> Self {
        let blobs = fixture.blobs().chain([&fixture.manifest]);
        let places =
            blobs.map(|blob| (blob.digest.to_string(), VecDeque::from([blob.bytes.to_vec()])));
        let memory = Arc::new(Memory {
            places: Mutex::new(places.collect()),
            opened: Mutex::default(),
            open: Arc::default(),
            most: AtomicUsize::new(0),
            piece,
            endless: Mutex::default(),
        });
        let size = u64::try_from(fixture.manifest.bytes.len()).unwrap();
        let root = Descriptor::new(MediaType::OCI_MANIFEST, fixture.digest().clone(), size);
        let blobs: Arc<dyn Blobs> = memory.clone();
        let (platform, limits) = (Platform::linux("amd64"), Limits::default());
        let image = cutaway_model::open(blobs, root, None, &platform, &limits.model).await.unwrap();
        memory.opened.lock().unwrap().clear();
        memory.most.store(0, Ordering::SeqCst);
        Self { image, memory, fixture }
    }

    /// Returns the digest of the stored bytes of a layer.
    pub(crate) fn digest(&self, layer: usize) -> String {
        self.fixture.layers[layer].blob.digest.to_string()
    }
}

/// Reads at most `in_flight` layers at once.
pub(crate) fn options(in_flight: usize) -> Options {
    let mut limits = Limits::default();
    limits.layers_in_flight = in_flight;
    Options::new(limits)
}

/// Keeps the stored bytes and the names of a layer, and may stop at its first pause behind a name.
#[derive(Debug, Default)]
pub(crate) struct Record {
    pub(crate) stored: Vec<u8>,
    pub(crate) names: Vec<String>,
    pub(crate) stops: bool,
}

impl Visitor for Record {
    fn entry(&mut self, _: u32, path: &EntryPath, _: &Meta) -> bool {
        self.names.push(path.to_string());
        false
    }
    fn data(&mut self, _: &[u8]) {}
    fn hole(&mut self, _: u64) {}
    fn end(&mut self) {}
}

impl LayerReader for Record {
    type Out = Self;

    async fn pause(&mut self, _: Progress) -> ControlFlow<()> {
        if self.stops && !self.names.is_empty() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn stored(&mut self, bytes: &[u8]) {
        self.stored.extend_from_slice(bytes);
    }

    async fn finish(self) -> Self {
        self
    }
}

/// Returns bytes that no compression makes smaller.
pub(crate) fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut bytes = Vec::with_capacity(count + 8);
    while bytes.len() < count {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes.truncate(count);
    bytes
}
