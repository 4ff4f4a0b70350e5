//! An index: the first key, the place and the number of entries of each of its blocks.

use crate::db::code::{Reader, Writer};
use crate::db::error::DbError;
use crate::db::header::Place;

/// The index of a sorted table.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Index {
    pub(crate) blocks: Vec<BlockPlace>,
}

/// A block, as its index has it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BlockPlace {
    /// The key of its first entry.
    pub(crate) first: String,
    /// How many entries stand in blocks before it.
    pub(crate) before: u64,
    /// How many entries it has.
    pub(crate) entries: u64,
    pub(crate) place: Place,
}

/// An index, as the directory has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) place: Place,
    /// How many entries its blocks have in all.
    pub(crate) entries: u64,
}

impl Table {
    pub(crate) fn write(self, out: &mut Writer) {
        self.place.write(out);
        out.number(self.entries);
    }

    pub(crate) fn read(input: &mut Reader<'_>) -> Result<Self, DbError> {
        Ok(Self { place: Place::read(input)?, entries: input.number()? })
    }
}

impl Index {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = Writer::default();
        out.count(self.blocks.len());
        for block in &self.blocks {
            out.text(&block.first);
            out.number(block.entries);
            block.place.write(&mut out);
        }
        out.bytes
    }

    /// Reads an index of so many entries: sorted, none of its blocks empty.
    pub(crate) fn read(bytes: &[u8], entries: u64) -> Result<Self, DbError> {
        let mut input = Reader::new(bytes);
        let count = input.count()?;
        let mut blocks: Vec<BlockPlace> = Vec::new();
        let mut before = 0_u64;
        for _ in 0..count {
            let first = input.text()?.to_owned();
            if blocks.last().is_some_and(|last| last.first >= first) {
                return Err(DbError::Forged("an index is not sorted"));
            }
            let entries = input.number()?;
            let place = Place::read(&mut input)?;
            if entries == 0 {
                return Err(DbError::Forged("an index has an empty block"));
            }
            blocks.push(BlockPlace { first, before, entries, place });
            before = before.saturating_add(entries);
        }
        input.end()?;
        if before != entries {
            return Err(DbError::Forged("an index counts other entries than the directory"));
        }
        Ok(Self { blocks })
    }

    /// Returns which block has a key, if one has it.
    pub(crate) fn of_key(&self, key: &str) -> Option<usize> {
        self.blocks.partition_point(|block| block.first.as_str() <= key).checked_sub(1)
    }

    /// Returns which block has the entry at a position.
    pub(crate) fn of_position(&self, position: u64) -> Option<usize> {
        let behind = self.blocks.partition_point(|block| block.before <= position);
        let at = behind.checked_sub(1)?;
        let block = self.blocks.get(at)?;
        (position < block.before.saturating_add(block.entries)).then_some(at)
    }
}
