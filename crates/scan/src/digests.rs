//! The digests that package managers record, of every file of a layer as it comes by.
//!
//! Which of them is asked for shows only when the databases have been read, and those may come last
//! or in another layer; a layer is not read twice for it. So each file gets all three. Those that almost
//! nobody records are of a second read, see [`Wide`](crate::wide::Wide).

use cutaway_analyze::ContentDigest;
use cutaway_layerfs::Kind;
use md5::{Digest as _, Md5};
use sha1::Sha1;
use sha2::Sha256;

/// The digests of the files of one layer.
#[derive(Debug, Default)]
pub(crate) struct Digests {
    /// By entry; sorted, as a layer gives them. In blocks, so that what is there is not copied as they grow.
    files: Vec<Vec<(u32, FileDigests)>>,
    /// The entries that may be executed; sorted.
    executable: Vec<u32>,
    open: Option<(u32, Hashers)>,
    /// How many bytes of holes may still be hashed.
    holes: u64,
}

/// The digests of one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileDigests {
    md5: [u8; 16],
    sha1: [u8; 20],
    sha256: [u8; 32],
}

#[derive(Debug, Default)]
struct Hashers {
    md5: Md5,
    sha1: Sha1,
    sha256: Sha256,
}

/// How many files are in a block.
const BLOCK: usize = 1 << 10;

/// Zero bytes, hashed in the place of holes.
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

impl Digests {
    /// Returns the digests of a layer that is about to be read, whose sparse files have at most
    /// `holes` bytes of holes; a file that goes over that gets no digests.
    pub(crate) fn new(holes: u64) -> Self {
        Self { holes, ..Self::default() }
    }

    /// Returns the digests of an entry's content; none for what is no file.
    pub(crate) fn of(&self, entry: u32) -> Option<&FileDigests> {
        let starts = |block: &Vec<(u32, FileDigests)>| {
            block.first().is_some_and(|&(first, _)| first <= entry)
        };
        let block = self.files.get(self.files.partition_point(starts).checked_sub(1)?)?;
        let found = block.binary_search_by_key(&entry, |&(entry, _)| entry).ok()?;
        block.get(found).map(|(_, digests)| digests)
    }

    /// Returns whether an entry is a file that may be executed.
    pub(crate) fn is_executable(&self, entry: u32) -> bool {
        self.executable.binary_search(&entry).is_ok()
    }

    /// Begins an entry; returns whether its content is wanted.
    pub(crate) fn begin(&mut self, entry: u32, kind: Kind, mode: u32) -> bool {
        if kind != Kind::File {
            return false;
        }
        if mode & 0o111 != 0 {
            self.executable.push(entry);
        }
        self.open = Some((entry, Hashers::default()));
        true
    }

    /// Adds bytes of the entry that has begun.
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        if let Some((_, hashers)) = &mut self.open {
            hashers.update(bytes);
        }
    }

    /// Adds a hole.
    pub(crate) fn skip(&mut self, len: u64) {
        let Some((_, hashers)) = &mut self.open else { return };
        if len > self.holes {
            self.open = None;
            return;
        }
        self.holes = self.holes.saturating_sub(len);
        let mut left = len;
        while left > 0 {
            let zeros = usize::try_from(left).unwrap_or(usize::MAX).min(ZEROS.len());
            hashers.update(ZEROS.get(..zeros).unwrap_or(&ZEROS));
            left = left.saturating_sub(u64::try_from(zeros).unwrap_or(u64::MAX));
        }
    }

    /// Ends the entry that has begun.
    pub(crate) fn end(&mut self) {
        if let Some((entry, hashers)) = self.open.take() {
            let file = (entry, hashers.finish());
            match self.files.last_mut().filter(|block| block.len() < BLOCK) {
                Some(block) => block.push(file),
                None => self.files.push(vec![file]),
            }
        }
    }

    /// Gives back the room that is not needed.
    pub(crate) fn shrink(&mut self) {
        if let Some(last) = self.files.last_mut() {
            last.shrink_to_fit();
        }
    }
}

impl FileDigests {
    /// Returns the digests of these bytes.
    pub(crate) fn new(bytes: &[u8]) -> Self {
        let mut hashers = Hashers::default();
        hashers.update(bytes);
        hashers.finish()
    }

    /// Returns the digest of the algorithm that `recorded` has; none of those that only a second read
    /// gives ([`Wide`](crate::wide::Wide)).
    pub(crate) fn like(&self, recorded: &ContentDigest) -> Option<ContentDigest> {
        Some(match recorded {
            ContentDigest::Md5(_) => ContentDigest::Md5(self.md5),
            ContentDigest::Sha1(_) => ContentDigest::Sha1(self.sha1),
            ContentDigest::Sha256(_) => ContentDigest::Sha256(self.sha256),
            ContentDigest::Sha256Start(_) => {
                ContentDigest::Sha256Start(*self.sha256.first_chunk().unwrap_or(&[0; 20]))
            }
            ContentDigest::Sha224(_) | ContentDigest::Sha384(_) | ContentDigest::Sha512(_) => {
                return None;
            }
        })
    }

    /// Returns all of them.
    pub(crate) fn all(&self) -> [ContentDigest; 3] {
        let Self { md5, sha1, sha256 } = *self;
        [ContentDigest::Md5(md5), ContentDigest::Sha1(sha1), ContentDigest::Sha256(sha256)]
    }

    /// Returns the SHA-256.
    pub(crate) fn sha256(&self) -> ContentDigest {
        ContentDigest::Sha256(self.sha256)
    }
}

impl Hashers {
    fn update(&mut self, bytes: &[u8]) {
        self.md5.update(bytes);
        self.sha1.update(bytes);
        self.sha256.update(bytes);
    }

    fn finish(self) -> FileDigests {
        FileDigests {
            md5: self.md5.finalize().into(),
            sha1: self.sha1.finalize().into(),
            sha256: self.sha256.finalize().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_digests() {
        let abc = FileDigests::new(b"abc");
        for text in [
            "900150983cd24fb0d6963f7d28e17f72",
            "a9993e364706816aba3e25717850c26c9cd0d89d",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ] {
            let expected = ContentDigest::from_hex(text.as_bytes()).unwrap();
            assert_eq!(abc.like(&expected), Some(expected));
        }
        let start = abc.like(&ContentDigest::Sha256Start([0; 20])).unwrap();
        assert_eq!(start.to_string(), "sha256-160:ba7816bf8f01cfea414140de5dae2223b00361a3");
    }

    #[test]
    fn pieces_and_holes() {
        let mut digests = Digests::new(100_000);
        assert!(!digests.begin(0, Kind::Symlink, 0o777));
        assert!(digests.begin(1, Kind::File, 0o755));
        digests.add(b"a");
        digests.skip(70_000);
        digests.add(b"b");
        digests.end();
        let bytes = [b"a".as_slice(), &[0; 70_000], b"b"].concat();
        assert_eq!(digests.of(1), Some(&FileDigests::new(&bytes)));
        // The rest of the budget is not enough for a second one.
        assert!(digests.begin(2, Kind::File, 0o644));
        digests.skip(70_000);
        digests.add(b"b");
        digests.end();
        assert_eq!((digests.of(0), digests.of(2), digests.of(3)), (None, None, None));
        digests.shrink();
        assert_eq!([0, 1, 2].map(|entry| digests.is_executable(entry)), [false, true, false]);
    }

    #[test]
    fn files_of_every_block_are_found() {
        let mut digests = Digests::new(0);
        let content = |entry: u32| entry.to_le_bytes();
        let entries = || (1..5000).step_by(2);
        for entry in entries() {
            assert!(digests.begin(entry, Kind::File, 0o644));
            digests.add(&content(entry));
            digests.end();
        }
        for entry in entries() {
            assert_eq!(digests.of(entry), Some(&FileDigests::new(&content(entry))));
            assert_eq!(digests.of(entry - 1), None);
        }
        assert_eq!(digests.of(5001), None);
    }

    #[test]
    fn a_file_takes_no_more_than_72_bytes() {
        assert_eq!(size_of::<(u32, FileDigests)>(), 72);
    }
}
