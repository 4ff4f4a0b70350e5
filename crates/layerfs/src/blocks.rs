//! Storage that grows block by block; what is in a full block stays where it is.
//!
//! A vector that grows is copied while its old place is still taken, and what an allocator makes of
//! the places that it leaves depends on chance. Blocks take what their content takes.

use std::mem::replace;

/// Blocks of items, all but the last closed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Blocks<T> {
    closed: Vec<Vec<T>>,
    last: Vec<T>,
}

/// Items by number, in blocks: what is there stays where it is when more is added.
#[derive(Debug, Clone)]
pub struct Items<T>(Blocks<T>);

/// Short byte strings, one after the other.
#[derive(Debug, Clone, Default)]
pub(crate) struct Texts {
    blocks: Blocks<u8>,
    len: usize,
}

/// Where a byte string stands in its [`Texts`]: number of the block and offset, 16 bits each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Text {
    at: u32,
    len: u16,
}

/// Storage that can take no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

/// The logarithm of how many items a block has.
const ITEMS: u32 = 10;
/// The logarithm of how many bytes a block of text has, so that the longest text fits.
const BYTES: u32 = 16;

impl<T> Blocks<T> {
    /// Returns the last block, and its number; a new one where that would have more than `size`
    /// items with `more`. The first grows as a vector does, so that little takes little.
    pub(crate) fn room(&mut self, more: usize, size: usize) -> (usize, &mut Vec<T>) {
        if !self.last.is_empty() && self.last.len().saturating_add(more) > size {
            self.closed.push(replace(&mut self.last, Vec::with_capacity(size)));
        }
        (self.closed.len(), &mut self.last)
    }

    /// Returns the last block.
    pub(crate) fn last(&mut self) -> &mut Vec<T> {
        &mut self.last
    }

    /// Returns the blocks in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[T]> {
        self.closed.iter().chain([&self.last]).map(Vec::as_slice)
    }

    pub(crate) fn get(&self, block: usize) -> Option<&[T]> {
        if block == self.closed.len() {
            return Some(&self.last);
        }
        self.closed.get(block).map(Vec::as_slice)
    }

    fn get_mut(&mut self, block: usize) -> Option<&mut [T]> {
        if block == self.closed.len() {
            return Some(&mut self.last);
        }
        self.closed.get_mut(block).map(Vec::as_mut_slice)
    }

    /// Returns the bytes of memory that the items take.
    pub(crate) fn memory(&self) -> usize {
        let blocks = self.closed.iter().chain([&self.last]);
        let items = blocks.map(Vec::capacity).fold(0, usize::saturating_add);
        let closed = self.closed.capacity().saturating_mul(size_of::<Vec<T>>());
        items.saturating_mul(size_of::<T>()).saturating_add(closed)
    }
}

impl<T> Items<T> {
    pub(crate) fn new(first: T) -> Self {
        Self(Blocks { closed: Vec::new(), last: vec![first] })
    }

    /// Returns the number of items.
    pub fn len(&self) -> usize {
        (self.0.closed.len() << ITEMS).saturating_add(self.0.last.len())
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the item of a number.
    pub fn get(&self, number: usize) -> Option<&T> {
        self.0.get(number >> ITEMS)?.get(within(number, ITEMS))
    }

    pub(crate) fn get_mut(&mut self, number: usize) -> Option<&mut T> {
        self.0.get_mut(number >> ITEMS)?.get_mut(within(number, ITEMS))
    }

    /// Adds an item, whose number is how many there were.
    pub fn push(&mut self, item: T) {
        self.0.room(1, 1 << ITEMS).1.push(item);
    }

    /// Returns the bytes of memory that the items take.
    pub(crate) fn memory(&self) -> usize {
        self.0.memory()
    }
}

impl<T> Default for Items<T> {
    fn default() -> Self {
        Self(Blocks { closed: Vec::new(), last: Vec::new() })
    }
}

impl Texts {
    pub(crate) fn push(&mut self, text: &[u8]) -> Result<Text, Full> {
        let len = u16::try_from(text.len()).map_err(|_| Full)?;
        let (number, block) = self.blocks.room(text.len(), 1 << BYTES);
        let number = u16::try_from(number).map_err(|_| Full)?;
        let offset = u32::try_from(block.len()).map_err(|_| Full)?;
        block.extend_from_slice(text);
        self.len = self.len.saturating_add(text.len());
        Ok(Text { at: (u32::from(number) << BYTES) | offset, len })
    }

    /// Returns a text that was pushed here.
    pub(crate) fn get(&self, Text { at, len }: Text) -> &[u8] {
        let at = usize::try_from(at).unwrap_or(usize::MAX);
        let offset = within(at, BYTES);
        let block = self.blocks.get(at >> BYTES).unwrap_or_default();
        block.get(offset..offset.saturating_add(usize::from(len))).unwrap_or_default()
    }

    /// Returns how many bytes there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Returns the bytes of memory that the texts take.
    pub(crate) fn memory(&self) -> usize {
        self.blocks.memory()
    }
}

/// Returns the position of an item in its block.
fn within(number: usize, size: u32) -> usize {
    number & !(usize::MAX << size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_found_by_number() {
        let mut items = Items::new(0);
        (1..5000).for_each(|n| items.push(n));
        assert_eq!(items.len(), 5000);
        assert!((0..5000).all(|n| items.get(n) == Some(&n)));
        *items.get_mut(2048).unwrap() = 7;
        assert_eq!(
            (items.get(2047), items.get(2048), items.get(5000)),
            (Some(&2047), Some(&7), None)
        );
        assert_eq!((items.get(usize::MAX), items.get(1 << 20)), (None, None));
    }

    #[test]
    fn texts_of_every_length_are_found() {
        let mut texts = Texts::default();
        let lengths = [0, 1, 65_535, 1, 0, 65_534, 1, 1, 40_000, 40_000, 0];
        let all: Vec<_> = lengths.iter().map(|&len| vec![b'x'; len]).collect();
        let places: Vec<_> = all.iter().map(|text| texts.push(text).unwrap()).collect();
        for (text, place) in all.iter().zip(places) {
            assert_eq!(texts.get(place), text);
        }
        assert_eq!(texts.len(), lengths.iter().sum::<usize>());
        assert_eq!(texts.push(&[0; 65_536]), Err(Full));
    }
}
