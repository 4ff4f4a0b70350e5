//! Telling contents apart without keeping them: a keyed fingerprint a file.
//!
//! The key is drawn anew for each comparison, so that nobody can make two files that look the same
//! to it. Fingerprints mean nothing outside the comparison.

use std::hash::{BuildHasher as _, DefaultHasher, Hasher as _, RandomState};

use cutaway_layerfs::Kind;

/// The key of a comparison.
#[derive(Debug, Clone, Default)]
pub struct Fingerprints(RandomState);

/// The fingerprints of the files of one layer.
#[derive(Debug, Default)]
pub struct Contents {
    key: Fingerprints,
    /// By entry; sorted, as a layer gives them.
    files: Vec<(u32, u64)>,
    open: Option<(u32, DefaultHasher)>,
}

impl Contents {
    pub(crate) fn new(key: Fingerprints) -> Self {
        Self { key, ..Self::default() }
    }

    /// Returns the fingerprint of an entry's content; none for what is no file.
    pub fn of(&self, entry: u32) -> Option<u64> {
        let found = self.files.binary_search_by_key(&entry, |&(entry, _)| entry).ok()?;
        self.files.get(found).map(|&(_, fingerprint)| fingerprint)
    }

    /// Begins an entry; returns whether its content is wanted.
    pub(crate) fn begin(&mut self, entry: u32, kind: Kind) -> bool {
        if kind != Kind::File {
            return false;
        }
        self.open = Some((entry, self.key.0.build_hasher()));
        true
    }

    pub(crate) fn add(&mut self, bytes: &[u8]) {
        if let Some((_, hasher)) = &mut self.open {
            hasher.write(bytes);
        }
    }

    /// Adds a hole by its length alone, since it may be far larger than what can be hashed.
    pub(crate) fn skip(&mut self, len: u64) {
        if let Some((_, hasher)) = &mut self.open {
            hasher.write_u64(len);
        }
    }

    pub(crate) fn end(&mut self) {
        if let Some((entry, hasher)) = self.open.take() {
            self.files.push((entry, hasher.finish()));
        }
    }
}
