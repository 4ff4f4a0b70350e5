//! Images in memory and on disk, opened, and layers read to their end.

use std::collections::HashMap;
use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use cutaway_fixtures::{FixtureImage, FixtureIndex, Layout, image};
use cutaway_model::source::{self, Archive, Directory, Files, Form, Members, Passed, Selector};
use cutaway_model::{
    BlobStream, Blobs, Class, Decoded, Descriptor, Error, Image, Layer, Limits, Stored,
};
use cutaway_ref::{Digest, Platform};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt as _, BufReader};

/// An image of every compression, with a step without a layer and one layer twice.
pub(crate) fn sample() -> FixtureImage {
    image(
        r#"
layer gzip members=2 created_by="ADD rootfs.tar /"
  etc/ 0755
  etc/alpine-release 0644 "3.18.0\n"
  usr/lib/fill 0644 zeros=300000
step "ENV A=b"
layer zstd frames=2 skippable created_by="RUN rm"
  etc/.wh.alpine-release
layer plain created_by="COPY b /"
  b 0644 "x"
layer gzip members=2 created_by="ADD rootfs.tar /"
  etc/ 0755
  etc/alpine-release 0644 "3.18.0\n"
  usr/lib/fill 0644 zeros=300000
"#,
    )
}

pub(crate) fn amd64() -> Platform {
    Platform::linux("amd64")
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// Blobs in memory, which count how often they are opened.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) blobs: HashMap<String, Vec<u8>>,
    pub(crate) opened: AtomicUsize,
}

impl Memory {
    pub(crate) fn of(image: &FixtureImage) -> Self {
        Self::default().with(image)
    }

    pub(crate) fn with(mut self, image: &FixtureImage) -> Self {
        for blob in image.blobs().chain([&image.manifest]) {
            // The first one wins, as in a layout.
            self.blobs.entry(blob.digest.to_string()).or_insert_with(|| blob.bytes.to_vec());
        }
        self
    }

    pub(crate) fn of_index(index: &FixtureIndex) -> Self {
        let mut memory = index
            .all_images()
            .into_iter()
            .fold(Self::default(), |memory, image| memory.with(image));
        for blob in index.all_documents() {
            memory.blobs.insert(blob.digest.to_string(), blob.bytes.to_vec());
        }
        memory
    }

    pub(crate) fn put(&mut self, media_type: &str, bytes: &[u8]) -> Descriptor {
        let digest = Digest::sha256(bytes);
        self.blobs.insert(digest.to_string(), bytes.to_vec());
        Descriptor::new(media_type, digest, bytes.len().try_into().unwrap())
    }
}

#[async_trait]
impl Blobs for Memory {
    async fn open(&self, blob: &Descriptor) -> Result<BlobStream, Error> {
        self.opened.fetch_add(1, Ordering::Relaxed);
        match self.blobs.get(blob.digest.as_str()) {
            Some(bytes) => Ok(Box::new(Cursor::new(bytes.clone()))),
            None => Err(Error::Missing { what: blob.digest.to_string() }),
        }
    }
}

/// Returns the descriptor of a blob as its claims have it.
pub(crate) fn descriptor(blob: &cutaway_fixtures::Blob) -> Descriptor {
    Descriptor::new(blob.media_type.as_str(), blob.digest.clone(), blob.size)
}

/// Opens the image that a descriptor in memory points to.
pub(crate) fn open_memory(memory: Memory, root: Descriptor) -> Result<Image, Error> {
    open_limited(memory, root, &Limits::default())
}

pub(crate) fn open_limited(
    memory: Memory,
    root: Descriptor,
    limits: &Limits,
) -> Result<Image, Error> {
    block_on(cutaway_model::open(Arc::new(memory), root, None, &amd64(), limits))
}

/// Opens a fixture image from memory.
pub(crate) fn open_image(image: &FixtureImage) -> Result<Image, Error> {
    open_memory(Memory::of(image), descriptor(&image.manifest))
}

/// Files on disk that are there as long as this is.
#[derive(Debug)]
pub(crate) struct OnDisk {
    pub(crate) files: Arc<dyn Files>,
    pub(crate) directory: TempDir,
}

impl OnDisk {
    pub(crate) fn layout(layout: &Layout) -> Self {
        let directory = tempfile::tempdir().unwrap();
        layout.write_dir(directory.path()).unwrap();
        Self { files: Arc::new(Directory::new(directory.path())), directory }
    }

    pub(crate) fn archive(bytes: &[u8]) -> Result<Self, Error> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("image.tar");
        std::fs::write(&path, bytes).unwrap();
        let files = Arc::new(Archive::open(&path, &Limits::default())?);
        Ok(Self { files, directory })
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn open(&self, selector: &str) -> Result<Image, Error> {
        self.open_for(selector, &amd64())
    }

    pub(crate) fn open_for(&self, selector: &str, platform: &Platform) -> Result<Image, Error> {
        open_files(&self.files, selector, platform)
    }
}

/// Opens an image among files, in whichever form they are.
pub(crate) fn open_files(
    files: &Arc<dyn Files>,
    selector: &str,
    platform: &Platform,
) -> Result<Image, Error> {
    let form = Form::of(files.as_ref())?;
    open_form(files, form, selector, platform)
}

pub(crate) fn open_form(
    files: &Arc<dyn Files>,
    form: Form,
    selector: &str,
    platform: &Platform,
) -> Result<Image, Error> {
    let selector = Selector::parse(selector)?;
    block_on(source::open(Arc::clone(files), form, &selector, platform, &Limits::default()))
}

/// An archive that has passed by: its documents, and the bytes of every other member.
pub(crate) struct PassedBy {
    pub(crate) files: Arc<dyn Files>,
    pub(crate) members: HashMap<String, Vec<u8>>,
}

/// Lets an archive pass as a scan does, `chunk` bytes at a time, compressed or not.
pub(crate) fn pass(archive: &[u8], chunk: usize) -> Result<PassedBy, Error> {
    block_on(async {
        let limits = Limits::default();
        let decoded = Decoded::open(archive, "standard input", &limits).await?;
        let stream = BufReader::with_capacity(chunk, decoded);
        let mut members = Members::new(stream, "standard input", &limits);
        let mut passed = Passed::new("standard input");
        let mut others = HashMap::new();
        while let Some(member) = members.next().await? {
            if let Some(target) = member.link {
                passed.link(member.name, target);
                continue;
            }
            let mut bytes = Vec::new();
            members.read(&mut bytes, usize::MAX).await?;
            assert_eq!(u64::try_from(bytes.len()).unwrap(), member.size, "{}", member.name);
            if matches!(bytes.first(), Some(b'{' | b'[')) {
                passed.document(member.name, bytes)?;
            } else {
                passed.other(member.name.clone(), member.size);
                others.insert(member.name, bytes);
            }
        }
        Ok(PassedBy { files: Arc::new(passed), members: others })
    })
}

/// Reads a stream to its end.
pub(crate) async fn drain(mut reader: impl AsyncRead + Unpin) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).await.map(|_| bytes)
}

/// Returns the stored bytes of a layer, verified.
pub(crate) fn stored(layer: &Layer) -> Result<(Vec<u8>, Stored), Error> {
    block_on(async {
        let stream = layer.compressed().await?;
        let outcome = stream.outcome();
        let bytes = drain(stream).await.map_err(|error| Error::from_io(error, "test"))?;
        Ok((bytes, outcome.stored().unwrap().clone()))
    })
}

/// Returns the tar of a layer, verified.
pub(crate) fn unpacked(layer: &Layer) -> Result<Vec<u8>, Error> {
    unpacked_within(layer, &Limits::default())
}

pub(crate) fn unpacked_within(layer: &Layer, limits: &Limits) -> Result<Vec<u8>, Error> {
    block_on(async {
        let stream = layer.uncompressed(limits).await?;
        drain(stream).await.map_err(|error| Error::from_io(error, "test"))
    })
}

/// Opens the image and reads all its layers; the first error of any.
pub(crate) fn read_all(image: Result<Image, Error>) -> Result<Image, Error> {
    let image = image?;
    for layer in image.layers() {
        unpacked(layer)?;
    }
    Ok(image)
}

/// Checks the laws of every message, and that it says `words` and blames `class`.
#[track_caller]
pub(crate) fn assert_error<T>(result: Result<T, Error>, class: Class, words: &[&str]) {
    let Err(error) = result else { panic!("no error, wanted one that says {words:?}") };
    let text = error.to_string();
    assert_eq!(error.class(), class, "{text}");
    assert!(text.len() <= 1024, "{} bytes: {text}", text.len());
    assert!(!text.chars().any(char::is_control), "{text:?}");
    for word in words {
        assert!(text.contains(word), "{word:?} is not in: {text}");
    }
}

/// Returns bytes as base64 (RFC 4648, 4).
pub(crate) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let [a, b, c] = [0, 1, 2].map(|at| u32::from(group.get(at).copied().unwrap_or(0)));
        let bits = (a << 16) | (b << 8) | c;
        for at in 0..4usize {
            let index = usize::try_from((bits >> (18 - 6 * at)) & 63).unwrap();
            text.push(if at <= group.len() { char::from(ALPHABET[index]) } else { '=' });
        }
    }
    text
}
