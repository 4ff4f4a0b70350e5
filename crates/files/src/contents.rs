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
    open: Option<(u32, Content)>,
}

/// The content of a file in a form that is the same however it is stored: of its blocks, those that
/// are not all zeros, each behind the number of those left out before it.
#[derive(Debug)]
struct Content {
    hasher: DefaultHasher,
    /// The beginning of a block.
    part: Vec<u8>,
    /// How many blocks of zeros came since the last one that is none.
    zeros: u64,
    len: u64,
}

/// Bytes of a block.
const BLOCK: usize = 4096;

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
        self.open = Some((entry, Content::new(self.key.0.build_hasher())));
        true
    }

    /// Adds bytes of the entry that has begun.
    pub fn add(&mut self, bytes: &[u8]) {
        if let Some((_, content)) = &mut self.open {
            content.add(bytes);
        }
    }

    /// Adds a hole: so many zeros, without the time that it would take to hash them.
    pub fn skip(&mut self, len: u64) {
        if let Some((_, content)) = &mut self.open {
            content.skip(len);
        }
    }

    /// Ends the entry that has begun.
    pub fn end(&mut self) {
        if let Some((entry, content)) = self.open.take() {
            self.files.push((entry, content.finish()));
        }
    }
}

impl Content {
    fn new(hasher: DefaultHasher) -> Self {
        Self { hasher, part: Vec::new(), zeros: 0, len: 0 }
    }

    fn add(&mut self, mut bytes: &[u8]) {
        self.len = self.len.saturating_add(len64(bytes.len()));
        if !self.part.is_empty() {
            let room = BLOCK.saturating_sub(self.part.len()).min(bytes.len());
            let (head, rest) = bytes.split_at_checked(room).unwrap_or((bytes, &[]));
            self.part.extend_from_slice(head);
            bytes = rest;
            self.close_full();
        }
        let blocks = bytes.chunks_exact(BLOCK);
        self.part.extend_from_slice(blocks.remainder());
        blocks.for_each(|block| self.block(block));
    }

    fn skip(&mut self, len: u64) {
        self.len = self.len.saturating_add(len);
        let mut left = len;
        if !self.part.is_empty() {
            let room = len64(BLOCK.saturating_sub(self.part.len())).min(left);
            self.pad(room);
            left = left.saturating_sub(room);
            self.close_full();
        }
        let block = len64(BLOCK);
        self.zeros = self.zeros.saturating_add(left.checked_div(block).unwrap_or(0));
        self.pad(left.checked_rem(block).unwrap_or(0));
    }

    /// Adds fewer zeros than a block has to the one that has begun.
    fn pad(&mut self, zeros: u64) {
        let len = self.part.len().saturating_add(usize::try_from(zeros).unwrap_or(0));
        self.part.resize(len.min(BLOCK), 0);
    }

    fn close_full(&mut self) {
        if self.part.len() == BLOCK {
            let part = std::mem::take(&mut self.part);
            self.block(&part);
        }
    }

    fn block(&mut self, bytes: &[u8]) {
        if bytes.iter().all(|&byte| byte == 0) {
            self.zeros = self.zeros.saturating_add(1);
            return;
        }
        self.hasher.write_u64(std::mem::take(&mut self.zeros));
        self.hasher.write(bytes);
    }

    fn finish(mut self) -> u64 {
        let part = std::mem::take(&mut self.part);
        self.block(&part);
        // What is left out at the end shows in the length alone.
        self.hasher.write_u64(self.len);
        self.hasher.finish()
    }
}

fn len64(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
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

    /// Data, and holes by their length.
    enum Piece {
        Data(&'static [u8]),
        Zeros(usize),
        Hole(u64),
    }
    use Piece::{Data, Hole, Zeros};

    fn fingerprint(key: &Fingerprints, pieces: &[Piece]) -> Option<u64> {
        let mut contents = Contents::new(key.clone());
        contents.begin(0, Kind::File);
        for piece in pieces {
            match piece {
                Data(bytes) => contents.add(bytes),
                Zeros(len) => contents.add(&vec![0; *len]),
                Hole(len) => contents.skip(*len),
            }
        }
        contents.end();
        contents.of(0)
    }

    #[test]
    fn a_hole_is_the_zeros_that_it_stands_for() {
        let key = Fingerprints::default();
        for len in [1, 7, 4000, 4096, 4097, 8192, 100_000] {
            for (before, after) in [(&b""[..], &b""[..]), (b"a", b""), (b"", b"b"), (b"a", b"b")] {
                let hole = [Data(before), Hole(u64::try_from(len).unwrap()), Data(after)];
                let plain = [Data(before), Zeros(len), Data(after)];
                let parts =
                    [Data(before), Zeros(len / 2), Hole(1), Zeros(len - len / 2 - 1), Data(after)];
                let other = [Data(before), Zeros(len + 1), Data(after)];
                let hole = fingerprint(&key, &hole);
                assert_eq!(hole, fingerprint(&key, &plain), "{len}");
                assert_eq!(hole, fingerprint(&key, &parts), "{len}");
                assert_ne!(hole, fingerprint(&key, &other), "{len}");
            }
        }
    }

    #[test]
    fn a_hole_is_not_the_data_that_looks_like_its_length() {
        let key = Fingerprints::default();
        let length: &'static [u8] = &[0, 16, 0, 0, 0, 0, 0, 0];
        let one = fingerprint(&key, &[Data(b"a"), Hole(4096), Data(b"b"), Data(length)]);
        let other = fingerprint(&key, &[Data(b"a"), Data(length), Data(b"b"), Hole(4096)]);
        assert_ne!(one, other);
        // Nobody has the time to hash this one.
        assert_ne!(fingerprint(&key, &[Hole(1 << 62)]), fingerprint(&key, &[Hole(1 << 61)]));
    }
}
