//! A block: keys in order, and the bytes of each.

use std::ops::Range;

use crate::db::code::Reader;
use crate::db::error::DbError;
use crate::db::index::{BlockPlace, Index};

/// A block that was taken apart and is what its index says.
#[derive(Debug)]
pub(crate) struct Block {
    bytes: Vec<u8>,
    /// All keys, one after the other: in the bytes, each leaves out what it shares with the one before.
    keys: String,
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
        let mut keys = String::new();
        let mut entries: Vec<(Range<usize>, Range<usize>)> = Vec::new();
        let mut last = 0..0;
        while !input.is_at_end() {
            let shared = usize::try_from(input.number()?).unwrap_or(usize::MAX);
            let before = keys.get(last.clone()).unwrap_or_default();
            let Some(shared) = before.get(..shared).map(str::to_owned) else {
                return forged("a key shares more than there is");
            };
            let start = keys.len();
            keys.push_str(&shared);
            keys.push_str(input.text()?);
            let key = start..keys.len();
            let value = input.count()?;
            let end = bytes.len().saturating_sub(input.left());
            let value = end..end.saturating_add(input.bytes(value)?.len());
            let spelled = keys.get(key.clone()).unwrap_or_default();
            if entries.is_empty() && spelled != first {
                return forged("a block begins with another key than its index says");
            }
            if !entries.is_empty() && keys.get(last.clone()).unwrap_or_default() >= spelled {
                return forged("a block is not sorted");
            }
            last = key.clone();
            entries.push((key, value));
        }
        let last = keys.get(last).unwrap_or_default();
        if next.is_some_and(|next| last >= next) {
            return forged("a block holds keys of the next");
        }
        if u64::try_from(entries.len()).ok() != Some(*stated) {
            return forged("a block has other entries than its index says");
        }
        Ok(Self { bytes, keys, entries })
    }

    /// Returns the key and the bytes of an entry.
    pub(crate) fn entry(&self, at: usize) -> Option<(&str, &[u8])> {
        let (key, value) = self.entries.get(at)?;
        Some((self.keys.get(key.clone())?, self.bytes.get(value.clone())?))
    }

    /// Returns the bytes of a key.
    pub(crate) fn find(&self, key: &str) -> Option<&[u8]> {
        let known = |(range, _): &(Range<usize>, Range<usize>)| self.keys.get(range.clone());
        let at = self.entries.binary_search_by(|entry| known(entry).cmp(&Some(key)));
        self.entry(at.ok()?).map(|(_, value)| value)
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, &[u8])> {
        (0..self.entries.len()).filter_map(|at| self.entry(at))
    }
}
