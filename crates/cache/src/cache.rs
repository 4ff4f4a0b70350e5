//! The cache: a store, and the key that its entries are sealed with.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cutaway_analyze::Fingerprint;

use crate::{Key, Parts, Store, open, seal};

/// Keeps lists of parts by name. Clones share everything.
///
/// It never fails: what cannot be read is not there, what cannot be written is not kept, and the log says so.
#[derive(Debug, Clone)]
pub struct Cache {
    store: Arc<dyn Store>,
    key: Key,
    /// Whether it was said already that nothing can be written.
    told: Arc<AtomicBool>,
}

impl Cache {
    /// Keeps what is sealed with `key` in `store`.
    pub fn new(store: Arc<dyn Store>, key: Key) -> Self {
        Self { store, key, told: Arc::default() }
    }

    /// Returns what is kept under a name.
    pub async fn get(&self, name: &Fingerprint) -> Option<Parts> {
        let why = match self.store.get(name).await {
            Ok(entry) => match open(&self.key, name, &entry?) {
                Ok(parts) => return Some(parts),
                Err(damage) => damage.to_string(),
            },
            Err(error) => error.to_string(),
        };
        tracing::warn!("what the cache keeps as {name} is not used: {why}");
        None
    }

    /// Keeps parts under a name, in the place of what is kept there.
    pub async fn put(&self, name: &Fingerprint, parts: &Parts) {
        let entry = seal(&self.key, name, parts);
        if let Err(error) = self.store.put(name, &entry).await
            && !self.told.swap(true, Ordering::Relaxed)
        {
            tracing::warn!("the cache keeps nothing new: {error}");
        }
    }

    /// Returns the part of a list that has an identity.
    pub fn part<'p>(parts: &'p Parts, id: &Fingerprint) -> Option<&'p bytes::Bytes> {
        parts.iter().find(|(held, _)| held == id.as_bytes()).map(|(_, bytes)| bytes)
    }
}
