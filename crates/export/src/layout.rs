//! Images into an OCI layout on disk (image-layout.md).
//!
//! A blob gets its name when its size and its digest have matched, an index entry when all its blobs
//! are there. So a run that was ended at any moment leaves a valid layout, and the next one fetches
//! only what is not there yet, also of a blob whose beginning is there: that lies under a name that is
//! no blob's, is hashed again before anything is added to it, and is there until a pull into the layout
//! has ended well. One run at a time writes to a layout; a lock beside it sees to that.
//!
//! Nothing waits for the disk: after a power cut a blob may be shorter than its name says. Whoever reads
//! it sees that, and the next pull, which hashes what is there, fetches it again.

mod blob;
mod named;
mod upload;

use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use cutaway_model::{BlobSink, Blobs, Descriptor, ImageName, SinkError, Unnamed, Upload};
use serde_json::{Map, Value};

use crate::blocking::blocking;
use crate::index;
use named::{create, give_name, is_at, refuse_linked, shown};

/// Where unfinished blobs lie, and the lock.
const PARTIAL: &str = ".cutaway-partial";
/// How many blobs are written at once: as many as a registry is asked for at once.
const AT_ONCE: usize = 8;

/// An OCI layout that this run alone writes to.
#[derive(Debug)]
pub struct Layout {
    root: PathBuf,
    partial: PathBuf,
    lock: Lock,
    /// Held while `index.json` is read and written again.
    index: Mutex<()>,
    /// Numbers of blobs whose digest is not known yet.
    unnamed: AtomicU64,
}

/// Held until the run ends, however it ends.
///
/// It is given back by name: a program that another thread is just starting has the file open too, for
/// as long as it takes to start.
#[derive(Debug)]
struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Where that fails, closing it gives it back.
        let _ = self.0.unlock();
    }
}

impl Layout {
    /// Opens the layout at `root`, or makes one where nothing is or an empty directory.
    ///
    /// # Errors
    ///
    /// Returns [`SinkError::Target`] for a directory that holds something else than a layout or is being
    /// written by another run, and [`SinkError::Write`].
    pub fn open(root: &Path) -> Result<Self, SinkError> {
        let shown = shown(root);
        let is_new = match fs::read_dir(root) {
            Ok(mut entries) => entries.next().is_none(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => true,
            Err(error) => return Err(SinkError::write(shown, error)),
        };
        let partial = root.join(PARTIAL);
        if !is_new && !root.join("oci-layout").is_file() && !partial.is_dir() {
            return Err(SinkError::target(shown, "is not empty and holds no OCI layout"));
        }
        for linked in [PARTIAL, "blobs", "blobs/sha256", "blobs/sha512"] {
            refuse_linked(&root.join(linked))?;
        }
        fs::create_dir_all(&partial).map_err(|error| SinkError::write(shown.as_str(), error))?;
        let path = partial.join("lock");
        let lock = open_lock(&path).map_err(|error| SinkError::write(shown.as_str(), error))?;
        match lock.try_lock() {
            // A run that ended meanwhile may have removed it, and a third may have made another.
            Ok(()) if is_at(&lock, &path) => {}
            Ok(()) => return Err(SinkError::target(shown, "was being written by another run")),
            Err(TryLockError::WouldBlock) => {
                return Err(SinkError::target(shown, "is being written by another run"));
            }
            Err(TryLockError::Error(error)) => return Err(SinkError::write(shown, error)),
        }
        let layout = Self {
            root: root.to_owned(),
            partial,
            lock: Lock(lock),
            index: Mutex::default(),
            unnamed: AtomicU64::new(0),
        };
        if !root.join("oci-layout").is_file() {
            layout.place("oci-layout", index::OCI_LAYOUT)?;
        }
        if !root.join("index.json").is_file() {
            layout.place("index.json", &index::serialised(&index::empty()))?;
        }
        Ok(layout)
    }

    /// Removes what only the run needed: the lock, and the beginnings of blobs that broke off. Nothing can
    /// be put behind it.
    pub fn close(&self) {
        // Where it cannot be removed, it is in nobody's way: no document lists it.
        let _ = fs::remove_dir_all(&self.partial);
        let _ = self.lock.0.unlock();
    }

    /// Returns where a blob lies.
    fn path(&self, blob: &Descriptor) -> PathBuf {
        self.root.join(index::path(blob))
    }

    /// Adds an image to the index.
    fn enter(&self, root: &Descriptor, name: &ImageName) -> Result<(), SinkError> {
        // A run that panicked in here has left the old index or the new one.
        let _held = self.index.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let path = self.root.join("index.json");
        let mut bytes = Vec::new();
        named::open(&path, File::options().read(true))
            .and_then(|mut file| file.read_to_end(&mut bytes))
            .map_err(|error| SinkError::write(shown(&path), error))?;
        let mut index: Map<String, Value> = serde_json::from_slice(&bytes)
            .map_err(|error| SinkError::target(shown(&path), format!("is no index: {error}")))?;
        index::add(&mut index, root, name);
        self.place("index.json", &index::serialised(&index))
    }

    /// Writes a file whole, or leaves what was there.
    fn place(&self, name: &str, bytes: &[u8]) -> Result<(), SinkError> {
        let beside = self.partial.join(name.rsplit('/').next().unwrap_or(name));
        let written = create(&beside).and_then(|mut file| file.write_all(bytes));
        written.map_err(|error| SinkError::write(shown(&beside), error))?;
        give_name(&beside, &self.root.join(name))
    }
}

#[async_trait]
impl BlobSink for Layout {
    async fn has(&self, blob: &Descriptor) -> Result<bool, SinkError> {
        let (path, blob) = (self.path(blob), blob.clone());
        let held = blocking(move |stop| Ok(blob::holds(&path, &blob, stop))).await?;
        Ok(held)
    }

    async fn put(&self, blob: &Descriptor, from: &dyn Blobs) -> Result<u64, SinkError> {
        let beside = self.partial.join(blob.digest.encoded());
        blob::put(blob, from, beside, self.path(blob)).await
    }

    async fn begin(&self, _: &Unnamed) -> Result<Option<Box<dyn Upload>>, SinkError> {
        let number = self.unnamed.fetch_add(1, Ordering::Relaxed);
        let beside = self.partial.join(format!("member-{number}"));
        let upload = upload::Unfinished::create(beside, self.root.clone()).await?;
        Ok(Some(Box::new(upload)))
    }

    async fn put_manifest(
        &self,
        manifest: &Descriptor,
        raw: &[u8],
        name: Option<&ImageName>,
    ) -> Result<(), SinkError> {
        if !self.has(manifest).await? {
            self.place(&index::path(manifest), raw)?;
        }
        match name {
            Some(name) => self.enter(manifest, name),
            None => Ok(()),
        }
    }

    fn at_once(&self) -> usize {
        AT_ONCE
    }
}

/// Opens the lock, which another run may have made. Nothing is written to it.
fn open_lock(path: &Path) -> io::Result<File> {
    match File::create_new(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            named::open(path, File::options().read(true).write(true))
        }
        created => created,
    }
}
