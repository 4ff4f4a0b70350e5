//! The body of a file while it is written: blocks one after the other, and their indexes.

use std::io::{self, Write};

use sha2::{Digest as _, Sha256};

use crate::db::code::Writer;
use crate::db::header::{self, Place, Trailer, sum};
use crate::db::index::{BlockPlace, Index, Table};

/// When a block is full.
const BLOCK: usize = 4 << 10;

/// What is written between the two ends.
pub(crate) struct Spool<W> {
    out: W,
    offset: u64,
    hash: Sha256,
}

/// A table whose entries come in the order of their keys.
#[derive(Default)]
pub(crate) struct Entries {
    index: Index,
    block: Writer,
    first: Option<String>,
    /// The key before, in this block.
    last: String,
    entries: u64,
    before: u64,
}

impl<W: Write> Spool<W> {
    pub(crate) fn new(mut out: W) -> io::Result<Self> {
        out.write_all(header::MAGIC)?;
        let offset = u64::try_from(header::MAGIC.len()).unwrap_or_default();
        Ok(Self { out, offset, hash: Sha256::new() })
    }

    /// Writes a part that has a checksum of its own.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<Place> {
        self.out.write_all(bytes)?;
        self.hash.update(bytes);
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let place = Place { offset: self.offset, length, sum: sum(bytes) };
        self.offset = self.offset.saturating_add(length);
        Ok(place)
    }

    /// Ends the file, and returns its length.
    pub(crate) fn finish(mut self, directory: Place) -> io::Result<u64> {
        let trailer = u64::try_from(header::LENGTH).unwrap_or_default();
        let length = self.offset.saturating_add(trailer);
        let digest = self.hash.finalize().into();
        self.out.write_all(&Trailer { length, digest, directory }.bytes())?;
        self.out.flush()?;
        Ok(length)
    }
}

impl Entries {
    pub(crate) fn push<W: Write>(
        &mut self,
        key: &str,
        value: &[u8],
        spool: &mut Spool<W>,
    ) -> io::Result<()> {
        self.first.get_or_insert_with(|| key.to_owned());
        let shared = shared(&self.last, key);
        self.block.count(shared);
        self.block.text(key.get(shared..).unwrap_or(key));
        key.clone_into(&mut self.last);
        self.block.count(value.len());
        self.block.bytes.extend(value);
        self.entries = self.entries.saturating_add(1);
        if self.block.bytes.len() >= BLOCK { self.flush(spool) } else { Ok(()) }
    }

    pub(crate) fn finish<W: Write>(mut self, spool: &mut Spool<W>) -> io::Result<Table> {
        self.flush(spool)?;
        let start = self.index.blocks.first().map_or(spool.offset, |block| block.place.offset);
        let place = spool.write(&self.index.bytes())?;
        Ok(Table { start, place, entries: self.before })
    }

    fn flush<W: Write>(&mut self, spool: &mut Spool<W>) -> io::Result<()> {
        let Some(first) = self.first.take() else { return Ok(()) };
        let place = spool.write(&self.block.bytes)?;
        self.block.bytes.clear();
        self.last.clear();
        let entries = std::mem::take(&mut self.entries);
        self.index.blocks.push(BlockPlace { first, before: self.before, entries, place });
        self.before = self.before.saturating_add(entries);
        Ok(())
    }
}

/// Returns the length of what two keys have in common at their begin.
fn shared(one: &str, other: &str) -> usize {
    let both = one.chars().zip(other.chars()).take_while(|(a, b)| a == b);
    both.fold(0, |length, (letter, _)| length.saturating_add(letter.len_utf8()))
}
