//! Entries in memory: for what several images of one run share, where nothing is kept on disk.

use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use cutaway_analyze::Fingerprint;
use cutaway_tar::len64;

use crate::Store;

/// Holds entries in memory, bounded in bytes: what was not used for longest goes first.
#[derive(Debug)]
pub struct MemoryStore {
    max: u64,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    /// Each with the number of its last use.
    entries: HashMap<Fingerprint, (u64, Bytes)>,
    bytes: u64,
    uses: u64,
}

impl MemoryStore {
    /// Makes a store with room for `max` bytes.
    pub fn new(max: u64) -> Self {
        Self { max, held: Mutex::default() }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn used(&mut self) -> u64 {
        self.uses = self.uses.saturating_add(1);
        self.uses
    }

    fn remove(&mut self, name: &Fingerprint) {
        if let Some((_, entry)) = self.entries.remove(name) {
            self.bytes = self.bytes.saturating_sub(len64(entry.len()));
        }
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn get(&self, name: &Fingerprint) -> io::Result<Option<Bytes>> {
        let mut held = self.held();
        let now = held.used();
        let found = held.entries.get_mut(name);
        Ok(found.map(|(used, entry)| {
            *used = now;
            entry.clone()
        }))
    }

    async fn put(&self, name: &Fingerprint, entry: &[u8]) -> io::Result<()> {
        let length = len64(entry.len());
        let mut held = self.held();
        held.remove(name);
        if length > self.max {
            return Ok(());
        }
        while held.bytes.saturating_add(length) > self.max {
            let oldest = held.entries.iter().min_by_key(|(_, (used, _))| *used);
            let Some(oldest) = oldest.map(|(name, _)| *name) else { break };
            held.remove(&oldest);
        }
        let now = held.used();
        held.bytes = held.bytes.saturating_add(length);
        held.entries.insert(*name, (now, Bytes::copy_from_slice(entry)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_not_used_for_longest_goes() {
        let store = MemoryStore::new(10);
        let name = |name| Fingerprint::of([name]);
        store.put(&name("a"), b"aaaa").await.unwrap();
        store.put(&name("b"), b"bbbb").await.unwrap();
        assert!(store.get(&name("a")).await.unwrap().is_some());
        store.put(&name("c"), b"cccc").await.unwrap();
        assert!(store.get(&name("b")).await.unwrap().is_none());
        assert_eq!(store.get(&name("a")).await.unwrap().as_deref(), Some(&b"aaaa"[..]));
        store.put(&name("a"), b"eleven bytes").await.unwrap();
        assert!(store.get(&name("a")).await.unwrap().is_none());
        assert_eq!(store.held().bytes, 4);
    }
}
