//! Digests that almost no package manager records: SHA-224, SHA-384 and SHA-512, as rpm may.
//!
//! Which files need them shows when the databases have been read. The layers of those files are read a
//! second time then; every other run pays nothing for them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

use cutaway_analyze::{ContentDigest, FileRecords};
use cutaway_layerfs::{EntryPath, Inode, Kind, Meta, Visitor};
use cutaway_read::LayerReader;
use sha2::{Digest as _, Sha224, Sha384, Sha512};

use crate::owned::MergedFiles;

/// Digests by the file, and the name of their algorithm.
pub(crate) type WideDigests = BTreeMap<(Inode, &'static str), ContentDigest>;

/// By the entry of a layer: the algorithms that are wanted of it.
pub(crate) type WideWanted = BTreeMap<u32, BTreeSet<&'static str>>;

/// Returns which files of which layers need other digests than every file has.
pub(crate) fn wanted(top: &MergedFiles, said: &[&FileRecords]) -> BTreeMap<u32, WideWanted> {
    // Following recorded paths is paid for again when they are compared.
    let link_bytes = AtomicU64::new(top.link_bytes.load(Ordering::Relaxed));
    let mut wanted: BTreeMap<u32, WideWanted> = BTreeMap::new();
    for records in said {
        records.for_each(|_, record| {
            let Some(digest) = record.digest.filter(is_wide) else { return };
            if let Some(Inode { layer, entry }) = top.file_within(&link_bytes, record.path) {
                let of_layer = wanted.entry(layer).or_default();
                of_layer.entry(entry).or_default().insert(digest.algorithm());
            }
        });
    }
    wanted
}

fn is_wide(digest: &ContentDigest) -> bool {
    matches!(digest, ContentDigest::Sha224(_) | ContentDigest::Sha384(_) | ContentDigest::Sha512(_))
}

/// Goes along with a layer that is read a second time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wide {
    wanted: WideWanted,
    open: Option<(u32, Vec<Hasher>)>,
    digests: Vec<(u32, ContentDigest)>,
}

#[derive(Debug, Clone)]
enum Hasher {
    Sha224(Sha224),
    Sha384(Sha384),
    Sha512(Sha512),
}

/// Zero bytes, hashed in the place of holes.
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

impl Wide {
    pub(crate) fn new(wanted: WideWanted) -> Self {
        Self { wanted, ..Self::default() }
    }

    fn update(&mut self, bytes: &[u8]) {
        for hasher in self.open.iter_mut().flat_map(|(_, hashers)| hashers) {
            match hasher {
                Hasher::Sha224(hasher) => hasher.update(bytes),
                Hasher::Sha384(hasher) => hasher.update(bytes),
                Hasher::Sha512(hasher) => hasher.update(bytes),
            }
        }
    }
}

impl LayerReader for Wide {
    type Out = Vec<(u32, ContentDigest)>;

    async fn finish(self) -> Self::Out {
        self.digests
    }
}

impl Visitor for Wide {
    fn entry(&mut self, id: u32, _: &EntryPath, meta: &Meta) -> bool {
        let wanted = self.wanted.get(&id).filter(|_| meta.kind == Kind::File);
        self.open = wanted.map(|algorithms| {
            let hashers = algorithms.iter().map(|algorithm| match *algorithm {
                "sha224" => Hasher::Sha224(Sha224::default()),
                "sha384" => Hasher::Sha384(Sha384::default()),
                _ => Hasher::Sha512(Sha512::default()),
            });
            (id, hashers.collect())
        });
        self.open.is_some()
    }

    fn data(&mut self, chunk: &[u8]) {
        self.update(chunk);
    }

    fn hole(&mut self, len: u64) {
        // The first read of the layer has paid for its holes, or has left this file without digests.
        let mut left = len;
        while left > 0 && self.open.is_some() {
            let zeros = usize::try_from(left).unwrap_or(usize::MAX).min(ZEROS.len());
            self.update(ZEROS.get(..zeros).unwrap_or(&ZEROS));
            left = left.saturating_sub(u64::try_from(zeros).unwrap_or(u64::MAX));
        }
    }

    fn end(&mut self) {
        let Some((entry, hashers)) = self.open.take() else { return };
        self.digests.extend(hashers.into_iter().map(|hasher| {
            let digest = match hasher {
                Hasher::Sha224(hasher) => ContentDigest::Sha224(hasher.finalize().into()),
                Hasher::Sha384(hasher) => ContentDigest::Sha384(hasher.finalize().into()),
                Hasher::Sha512(hasher) => ContentDigest::Sha512(hasher.finalize().into()),
            };
            (entry, digest)
        }));
    }
}
