//! rpm's header: tagged values, as every form of the database stores them.
//!
//! The blob has no magic: two counts (`il`, `dl`), `il` entries of 16 bytes, `dl` bytes of data,
//! all big-endian. The first entry may be a *region*, which marks what was signed; entries behind
//! it (*dribbles*) were added on installation and replace those of the region. This module checks
//! every bound, but knows nothing of what the tags mean. Format: `lib/header.c` of rpm 4.

use crate::bytes::{Order, size, slice};

const ENTRY: usize = 16;

/// Types of values.
const CHAR: u32 = 1;
const INT8: u32 = 2;
const INT16: u32 = 3;
const INT32: u32 = 4;
const INT64: u32 = 5;
const STRING: u32 = 6;
const BIN: u32 = 7;
const STRING_ARRAY: u32 = 8;
const I18N_STRING: u32 = 9;

/// Tags of regions: the whole header, its signatures, its immutable part.
const REGIONS: std::ops::RangeInclusive<u32> = 61..=63;

/// Why a header, or a value of it, cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Error {
    /// There is not even room for the counts.
    #[error("the header has {0} bytes, fewer than its two counts take")]
    Short(usize),
    /// The counts do not add up to the size.
    #[error("the header has {len} bytes, but il {il} and dl {dl} ask for another size")]
    Size {
        /// Bytes of the blob.
        len: usize,
        /// Number of entries, as it says.
        il: u32,
        /// Bytes of data, as it says.
        dl: u32,
    },
    /// The region at the front is not sound.
    #[error("the region of the header is broken: {0}")]
    Region(&'static str),
    /// An entry that was asked for is not sound.
    #[error("tag {tag}: {rule}")]
    Entry {
        /// The tag.
        tag: u32,
        /// The rule that it breaks.
        rule: &'static str,
    },
}

/// A header whose counts and region were checked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Header<'a> {
    index: &'a [u8],
    data: &'a [u8],
}

impl<'a> Header<'a> {
    /// Checks the frame of a header. Allocates nothing.
    pub(super) fn parse(blob: &'a [u8]) -> Result<Self, Error> {
        let (Some(il), Some(dl)) = (Order::Big.u32(blob, 0), Order::Big.u32(blob, 4)) else {
            return Err(Error::Short(blob.len()));
        };
        let wrong = Error::Size { len: blob.len(), il, dl };
        let rest = blob.get(8..).unwrap_or_default();
        let split = size(il).checked_mul(ENTRY).and_then(|end| rest.split_at_checked(end));
        let Some((index, data)) = split.filter(|(_, data)| data.len() == size(dl)) else {
            return Err(wrong);
        };
        let header = Self { index, data };
        header.check_region()?;
        Ok(header)
    }

    /// Returns the string of `tag`, the first one where it has several; `None` where it is missing.
    pub(super) fn string(&self, tag: u32) -> Result<Option<&'a [u8]>, Error> {
        let Some(entry) = self.find(tag) else { return Ok(None) };
        let broken = |rule| Error::Entry { tag, rule };
        if !matches!(entry.kind, STRING | STRING_ARRAY | I18N_STRING) {
            return Err(broken("its type is not that of a string"));
        }
        if entry.count == 0 || (entry.kind == STRING && entry.count != 1) {
            return Err(broken("its count is not that of a string"));
        }
        let data =
            self.data.get(size(entry.offset)..).ok_or(broken("its offset is outside the data"))?;
        if size(entry.count) > data.len() {
            return Err(broken("its count is larger than the data"));
        }
        let end = data.iter().position(|&byte| byte == 0).ok_or(broken("its string has no end"))?;
        Ok(data.get(..end))
    }

    /// Returns the 32-bit number of `tag`, the first one where it has several.
    pub(super) fn number(&self, tag: u32) -> Result<Option<u32>, Error> {
        let Some(entry) = self.find(tag) else { return Ok(None) };
        let broken = |rule| Error::Entry { tag, rule };
        if entry.kind != INT32 || entry.count == 0 {
            return Err(broken("it is no 32-bit number"));
        }
        let bytes = size(entry.count)
            .checked_mul(4)
            .and_then(|len| slice(self.data, size(entry.offset), len));
        let number = bytes.and_then(|bytes| Order::Big.u32(bytes, 0));
        number.map(Some).ok_or(broken("its value is outside the data"))
    }

    /// Returns the first 64-bit number of `tag`; none where there is none.
    pub(super) fn long(&self, tag: u32) -> Option<u64> {
        let entry = self.find(tag).filter(|entry| entry.kind == INT64 && entry.count > 0)?;
        let bytes = slice(self.data, size(entry.offset), 8)?;
        Some(u64::from_be_bytes(*bytes.first_chunk()?))
    }

    /// Returns all strings of `tag`; none where it is missing.
    pub(super) fn strings(&self, tag: u32) -> Result<Vec<&'a [u8]>, Error> {
        let Some(entry) = self.find(tag) else { return Ok(Vec::new()) };
        let broken = |rule| Error::Entry { tag, rule };
        if !matches!(entry.kind, STRING | STRING_ARRAY | I18N_STRING) {
            return Err(broken("its type is not that of a string"));
        }
        let data =
            self.data.get(size(entry.offset)..).ok_or(broken("its offset is outside the data"))?;
        // Each string takes a byte at least, so that the data bounds what is allocated.
        if size(entry.count) > data.len() {
            return Err(broken("its count is larger than the data"));
        }
        let mut strings = Vec::with_capacity(size(entry.count));
        let mut rest = data;
        for _ in 0..entry.count {
            let end = rest.iter().position(|&byte| byte == 0);
            let (string, behind) = end
                .and_then(|end| rest.split_at_checked(end))
                .ok_or(broken("its string has no end"))?;
            strings.push(string);
            rest = behind.get(1..).unwrap_or_default();
        }
        Ok(strings)
    }

    /// Returns the bytes of `tag`, which are of no other type; `None` also where they are not sound.
    pub(super) fn binary(&self, tag: u32) -> Option<&'a [u8]> {
        let entry = self.find(tag).filter(|entry| entry.kind == BIN)?;
        slice(self.data, size(entry.offset), size(entry.count))
    }

    /// Returns all numbers of `tag`, of 8, 16 or 32 bits; none where it is missing.
    pub(super) fn numbers(&self, tag: u32) -> Result<Vec<u32>, Error> {
        let Some(entry) = self.find(tag) else { return Ok(Vec::new()) };
        let broken = |rule| Error::Entry { tag, rule };
        let width = match entry.kind {
            CHAR | INT8 => 1,
            INT16 => 2,
            INT32 => 4,
            _ => return Err(broken("it is no number")),
        };
        let bytes = size(entry.count)
            .checked_mul(width)
            .and_then(|len| slice(self.data, size(entry.offset), len))
            .ok_or(broken("its value is outside the data"))?;
        let number = |bytes: &[u8]| bytes.iter().fold(0, |sum, &byte| (sum << 8) | u32::from(byte));
        Ok(bytes.chunks_exact(width).map(number).collect())
    }

    /// Finds the entry of a tag. Dribbles stand behind the region and replace what it has.
    fn find(&self, tag: u32) -> Option<Entry> {
        self.index.rchunks_exact(ENTRY).filter_map(Entry::read).find(|entry| entry.tag == tag)
    }

    fn check_region(&self) -> Result<(), Error> {
        let Some(region) = Entry::read(self.index).filter(|entry| REGIONS.contains(&entry.tag))
        else {
            return Ok(());
        };
        if region.kind != BIN || size(region.count) != ENTRY {
            return Err(Error::Region("its entry is no 16 bytes of binary"));
        }
        let trailer = slice(self.data, size(region.offset), ENTRY).and_then(Entry::read);
        let trailer = trailer.ok_or(Error::Region("its trailer is outside the data"))?;
        if trailer.kind != BIN || size(trailer.count) != ENTRY {
            return Err(Error::Region("its trailer is no 16 bytes of binary"));
        }
        // The trailer's offset is negative: back over the region's part of the index.
        let back = size(trailer.offset.wrapping_neg());
        if !back.is_multiple_of(ENTRY) || back > self.index.len() {
            return Err(Error::Region("its trailer points outside the index"));
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    tag: u32,
    kind: u32,
    offset: u32,
    count: u32,
}

impl Entry {
    fn read(bytes: &[u8]) -> Option<Self> {
        let field = |at| Order::Big.u32(bytes, at);
        Some(Self { tag: field(0)?, kind: field(4)?, offset: field(8)?, count: field(12)? })
    }
}

#[cfg(test)]
mod tests {
    use super::{BIN, CHAR, Error, Header, I18N_STRING, INT16, INT32, STRING, STRING_ARRAY};

    fn blob(entries: &[(u32, u32, u32, u32)], data: &[u8]) -> Vec<u8> {
        let numbers = [u32::try_from(entries.len()).unwrap(), u32::try_from(data.len()).unwrap()];
        let entries =
            entries.iter().flat_map(|&(tag, kind, offset, count)| [tag, kind, offset, count]);
        let mut blob: Vec<u8> =
            numbers.into_iter().chain(entries).flat_map(u32::to_be_bytes).collect();
        blob.extend_from_slice(data);
        blob
    }

    /// A trailer that points back over `entries` entries.
    fn trailer(entries: u32) -> Vec<u8> {
        [63, BIN, entries.wrapping_mul(16).wrapping_neg(), 16]
            .into_iter()
            .flat_map(u32::to_be_bytes)
            .collect()
    }

    #[test]
    fn values() {
        let blob = blob(
            &[
                (1000, STRING, 0, 1),
                (1003, INT32, 4, 1),
                (1004, I18N_STRING, 8, 2),
                (1005, STRING_ARRAY, 8, 2),
            ],
            b"abc\0\0\0\0\x07one\0two\0",
        );
        let header = Header::parse(&blob).unwrap();
        assert_eq!(header.string(1000), Ok(Some(&b"abc"[..])));
        assert_eq!(header.number(1003), Ok(Some(7)));
        assert_eq!(header.string(1004), Ok(Some(&b"one"[..])));
        assert_eq!(header.string(1005), Ok(Some(&b"one"[..])));
        assert_eq!(header.string(1), Ok(None));
        assert_eq!(header.number(1), Ok(None));
    }

    #[test]
    fn arrays() {
        let blob = blob(
            &[
                (1117, STRING_ARRAY, 0, 3),
                (1030, INT16, 8, 2),
                (1116, INT32, 8, 1),
                (1029, CHAR, 8, 4),
            ],
            b"one\0\0xy\0\x81\xa4\0\x07",
        );
        let header = Header::parse(&blob).unwrap();
        assert_eq!(header.strings(1117).unwrap(), [&b"one"[..], b"", b"xy"]);
        assert_eq!(header.numbers(1030).unwrap(), [0o100_644, 7]);
        assert_eq!(header.numbers(1116).unwrap(), [0x81a4_0007]);
        assert_eq!(header.numbers(1029).unwrap(), [0x81, 0xa4, 0, 7]);
        assert!(header.strings(1).unwrap().is_empty() && header.numbers(1).unwrap().is_empty());
    }

    #[test]
    fn dribbles_replace_the_region() {
        let data = [b"old\0new\0", trailer(2).as_slice()].concat();
        let blob = blob(&[(63, BIN, 8, 16), (1000, STRING, 0, 1), (1000, STRING, 4, 1)], &data);
        assert_eq!(Header::parse(&blob).unwrap().string(1000), Ok(Some(&b"new"[..])));
    }

    #[test]
    fn frames() {
        let hostile = [0x0fff_fff0_u32, 0].map(u32::to_be_bytes).concat();
        assert_eq!(
            Header::parse(&hostile).unwrap_err(),
            Error::Size { len: 8, il: 0x0fff_fff0, dl: 0 }
        );
        assert_eq!(Header::parse(&[0; 7]).unwrap_err(), Error::Short(7));
        assert!(Header::parse(&[0; 8]).is_ok());
        let mut long = blob(&[], b"");
        long.push(0);
        assert!(matches!(Header::parse(&long), Err(Error::Size { .. })));
        for (region, data) in [
            ((63, BIN, 1, 16), trailer(1)),
            ((63, BIN, u32::MAX, 16), trailer(1)),
            ((63, BIN, 0, 17), trailer(1)),
            ((63, STRING, 0, 16), trailer(1)),
            ((63, BIN, 0, 16), trailer(2)),
            ((63, BIN, 0, 16), trailer(0x0fff_ffff)),
            ((63, BIN, 0, 16), vec![0; 16]),
        ] {
            assert!(
                matches!(Header::parse(&blob(&[region], &data)), Err(Error::Region(_))),
                "{region:?}"
            );
        }
        assert!(Header::parse(&blob(&[(63, BIN, 0, 16)], &trailer(1))).is_ok());
    }

    #[test]
    fn broken_arrays() {
        for entry in [
            (1117, STRING_ARRAY, 0, 3),
            (1117, STRING_ARRAY, 0, u32::MAX),
            (1117, STRING_ARRAY, 7, 1),
            (1117, BIN, 0, 1),
            (1117, INT32, 0, 2),
            (1117, INT16, 5, 1),
            (1117, INT32, 0, u32::MAX),
        ] {
            let blob = blob(&[entry], b"abc\0x\0");
            let header = Header::parse(&blob).unwrap();
            let read = if entry.1 == STRING_ARRAY || entry.1 == BIN {
                header.strings(1117).map(|_| ())
            } else {
                header.numbers(1117).map(|_| ())
            };
            assert!(matches!(read, Err(Error::Entry { tag: 1117, .. })), "{entry:?}");
        }
    }

    #[test]
    fn broken_entries() {
        for entry in [
            (1000, STRING, 0, 0),
            (1000, STRING, 0, 2),
            (1000, STRING, 5, 1),
            (1000, STRING, u32::MAX, 1),
            (1000, STRING, 4, 1),
            (1000, I18N_STRING, 0, 0x8000_0000),
            (1000, INT32, 0, 1),
            (1000, 77, 0, 1),
        ] {
            let blob = blob(&[entry], b"abc\0x");
            assert!(
                matches!(
                    Header::parse(&blob).unwrap().string(1000),
                    Err(Error::Entry { tag: 1000, .. })
                ),
                "{entry:?}"
            );
        }
        for entry in [
            (1003, INT32, 2, 1),
            (1003, INT32, 0, 0),
            (1003, INT32, 0, 0x4000_0001),
            (1003, STRING, 0, 1),
        ] {
            let blob = blob(&[entry], b"abc\0x");
            assert!(
                matches!(
                    Header::parse(&blob).unwrap().number(1003),
                    Err(Error::Entry { tag: 1003, .. })
                ),
                "{entry:?}"
            );
        }
    }
}
