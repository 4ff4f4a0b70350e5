//! Images into an OCI layout on disk (image-layout.md).
//!
//! A blob gets its name when its size and its digest have matched, an index entry when all its blobs
//! are there. So a run that was ended at any moment leaves a valid layout, and the next one fetches
//! only what is not there yet, also of a blob whose beginning is there: that lies under a name that is
//! no blob's, is hashed again before anything is added to it, and is there until a pull into the layout
//! has ended well. One run at a time writes to a layout; a lock beside it sees to that.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use cutaway_model::{BlobStream, Claim, Descriptor, Verified};
use cutaway_ref::Algorithm;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::{Map, Value};
use tokio::io::{AsyncReadExt as _, BufReader};

use crate::contents::{Part, parts};
use crate::{Error, Item, Limits, index};

/// Where unfinished blobs lie, and the lock.
const PARTIAL: &str = ".cutaway-partial";
/// How many blobs are fetched at once.
const AT_ONCE: usize = 4;
/// How many bytes are written at once, and the most that is lost of a blob that breaks off.
const CHUNK: usize = 256 << 10;

/// What a run has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pulled {
    /// Blobs that were fetched.
    pub fetched: u64,
    /// Blobs that were there already, with the right bytes.
    pub kept: u64,
    /// Bytes that were fetched.
    pub bytes: u64,
}

/// Writes `items` into the layout at `directory`, which is made where it is missing.
///
/// Blobs that are there are read and checked, and fetched again only where they are damaged. What
/// the layout holds beside `items` stays; an entry of the same name is replaced.
///
/// # Errors
///
/// Returns what keeps an item from being read and verified, [`Error::Target`] for a directory that
/// holds something else than a layout or is being written by another run, and [`Error::Write`].
pub async fn to_layout(items: &[Item], directory: &Path, limits: &Limits) -> Result<Pulled, Error> {
    let layout = Layout::open(directory)?;
    let mut pulled = Pulled::default();
    for item in items {
        let mut ours = Vec::new();
        let mut documents = Vec::new();
        for part in parts(item, limits).await? {
            if part.bytes.is_some() { documents.push(part) } else { ours.push(part) }
        }
        let fetches: Vec<_> = ours.iter().map(|part| layout.fetch(item, part)).collect();
        let outcomes = stream::iter(fetches).buffer_unordered(AT_ONCE);
        let fetched: Vec<Option<u64>> = outcomes.try_collect().await?;
        for part in &documents {
            layout.store(part)?;
        }
        layout.enter(&item.into())?;
        for fetched in fetched {
            match fetched {
                Some(bytes) => {
                    pulled.fetched = pulled.fetched.saturating_add(1);
                    pulled.bytes = pulled.bytes.saturating_add(bytes);
                }
                None => pulled.kept = pulled.kept.saturating_add(1),
            }
        }
    }
    layout.close();
    Ok(pulled)
}

/// A layout that this run alone writes to.
pub(crate) struct Layout {
    root: PathBuf,
    partial: PathBuf,
    lock: Lock,
}

/// Held until the run ends, however it ends.
///
/// It is given back by name: a program that another thread is just starting has the file open too, for
/// as long as it takes to start.
struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Where that fails, closing it gives it back.
        let _ = self.0.unlock();
    }
}

impl Layout {
    /// Opens a layout, or makes one in an empty directory.
    pub(crate) fn open(root: &Path) -> Result<Self, Error> {
        let shown = shown(root);
        let is_new = match fs::read_dir(root) {
            Ok(mut entries) => entries.next().is_none(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => true,
            Err(error) => return Err(Error::write(shown, error)),
        };
        let partial = root.join(PARTIAL);
        if !is_new && !root.join("oci-layout").is_file() && !partial.is_dir() {
            let rule = "is not empty and holds no OCI layout".to_owned();
            return Err(Error::Target { target: shown, rule });
        }
        fs::create_dir_all(&partial).map_err(|error| Error::write(shown.as_str(), error))?;
        let path = partial.join("lock");
        let lock = File::create(&path).map_err(|error| Error::write(shown.as_str(), error))?;
        match lock.try_lock() {
            // A run that ended meanwhile may have removed it, and a third may have made another.
            Ok(()) if is_at(&lock, &path) => {}
            Ok(()) => {
                let rule = "was being written by another run".to_owned();
                return Err(Error::Target { target: shown, rule });
            }
            Err(TryLockError::WouldBlock) => {
                let rule = "is being written by another run".to_owned();
                return Err(Error::Target { target: shown, rule });
            }
            Err(TryLockError::Error(error)) => return Err(Error::write(shown, error)),
        }
        let layout = Self { root: root.to_owned(), partial, lock: Lock(lock) };
        if !root.join("oci-layout").is_file() {
            layout.place("oci-layout", index::OCI_LAYOUT)?;
        }
        if !root.join("index.json").is_file() {
            layout.place("index.json", &serialised(&index::empty()))?;
        }
        Ok(layout)
    }

    /// Fetches a blob that is not there, or the rest of it where an earlier run has left its beginning;
    /// returns how many bytes came, or `None` where it was there.
    async fn fetch(&self, item: &Item, part: &Part) -> Result<Option<u64>, Error> {
        let path = self.root.join(part.path());
        let descriptor = &part.descriptor;
        if holds(&path, part) {
            tracing::debug!(digest = %descriptor.digest, "blob is there");
            return Ok(None);
        }
        let beside = self.partial.join(descriptor.digest.encoded());
        if let Some(data) = &descriptor.data {
            let stream = Box::new(io::Cursor::new(data.clone()));
            return self.receive(stream, 0, part, &beside).await.map(Some);
        }
        let mut begun = begun(&beside, descriptor.size);
        loop {
            let rest = match begun {
                0 => None,
                begun => item.blobs.resume(descriptor, begun).await?,
            };
            let stream = match rest {
                Some(rest) => rest,
                None => {
                    begun = 0;
                    item.blobs.open(descriptor).await?
                }
            };
            match self.receive(stream, begun, part, &beside).await {
                // The fault may be that of the first part, which nobody has verified.
                Err(Error::Model(error)) if error.is_about_bytes() && begun > 0 => {
                    tracing::info!(digest = %descriptor.digest, %error, "all of it again");
                    begun = 0;
                }
                Err(Error::Model(error)) if error.is_about_bytes() => {
                    if !item.blobs.distrust(descriptor).await {
                        return Err(error.into());
                    }
                }
                received => return received.map(Some),
            }
        }
    }

    /// Writes a blob of which the first `begun` bytes are there, and gives it its name when all of it has
    /// verified; returns how many bytes came.
    async fn receive(
        &self,
        stream: BlobStream,
        begun: u64,
        part: &Part,
        beside: &Path,
    ) -> Result<u64, Error> {
        let Descriptor { digest, size, .. } = &part.descriptor;
        let what = format!("blob {digest}");
        let broken = |error| Error::write(shown(beside), error);
        let (mut file, stream): (_, BlobStream) = if begun == 0 {
            (File::create(beside).map_err(broken)?, stream)
        } else {
            // What is there goes through the hash again, and is not written again.
            let first = tokio::fs::File::open(beside).await.map_err(broken)?;
            let first = BufReader::with_capacity(CHUNK, first.take(begun));
            let file = File::options().append(true).open(beside).map_err(broken)?;
            (file, Box::new(first.chain(stream)))
        };
        let claim = Claim { digest: Some(digest.clone()), size: Some(*size) };
        let mut stream = Verified::new(stream, what.as_str(), claim)?;
        let mut chunk = Vec::with_capacity(CHUNK);
        let room = u64::try_from(CHUNK).unwrap_or(u64::MAX);
        let mut known = begun;
        loop {
            chunk.clear();
            while chunk.len() < CHUNK {
                let left = room.saturating_sub(u64::try_from(chunk.len()).unwrap_or(room));
                let read = (&mut stream).take(left).read_buf(&mut chunk).await;
                if read.map_err(|error| cutaway_model::Error::from_io(error, &what))? == 0 {
                    break;
                }
            }
            if chunk.is_empty() {
                break;
            }
            let old = usize::try_from(known).unwrap_or(usize::MAX).min(chunk.len());
            known = known.saturating_sub(u64::try_from(old).unwrap_or(u64::MAX));
            file.write_all(chunk.get(old..).unwrap_or_default()).map_err(broken)?;
        }
        self.name(&file, beside, &self.root.join(part.path()))?;
        Ok(size.saturating_sub(begun))
    }

    /// Returns where unfinished blobs lie.
    pub(crate) fn partial(&self) -> &Path {
        &self.partial
    }

    /// Gives a finished blob its name, unless it is there; returns whether it was not.
    pub(crate) fn adopt(&self, beside: &Path, part: &Part) -> Result<bool, Error> {
        let path = self.root.join(part.path());
        if holds(&path, part) {
            return Ok(false);
        }
        let file = File::open(beside).map_err(|error| Error::write(shown(beside), error))?;
        self.name(&file, beside, &path)?;
        Ok(true)
    }

    /// Writes a document, whose bytes were verified.
    pub(crate) fn store(&self, part: &Part) -> Result<(), Error> {
        let Some(bytes) = &part.bytes else { return Ok(()) };
        if holds(&self.root.join(part.path()), part) {
            return Ok(());
        }
        self.place(&part.path(), bytes)
    }

    /// Adds an image to the index.
    pub(crate) fn enter(&self, entry: &index::Entry<'_>) -> Result<(), Error> {
        let path = self.root.join("index.json");
        let bytes = fs::read(&path).map_err(|error| Error::write(shown(&path), error))?;
        let mut index: Map<String, Value> = serde_json::from_slice(&bytes).map_err(|error| {
            Error::Target { target: shown(&path), rule: format!("is no index: {error}") }
        })?;
        index::add(&mut index, entry);
        self.place("index.json", &serialised(&index))
    }

    /// Writes a file whole, or leaves what was there.
    fn place(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let beside = self.partial.join(name.rsplit('/').next().unwrap_or(name));
        let written = File::create(&beside).and_then(|mut file| {
            file.write_all(bytes)?;
            Ok(file)
        });
        let file = written.map_err(|error| Error::write(shown(&beside), error))?;
        self.name(&file, &beside, &self.root.join(name))
    }

    /// Gives a finished file its name.
    fn name(&self, file: &File, from: &Path, to: &Path) -> Result<(), Error> {
        let parent = to.parent().unwrap_or(&self.root);
        fs::create_dir_all(parent)
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::rename(from, to))
            .map_err(|error| Error::write(shown(to), error))
    }

    /// Removes what only the run needed.
    pub(crate) fn close(self) {
        // Where it cannot be removed, it is in nobody's way: no document lists it.
        let _ = fs::remove_dir_all(&self.partial);
        drop(self.lock);
    }
}

/// Tells whether an open file is the one at a path.
fn is_at(file: &File, path: &Path) -> bool {
    let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    let held = file.metadata().map(identity).ok();
    held.is_some() && held == fs::metadata(path).map(identity).ok()
}

/// Returns how many bytes of a blob of `size` an earlier run has left.
fn begun(beside: &Path, size: u64) -> u64 {
    let metadata = fs::symlink_metadata(beside).ok().filter(|metadata| metadata.is_file());
    metadata.map(|metadata| metadata.len()).filter(|length| *length < size).unwrap_or(0)
}

/// Returns whether the blob is there with the right bytes.
fn holds(path: &Path, part: &Part) -> bool {
    let Descriptor { digest, size, .. } = &part.descriptor;
    let is_it = |mut file: File| -> io::Result<bool> {
        let metadata = file.metadata()?;
        if !metadata.is_file() || metadata.len() != *size {
            return Ok(false);
        }
        let mut hasher = digest.algorithm().unwrap_or(Algorithm::Sha256).hasher();
        let mut chunk = vec![0; CHUNK];
        loop {
            let count = file.read(&mut chunk)?;
            if count == 0 {
                return Ok(hasher.finish() == *digest);
            }
            hasher.update(chunk.get(..count).unwrap_or_default());
        }
    };
    let is_regular = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file());
    is_regular && File::open(path).and_then(is_it).unwrap_or(false)
}

fn serialised(index: &Map<String, Value>) -> Vec<u8> {
    Value::Object(index.clone()).to_string().into_bytes()
}

fn shown(path: &Path) -> String {
    path.display().to_string().escape_debug().to_string()
}
