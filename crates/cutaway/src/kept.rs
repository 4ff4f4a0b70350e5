//! What is kept on this machine between runs, in a folder.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use cutaway_cache::{Cache, Info, Key, LocalStore, Pruned, Survey};

use crate::error::Error;

/// What a client was told of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kept {
    pub(crate) off: bool,
    pub(crate) folder: Option<PathBuf>,
    pub(crate) key_file: Option<PathBuf>,
    pub(crate) opened: OnceLock<Option<LocalCache>>,
}

/// The cache of a client, in a folder of this machine.
#[derive(Debug, Clone)]
pub struct LocalCache {
    folder: PathBuf,
    store: Arc<LocalStore>,
    key: Key,
    pub(crate) cache: Cache,
}

impl LocalCache {
    pub(crate) fn open(
        folder: PathBuf,
        key_file: Option<&Path>,
        max: u64,
    ) -> Result<Self, cutaway_cache::Error> {
        let store = Arc::new(LocalStore::open(&folder, max)?);
        let key = key_file.map_or_else(|| Key::of_folder(&folder), Key::read)?;
        let cache = Cache::new(store.clone(), key.clone());
        Ok(Self { folder, store, key, cache })
    }

    /// Returns the folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Counts what is kept.
    ///
    /// # Errors
    ///
    /// Returns what the system says against it.
    pub fn info(&self) -> Result<Info, Error> {
        self.store.info().map_err(|error| self.unusable(&error))
    }

    /// Removes what was not used for longest until at most `max` bytes are left.
    ///
    /// # Errors
    ///
    /// Returns what the system says against it.
    pub fn prune(&self, max: u64) -> Result<Pruned, Error> {
        self.store.prune(max).map_err(|error| self.unusable(&error))
    }

    /// Checks the seal of every entry.
    ///
    /// # Errors
    ///
    /// Returns what the system says against it.
    pub async fn verify(&self) -> Result<Survey, Error> {
        self.store.verify(&self.key).await.map_err(|error| self.unusable(&error))
    }

    fn unusable(&self, error: &std::io::Error) -> Error {
        unusable(&self.folder, error)
    }
}

pub(crate) fn unusable(folder: &Path, error: &dyn std::error::Error) -> Error {
    Error::Usage(format!("cannot use the cache directory {}: {error}", folder.display()))
}
