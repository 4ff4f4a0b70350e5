//! One page of a BerkeleyDB hash, and the items on it: every bound is checked against the page.

use super::Error;
use crate::bytes::{Order, slice};

/// Bytes of the header of a page.
const HEADER: usize = 26;

/// Types of pages.
const HASH_UNSORTED: u8 = 2;
const OVERFLOW: u8 = 7;
const HASH: u8 = 13;

/// A whole page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page<'a> {
    /// Its number, from 0.
    pub(super) number: u32,
    /// All its bytes.
    pub(super) bytes: &'a [u8],
    /// The byte order of its numbers.
    pub(super) order: Order,
}

/// An item of a hash page: a key or a value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item<'a> {
    /// What the bytes are.
    pub(super) kind: Kind,
    /// The bytes behind the type of the item.
    pub(super) bytes: &'a [u8],
}

/// What an item is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// The bytes themselves (`H_KEYDATA`).
    Data,
    /// A pointer to overflow pages (`H_OFFPAGE`).
    Overflow {
        /// The first of them.
        page: u32,
        /// How many bytes lie there.
        len: u32,
    },
    /// Duplicates and external files, which rpm has no use for.
    Other(u8),
}

impl<'a> Page<'a> {
    /// Returns where in the log this page was last written.
    pub(super) fn lsn(&self) -> (u32, u32) {
        (self.u32(0), self.u32(4))
    }

    /// Returns the number of the next page of the chain, 0 for none.
    pub(super) fn next(&self) -> u32 {
        self.u32(16)
    }

    /// Returns how many items the page has.
    pub(super) fn entries(&self) -> u16 {
        self.u16(20).unwrap_or_default()
    }

    /// Returns the type of the page.
    pub(super) fn kind(&self) -> u8 {
        self.bytes.get(25).copied().unwrap_or_default()
    }

    /// Returns whether this is a page of keys and values.
    pub(super) fn is_hash(&self) -> bool {
        matches!(self.kind(), HASH | HASH_UNSORTED)
    }

    /// Returns the item at a place of the page's index.
    ///
    /// Items grow down from the end of the page, so that each ends where the one before it starts.
    pub(super) fn item(&self, at: u16) -> Result<Item<'a>, Error> {
        let broken = |rule: String| Error::page(self.number, format!("item {at} {rule}"));
        let index_end = usize::from(self.entries()).saturating_mul(2).saturating_add(HEADER);
        let start = self.offset(at).ok_or(broken("is outside the index".to_owned()))?;
        let end = match at.checked_sub(1) {
            Some(before) => self.offset(before).ok_or(broken("has no end".to_owned()))?,
            None => self.bytes.len(),
        };
        if start < index_end || start >= end || end > self.bytes.len() {
            return Err(broken(format!(
                "lies from byte {start} to {end}, not between index and end of the page"
            )));
        }
        let Some((&kind, bytes)) = self.bytes.get(start..end).and_then(<[u8]>::split_first) else {
            return Err(broken("is empty".to_owned()));
        };
        let kind = match kind {
            1 => Kind::Data,
            3 => match (self.order.u32(bytes, 3), self.order.u32(bytes, 7)) {
                (Some(page), Some(len)) => Kind::Overflow { page, len },
                _ => return Err(broken("is too short for an overflow pointer".to_owned())),
            },
            other => Kind::Other(other),
        };
        Ok(Item { kind, bytes })
    }

    /// Returns the part of a value that lies on this overflow page; never empty.
    pub(super) fn overflow(&self) -> Result<&'a [u8], Error> {
        if self.kind() != OVERFLOW {
            let rule = format!("a value leads here, but the type is {}, not overflow", self.kind());
            return Err(Error::page(self.number, rule));
        }
        // On overflow pages the offset of free space says how many bytes are in use.
        let len = self.u16(22).unwrap_or_default();
        let part = slice(self.bytes, HEADER, usize::from(len)).filter(|part| !part.is_empty());
        part.ok_or_else(|| {
            Error::page(
                self.number,
                format!("its free offset is {len}, which its data cannot end at"),
            )
        })
    }

    fn offset(&self, at: u16) -> Option<usize> {
        let at = usize::from(at).checked_mul(2)?.checked_add(HEADER)?;
        self.u16(at).map(usize::from)
    }

    fn u16(&self, at: usize) -> Option<u16> {
        self.order.u16(self.bytes, at)
    }

    fn u32(&self, at: usize) -> u32 {
        self.order.u32(self.bytes, at).unwrap_or_default()
    }
}
