//! Records of files in one byte string: each path without what it shares with the one before it, and
//! every number in as few groups of seven bits as it needs. A large image has some hundred thousand.

use crate::content_digest::ContentDigest;
use crate::file_record::{FileRecord, FileRole, Traits};
use crate::wire::{get, get_bytes, put, put_bytes};

/// Records, in the order in which they were added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PackedRecords {
    bytes: Vec<u8>,
    /// The path of the last one.
    last: Vec<u8>,
    count: usize,
}

impl PackedRecords {
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    pub(crate) fn push(&mut self, record: &FileRecord<'_>) {
        let Traits { config, optional, volatile, supplement } = record.traits;
        let (digest, link) = (record.digest.is_some(), record.link.is_some());
        let flags = [config, optional, volatile, supplement, digest, link];
        let flags = flags.iter().fold(0, |bits, &flag| (bits << 1) | u64::from(flag));
        let role = ROLES.iter().position(|&role| role == record.role).unwrap_or(0);
        put(&mut self.bytes, u64::from(record.owner));
        put(&mut self.bytes, (flags << 3) | u64::try_from(role).unwrap_or(0));
        let alike = self.last.iter().zip(record.path).take_while(|(a, b)| a == b).count();
        let rest = record.path.get(alike..).unwrap_or_default();
        put(&mut self.bytes, u64::try_from(alike).unwrap_or(u64::MAX));
        put_bytes(&mut self.bytes, rest);
        self.last.truncate(alike);
        self.last.extend_from_slice(rest);
        if let Some(digest) = record.digest {
            self.bytes.push(digest.tag());
            self.bytes.extend_from_slice(digest.bytes());
        }
        if let Some(link) = record.link {
            put_bytes(&mut self.bytes, link);
        }
        self.count = self.count.saturating_add(1);
    }

    /// Shows each record, in order, with the place where [`PackedRecords::at`] finds it again.
    pub(crate) fn for_each(&self, mut show: impl FnMut(usize, FileRecord<'_>)) {
        let mut rest = self.bytes.as_slice();
        let mut path = Vec::new();
        while !rest.is_empty() {
            let place = self.bytes.len().saturating_sub(rest.len());
            let Some(record) = read(&mut rest, Some(&mut path)) else { return };
            show(place, FileRecord { path: &path, ..record });
        }
    }

    /// Returns the record at a place, without its path.
    pub(crate) fn at(&self, place: usize) -> Option<FileRecord<'_>> {
        read(&mut self.bytes.get(place..)?, None)
    }

    /// Returns the records as bytes, for [`PackedRecords::from_bytes`].
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns records that were packed before, and how many bytes their paths and links have; none
    /// where the bytes are no records of so many owners.
    pub(crate) fn from_bytes(bytes: &[u8], owners: usize) -> Option<(Self, usize)> {
        let mut rest = bytes;
        let (mut path, mut count, mut text) = (Vec::new(), 0_usize, 0_usize);
        while !rest.is_empty() {
            let record = read(&mut rest, Some(&mut path))?;
            let known = usize::try_from(record.owner).is_ok_and(|owner| owner < owners);
            if !known || path.len() > PATH_MAX {
                return None;
            }
            count = count.saturating_add(1);
            let link = record.link.map(<[u8]>::len).unwrap_or_default();
            text = text.saturating_add(path.len()).saturating_add(link);
        }
        Some((Self { bytes: bytes.to_vec(), last: Vec::new(), count }, text))
    }

    /// Gives back the room that is not needed.
    pub(crate) fn shrink(&mut self) {
        self.last = Vec::new();
        self.bytes.shrink_to_fit();
    }
}

/// The longest path that is taken from bytes; analyzers make none that is longer.
const PATH_MAX: usize = 4096;

const ROLES: [FileRole; 6] = [
    FileRole::Any,
    FileRole::Directory,
    FileRole::File,
    FileRole::FileOrLink,
    FileRole::Link,
    FileRole::Special,
];

fn read<'a>(rest: &mut &'a [u8], path: Option<&mut Vec<u8>>) -> Option<FileRecord<'a>> {
    let owner = u32::try_from(get(rest)?).ok()?;
    let flags = get(rest)?;
    let alike = usize::try_from(get(rest)?).ok()?;
    let own = get_bytes(rest)?;
    if let Some(path) = path {
        path.truncate(alike);
        path.extend_from_slice(own);
    }
    let flag = |position: u32| flags.checked_shr(position.saturating_add(3)).unwrap_or(0) & 1 == 1;
    let digest = if flag(1) { Some(ContentDigest::read(rest)?) } else { None };
    let link = if flag(0) { Some(get_bytes(rest)?) } else { None };
    let role = *ROLES.get(usize::try_from(flags & 7).ok()?)?;
    let traits =
        Traits { config: flag(5), optional: flag(4), volatile: flag(3), supplement: flag(2) };
    Some(FileRecord { owner, path: &[], role, digest, link, traits })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Made = (u32, Vec<u8>, usize, Option<Vec<u8>>, Option<Vec<u8>>, [bool; 4]);

    fn digest(bytes: &[u8]) -> ContentDigest {
        let fill = bytes.first().copied().unwrap_or_default();
        match bytes.len() % 4 {
            0 => ContentDigest::Md5([fill; 16]),
            1 => ContentDigest::Sha1([fill; 20]),
            2 => ContentDigest::Sha256([fill; 32]),
            3 => ContentDigest::Sha224([fill; 28]),
            4 => ContentDigest::Sha384([fill; 48]),
            5 => ContentDigest::Sha512([fill; 64]),
            _ => ContentDigest::Sha256Start([fill; 20]),
        }
    }

    fn record(made: &Made) -> FileRecord<'_> {
        let (owner, path, role, sum, link, [config, optional, volatile, supplement]) = made;
        FileRecord {
            owner: *owner,
            path,
            role: ROLES[*role],
            digest: sum.as_deref().map(digest),
            link: link.as_deref(),
            traits: Traits {
                config: *config,
                optional: *optional,
                volatile: *volatile,
                supplement: *supplement,
            },
        }
    }

    proptest! {
        #[test]
        fn records_come_back(all in proptest::collection::vec(
            (
                any::<u32>(),
                proptest::collection::vec(b'a'..b'd', 0..300),
                0_usize..6,
                proptest::option::of(proptest::collection::vec(any::<u8>(), 1..5)),
                proptest::option::of(proptest::collection::vec(any::<u8>(), 0..5)),
                any::<[bool; 4]>(),
            ),
            0..20,
        )) {
            let mut records = PackedRecords::default();
            for made in &all {
                records.push(&record(made));
            }
            records.shrink();
            prop_assert_eq!(records.len(), all.len());
            let mut next = all.iter();
            records.for_each(|place, found| {
                let expected = record(next.next().unwrap());
                assert_eq!(found, expected);
                assert_eq!(records.at(place), Some(FileRecord { path: &[], ..expected }));
            });
            prop_assert!(next.next().is_none());
        }
    }

    #[test]
    fn records_are_small() {
        let mut records = PackedRecords::default();
        for number in 0..10_000 {
            let path = format!("usr/include/linux/netfilter/header_{number:05}.h");
            records.push(&FileRecord {
                owner: 0,
                path: path.as_bytes(),
                role: FileRole::File,
                digest: Some(ContentDigest::Sha256([1; 32])),
                link: None,
                traits: Traits::default(),
            });
        }
        records.shrink();
        assert!(records.bytes.len() < 10_000 * 50, "{}", records.bytes.len());
    }
}
