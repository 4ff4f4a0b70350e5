//! How many bytes of files wait for their analyzers, of all layers of a run.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cutaway_analyze::PickedFile;

/// The bytes of files that are held, and how many may be: the limit `pending_bytes`. Clones count together.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    now: Arc<AtomicU64>,
    max: u64,
}

/// A file that counts for as long as it is held.
#[derive(Debug)]
pub(crate) struct Waiting {
    file: PickedFile,
    bytes: u64,
    now: Arc<AtomicU64>,
}

impl Pending {
    pub(crate) fn new(max: u64) -> Self {
        Self { now: Arc::default(), max }
    }

    /// Returns whether so many bytes have to wait until others are let go of. Whatever a file has, there
    /// is room for it where it is alone.
    pub(crate) fn is_over(&self, more: u64) -> bool {
        let now = self.now.load(Ordering::Relaxed);
        now > 0 && now.saturating_add(more) > self.max
    }

    /// Counts a file.
    pub(crate) fn hold(&self, file: PickedFile) -> Waiting {
        let bytes = file.held().len();
        self.now.fetch_add(bytes, Ordering::Relaxed);
        Waiting { file, bytes, now: Arc::clone(&self.now) }
    }
}

impl Deref for Waiting {
    type Target = PickedFile;

    fn deref(&self) -> &PickedFile {
        &self.file
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.now.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
