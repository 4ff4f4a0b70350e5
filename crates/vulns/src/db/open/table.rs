//! A sorted table of the file, of which blocks are read when they are needed.

use std::collections::VecDeque;

use crate::db::block::Block;
use crate::db::error::DbError;
use crate::db::index::{Index, Table};
use crate::db::open::File;

/// How many blocks are kept that were read last.
const KEPT: usize = 32;

/// A table, its index once that was read, and the blocks that were read last.
#[derive(Debug)]
pub(super) struct Sorted {
    table: Table,
    index: Option<Index>,
    last: VecDeque<(usize, Block)>,
}

impl Sorted {
    pub(super) fn new(table: Table) -> Self {
        Self { table, index: None, last: VecDeque::new() }
    }

    /// Returns how many entries it has.
    pub(super) fn len(&self) -> u64 {
        self.table.entries
    }

    /// Returns the bytes of a key, if it is there.
    pub(super) fn find(&mut self, file: &mut File, key: &str) -> Result<Option<&[u8]>, DbError> {
        let Some(at) = self.index(file)?.of_key(key) else { return Ok(None) };
        Ok(self.block(file, at)?.find(key))
    }

    /// Returns the entry at a position.
    pub(super) fn at(&mut self, file: &mut File, position: u64) -> Result<(&str, &[u8]), DbError> {
        let absent = DbError::Forged("an entry that is not there");
        let index = self.index(file)?;
        let Some(at) = index.of_position(position) else { return Err(absent) };
        let before = index.blocks.get(at).map_or(0, |block| block.before);
        let within = usize::try_from(position.saturating_sub(before)).unwrap_or(usize::MAX);
        self.block(file, at)?.entry(within).ok_or(absent)
    }

    /// Reads all of it.
    pub(super) fn each(
        &mut self,
        file: &mut File,
        mut take: impl FnMut(&str, &[u8]) -> Result<(), DbError>,
    ) -> Result<(), DbError> {
        let blocks = self.index(file)?.blocks.len();
        for at in 0..blocks {
            for (key, value) in self.block(file, at)?.entries() {
                take(key, value)?;
            }
        }
        Ok(())
    }

    fn index(&mut self, file: &mut File) -> Result<&Index, DbError> {
        let index = match self.index.take() {
            Some(index) => index,
            None => {
                let bytes = file.part(self.table.place, "an index")?;
                Index::read(&bytes, self.table)?
            }
        };
        Ok(self.index.insert(index))
    }

    fn block(&mut self, file: &mut File, at: usize) -> Result<&Block, DbError> {
        let known = self.last.iter().position(|(known, _)| *known == at);
        let (at, block) = match known.and_then(|known| self.last.remove(known)) {
            Some(kept) => kept,
            None => {
                let index = self.index(file)?;
                let place = index.blocks.get(at).map(|block| block.place).unwrap_or_default();
                (at, Block::new(file.part(place, "a block")?, index, at)?)
            }
        };
        self.last.truncate(KEPT.saturating_sub(1));
        self.last.push_front((at, block));
        let absent = DbError::Forged("a block that its index lacks");
        self.last.front().map(|(_, block)| block).ok_or(absent)
    }
}
