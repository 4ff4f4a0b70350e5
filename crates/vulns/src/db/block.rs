//! A block: keys in order, and the bytes of each.

use std::ops::Range;

use crate::db::code::Reader;
use crate::db::error::DbError;
use crate::db::index::{BlockPlace, Index};

/// A block that was taken apart and is what its index says.
#[derive(Debug)]
pub(crate) struct Block {
    bytes: Vec<u8>,
    entries: Vec<(Range<usize>, Range<usize>)>,
}

impl Block {
    /// Takes a block apart.
    pub(crate) fn new(bytes: Vec<u8>, index: &Index, at: usize) -> Result<Self, DbError> {
        let forged = |what| Err(DbError::Forged(what));
        let Some(BlockPlace { first, entries: stated, .. }) = index.blocks.get(at) else {
            return forged("a block that its index lacks");
        };
        let next = index.blocks.get(at.saturating_add(1)).map(|next| next.first.as_str());
        let mut input = Reader::new(&bytes);
        let mut entries: Vec<(Range<usize>, Range<usize>)> = Vec::new();
        let mut last: Option<&str> = None;
        let mut done = 0_usize;
        while !input.is_at_end() {
            let key = input.text()?;
            let length = input.count()?;
            let value = input.bytes(length)?;
            if last.is_none() && key != first {
                return forged("a block begins with another key than its index says");
            }
            if last.is_some_and(|last| last >= key) {
                return forged("a block is not sorted");
            }
            last = Some(key);
            // Where both lie follows from their lengths.
            let after_key = done.saturating_add(prefixed(key.len()));
            let after = after_key.saturating_add(prefixed(value.len()));
            let range = |end: usize, length: usize| end.saturating_sub(length)..end;
            entries.push((range(after_key, key.len()), range(after, value.len())));
            done = after;
        }
        if last.zip(next).is_some_and(|(last, next)| last >= next) {
            return forged("a block holds keys of the next");
        }
        if u64::try_from(entries.len()).ok() != Some(*stated) {
            return forged("a block has other entries than its index says");
        }
        Ok(Self { bytes, entries })
    }

    /// Returns the key and the bytes of an entry.
    pub(crate) fn entry(&self, at: usize) -> Option<(&str, &[u8])> {
        let (key, value) = self.entries.get(at)?;
        let key = std::str::from_utf8(self.bytes.get(key.clone())?).ok()?;
        Some((key, self.bytes.get(value.clone())?))
    }

    /// Returns the bytes of a key.
    pub(crate) fn find(&self, key: &str) -> Option<&[u8]> {
        let known = |(range, _): &(Range<usize>, Range<usize>)| self.bytes.get(range.clone());
        let at = self.entries.binary_search_by(|entry| known(entry).cmp(&Some(key.as_bytes())));
        self.entry(at.ok()?).map(|(_, value)| value)
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, &[u8])> {
        (0..self.entries.len()).filter_map(|at| self.entry(at))
    }
}

/// Returns the bytes of a text with its length in front.
fn prefixed(length: usize) -> usize {
    let mut number = 1_usize;
    let mut rest = length >> 7;
    while rest > 0 {
        number = number.saturating_add(1);
        rest >>= 7;
    }
    length.saturating_add(number)
}
