//! What is kept on this machine between runs, in a folder.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use cutaway_cache::{Cache, Info, Key, LocalStore, Pruned, Survey};
use cutaway_tar::Escaped;
use serde::Serialize;

use crate::error::Error;

/// What a client was told of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kept {
    pub(crate) off: bool,
    pub(crate) folder: Option<PathBuf>,
    pub(crate) key_file: Option<PathBuf>,
    pub(crate) opened: OnceLock<Option<LocalCache>>,
}

/// What is said of a cache.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct CacheAnswer<T> {
    /// The schema of this as JSON.
    pub schema: &'static str,
    /// The folder of the cache.
    pub directory: PathBuf,
    /// What was found.
    #[serde(flatten)]
    pub found: T,
    /// The same in one line, for people.
    #[serde(skip)]
    pub text: String,
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
    pub fn info(&self) -> Result<CacheAnswer<Info>, Error> {
        let found = self.store.info().map_err(|error| self.unusable(&error))?;
        let text =
            format!("{} entries, {} of {} bytes", found.entries, found.bytes, found.max_bytes);
        Ok(self.answer("cutaway.cache-info/1", found, text))
    }

    /// Removes what was not used for longest until at most `max` bytes are left; none is the most that is held.
    ///
    /// # Errors
    ///
    /// Returns what the system says against it.
    pub fn prune(&self, max: Option<u64>) -> Result<CacheAnswer<Pruned>, Error> {
        let found = self.store.prune(max.unwrap_or_else(|| self.store.max()));
        let found = found.map_err(|error| self.unusable(&error))?;
        let gone = format!("{} entries with {} bytes removed", found.removed, found.removed_bytes);
        let text = format!("{gone}, {} with {} left", found.entries, found.bytes);
        Ok(self.answer("cutaway.cache-prune/1", found, text))
    }

    /// Checks the seal of every entry.
    ///
    /// # Errors
    ///
    /// Returns what the system says against it.
    pub async fn verify(&self) -> Result<CacheAnswer<Survey>, Error> {
        let found = self.store.verify(&self.key).await.map_err(|error| self.unusable(&error))?;
        let text = format!("{} entries whole, {} damaged", found.whole, found.damaged.len());
        Ok(self.answer("cutaway.cache-verify/1", found, text))
    }

    fn answer<T>(&self, schema: &'static str, found: T, text: String) -> CacheAnswer<T> {
        let text = format!("{}: {text}\n", Escaped::path(&self.folder));
        CacheAnswer { schema, directory: self.folder.clone(), found, text }
    }

    fn unusable(&self, error: &std::io::Error) -> Error {
        unusable(&self.folder, error)
    }
}

pub(crate) fn unusable(folder: &Path, error: &dyn std::error::Error) -> Error {
    Error::Usage(format!("cannot use the cache directory {}: {error}", folder.display()))
}
