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
    /// Where its blocks begin: behind what stands before them. Not written, since nothing lies between.
    pub(crate) start: u64,
    pub(crate) place: Place,
    /// How many entries its blocks have in all.
    pub(crate) entries: u64,
}

/// What is written without a gap must be read so: else a forged place could leave something out.
const HOLE: DbError = DbError::Forged("a part lies elsewhere than behind the one before");

impl Table {
    pub(crate) fn write(self, out: &mut Writer) {
        self.place.write(out);
        out.number(self.entries);
    }

    /// Reads a table that begins at `start`, and moves that behind it.
    pub(crate) fn read(input: &mut Reader<'_>, start: &mut u64) -> Result<Self, DbError> {
        let table = Self { start: *start, place: Place::read(input)?, entries: input.number()? };
        *start = table.place.end().filter(|_| table.place.offset >= *start).ok_or(HOLE)?;
        Ok(table)
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

    /// Reads the index of a table: sorted, none of its blocks empty, each behind the one before.
    pub(crate) fn read(bytes: &[u8], table: Table) -> Result<Self, DbError> {
        let mut input = Reader::new(bytes);
        let count = input.count()?;
        let mut blocks: Vec<BlockPlace> = Vec::new();
        let (mut before, mut end) = (0_u64, table.start);
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
            if place.offset != end {
                return Err(HOLE);
            }
            end = place.end().ok_or(HOLE)?;
            blocks.push(BlockPlace { first, before, entries, place });
            before = before.saturating_add(entries);
        }
        input.end()?;
        if end != table.place.offset {
            return Err(HOLE);
        }
        if before != table.entries {
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
