//! Fixture images as the model opens them, from memory, with an eye on what is read.

use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use cutaway_files::{Finding, Fingerprints, Limits, Outcome, Search, View, search};
use cutaway_fixtures::{FixtureImage, image};
use cutaway_model::{BlobStream, Blobs, Descriptor, Error, Image, MediaType};
use cutaway_read::{Input, Options};
use cutaway_ref::Platform;
use tokio::io::{AsyncRead, BufReader, ReadBuf};

/// Blobs in memory, each with a count of the bytes that were read of it.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    blobs: BTreeMap<String, Vec<u8>>,
    read: Mutex<BTreeMap<String, Arc<AtomicU64>>>,
}

impl Memory {
    /// Returns the bytes that were read of a blob; none where it was not opened.
    pub(crate) fn read_of(&self, digest: &str) -> Option<u64> {
        self.read.lock().unwrap().get(digest).map(|count| count.load(Ordering::Relaxed))
    }
}

#[async_trait::async_trait]
impl Blobs for Memory {
    async fn open(&self, blob: &Descriptor) -> Result<BlobStream, Error> {
        let digest = blob.digest.to_string();
        let bytes =
            self.blobs.get(&digest).ok_or_else(|| Error::Missing { what: digest.clone() })?.clone();
        let count = Arc::clone(self.read.lock().unwrap().entry(digest).or_default());
        let counted = Counted { bytes: io::Cursor::new(bytes), count };
        Ok(Box::new(BufReader::with_capacity(16 << 10, counted)))
    }
}

struct Counted {
    bytes: io::Cursor<Vec<u8>>,
    count: Arc<AtomicU64>,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.bytes).poll_read(cx, buf);
        let fresh = buf.filled().len() - before;
        self.count.fetch_add(u64::try_from(fresh).unwrap(), Ordering::Relaxed);
        polled
    }
}

/// An image in memory.
pub(crate) struct Held {
    pub(crate) image: Image,
    pub(crate) memory: Arc<Memory>,
    pub(crate) fixture: FixtureImage,
}

impl Held {
    pub(crate) async fn of_text(text: &str) -> Self {
        Self::of(image(text)).await
    }

    pub(crate) async fn of(fixture: FixtureImage) -> Self {
        let blobs = fixture.blobs().chain([&fixture.manifest]);
        let blobs = blobs.map(|blob| (blob.digest.to_string(), blob.bytes.to_vec())).collect();
        let memory = Arc::new(Memory { blobs, ..Memory::default() });
        let size = u64::try_from(fixture.manifest.bytes.len()).unwrap();
        let root = Descriptor::new(MediaType::OCI_MANIFEST, fixture.digest().clone(), size);
        let (blobs, options): (Arc<dyn Blobs>, _) = (memory.clone(), options());
        let platform = Platform::linux("amd64");
        let image =
            cutaway_model::open(blobs, root, None, &platform, &options.limits.model).await.unwrap();
        Self { image, memory, fixture }
    }

    /// Searches, following links and wanting bytes.
    pub(crate) async fn cat(&self, path: &str) -> (Result<Finding, cutaway_files::Error>, Vec<u8>) {
        let wanted = Search {
            path: path.as_bytes(),
            follow: true,
            content: true,
            verify: false,
            spare: 100_000,
        };
        self.search(wanted, &Limits::default()).await
    }

    pub(crate) async fn search(
        &self,
        wanted: Search<'_>,
        limits: &Limits,
    ) -> (Result<Finding, cutaway_files::Error>, Vec<u8>) {
        let mut bytes = Vec::new();
        let found = search(self.input(), &wanted, limits, &options(), &mut bytes).await;
        (found.map(|(_, finding)| finding), bytes)
    }

    pub(crate) async fn view(&self) -> View {
        self.view_from(0, None).await
    }

    /// Reads the layers from `first` on.
    pub(crate) async fn view_from(&self, first: usize, key: Option<Fingerprints>) -> View {
        View::read(self.input(), first, key, &options()).await.unwrap().1
    }

    fn input(&self) -> Input {
        Input::from(self.image.clone())
    }

    /// Returns the bytes that were read of a layer; none where it was not opened.
    pub(crate) fn read_of(&self, layer: usize) -> Option<u64> {
        self.memory.read_of(self.fixture.layers[layer].blob.digest.as_str())
    }

    /// Returns which layers were opened.
    pub(crate) fn opened(&self) -> Vec<usize> {
        (0..self.image.layers().len()).filter(|layer| self.read_of(*layer).is_some()).collect()
    }
}

pub(crate) fn options() -> Options {
    let mut options = Options::new(Default::default());
    options.limits.layers_in_flight = 3;
    options
}

/// Returns bytes that no compression makes smaller.
pub(crate) fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut bytes = Vec::with_capacity(count);
    while bytes.len() < count {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes.truncate(count);
    bytes
}

/// Returns what was found in one line.
pub(crate) fn told(finding: &Finding) -> String {
    match &finding.outcome {
        Outcome::Found(thing) => {
            format!("{} {:?} layer {}", thing.path, thing.meta.kind, thing.layer)
        }
        Outcome::Absent(absent) => format!("no {}: {:?}", absent.path, absent.why),
    }
}
