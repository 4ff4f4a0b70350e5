//! The two ends of the file: what it is, and where its directory lies.

use twox_hash::XxHash3_64;

use crate::db::code::{Reader, Writer};
use crate::db::error::DbError;

/// The first bytes of every database; another form has another number.
pub(crate) const MAGIC: &[u8; 16] = b"cutaway.db/1\n\0\0\0";

/// The length of the trailer.
pub(crate) const LENGTH: usize = 16 + 8 + 32 + 24 + 8;

/// The checksum of a part of the file.
pub(crate) fn sum(bytes: &[u8]) -> u64 {
    XxHash3_64::oneshot(bytes)
}

/// Where something lies in the file, and its checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Place {
    pub(crate) offset: u64,
    pub(crate) length: u64,
    pub(crate) sum: u64,
}

/// What the last bytes of the file say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trailer {
    /// The length of the whole file.
    pub(crate) length: u64,
    /// SHA-256 of all between the magic bytes and the trailer.
    pub(crate) digest: [u8; 32],
    pub(crate) directory: Place,
}

impl Place {
    /// Returns where it ends; nothing where no file is so long.
    pub(crate) fn end(self) -> Option<u64> {
        self.offset.checked_add(self.length)
    }

    pub(crate) fn write(self, out: &mut Writer) {
        out.number(self.offset);
        out.number(self.length);
        out.fixed(self.sum);
    }

    pub(crate) fn read(input: &mut Reader<'_>) -> Result<Self, DbError> {
        Ok(Self { offset: input.number()?, length: input.number()?, sum: input.fixed()? })
    }
}

impl Trailer {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = Writer { bytes: MAGIC.to_vec() };
        out.fixed(self.length);
        out.bytes.extend(self.digest);
        for value in [self.directory.offset, self.directory.length, self.directory.sum] {
            out.fixed(value);
        }
        out.fixed(sum(&out.bytes));
        out.bytes
    }

    /// Reads the trailer of a file of this length.
    pub(crate) fn read(bytes: &[u8; LENGTH], length: u64) -> Result<Self, DbError> {
        let mut input = Reader::new(bytes);
        if input.bytes(MAGIC.len())? != MAGIC {
            return Err(DbError::Cut);
        }
        let stated = input.fixed()?;
        let digest = input.bytes(32)?.try_into().unwrap_or_default();
        let directory =
            Place { offset: input.fixed()?, length: input.fixed()?, sum: input.fixed()? };
        let (before, _) = bytes.split_at_checked(LENGTH.saturating_sub(8)).unwrap_or_default();
        if input.fixed()? != sum(before) {
            return Err(DbError::Sum { what: "the trailer" });
        }
        if stated != length {
            return Err(DbError::Cut);
        }
        Ok(Self { length, digest, directory })
    }
}
