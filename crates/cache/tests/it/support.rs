//! Caches in folders that go away.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use cutaway_analyze::Fingerprint;
use cutaway_cache::{Cache, Key, LocalStore, Parts};

/// Opens a cache as a process of its own would.
pub(crate) fn cache(folder: &Path, max: u64) -> Cache {
    let store = LocalStore::open(folder, max).unwrap();
    Cache::new(Arc::new(store), Key::of_folder(folder).unwrap())
}

/// Returns the name and the parts of an entry of its own for each number.
pub(crate) fn entry(number: usize, length: usize) -> (Fingerprint, Parts) {
    let bytes: Vec<u8> = number.to_le_bytes().into_iter().cycle().take(length).collect();
    (Fingerprint::of([number.to_string()]), vec![([7; 32], Bytes::from(bytes))])
}

/// Returns where an entry lies.
pub(crate) fn file(folder: &Path, name: &Fingerprint) -> PathBuf {
    let name = name.to_string();
    folder.join("facts-1").join(name.get(..2).unwrap()).join(name)
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}
