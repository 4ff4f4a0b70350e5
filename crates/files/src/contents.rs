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
    /// Returns the contents of a layer that is about to be read.
    pub fn new(key: Fingerprints) -> Self {
        Self { key, ..Self::default() }
    }

    /// Returns the fingerprint of an entry's content; none for what is no file.
    pub fn of(&self, entry: u32) -> Option<u64> {
        let found = self.files.binary_search_by_key(&entry, |&(entry, _)| entry).ok()?;
        self.files.get(found).map(|&(_, fingerprint)| fingerprint)
    }

    /// Begins an entry; returns whether its content is wanted.
    pub fn begin(&mut self, entry: u32, kind: Kind) -> bool {
        if kind != Kind::File {
            return false;
        }
        self.open = Some((entry, self.key.0.build_hasher()));
        true
    }

    /// Adds bytes of the entry that has begun.
    pub fn add(&mut self, bytes: &[u8]) {
        if let Some((_, hasher)) = &mut self.open {
            hasher.write(bytes);
        }
    }

    /// Adds a hole by its length alone, since it may be far larger than what can be hashed.
    pub fn skip(&mut self, len: u64) {
        if let Some((_, hasher)) = &mut self.open {
            hasher.write_u64(len);
        }
    }

    /// Ends the entry that has begun.
    pub fn end(&mut self) {
        if let Some((entry, hasher)) = self.open.take() {
            self.files.push((entry, hasher.finish()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pieces_in_which_content_comes_do_not_matter() {
        let mut contents = Contents::new(Fingerprints::default());
        assert!(!contents.begin(0, Kind::Directory));
        for (entry, pieces) in [(1, vec!["ab", "c"]), (2, vec!["", "abc"]), (4, vec!["abd"])] {
            assert!(contents.begin(entry, Kind::File));
            pieces.iter().for_each(|piece| contents.add(piece.as_bytes()));
            contents.end();
        }
        assert_eq!(contents.of(1), contents.of(2));
        assert_ne!(contents.of(1), contents.of(4));
        assert!(contents.of(1).is_some());
        assert_eq!((contents.of(0), contents.of(3)), (None, None));
    }
}
