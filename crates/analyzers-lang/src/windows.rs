//! Parts of a file that are held, by their place in it.

use std::borrow::Cow;

/// Parts of a file; they may overlap.
#[derive(Debug, Default)]
pub(crate) struct Windows<'a> {
    size: u64,
    parts: Vec<(u64, Cow<'a, [u8]>)>,
}

impl<'a> Windows<'a> {
    /// Returns a file of which all is there.
    pub(crate) fn whole(content: &'a [u8]) -> Self {
        let size = cutaway_tar::len64(content.len());
        Self { size, parts: vec![(0, Cow::Borrowed(content))] }
    }

    /// Returns a file of so many bytes of which nothing is held yet.
    pub(crate) fn of_size(size: u64) -> Self {
        Self { size, parts: Vec::new() }
    }

    /// Adds a part.
    pub(crate) fn add(&mut self, start: u64, bytes: Vec<u8>) {
        self.parts.push((start, Cow::Owned(bytes)));
    }

    /// Adds a part that is held elsewhere.
    pub(crate) fn show(&mut self, start: u64, bytes: &'a [u8]) {
        self.parts.push((start, Cow::Borrowed(bytes)));
    }

    /// Returns the size of the file.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Returns some bytes, where one part holds them all.
    pub(crate) fn get(&self, start: u64, len: u64) -> Option<&[u8]> {
        self.parts.iter().find_map(|(at, bytes)| {
            let from = usize::try_from(start.checked_sub(*at)?).ok()?;
            let to = from.checked_add(usize::try_from(len).ok()?)?;
            bytes.get(from..to)
        })
    }

    /// Returns what is held from a place on, at most so many bytes.
    pub(crate) fn from(&self, start: u64, most: u64) -> &[u8] {
        let held = self.parts.iter().filter_map(|(at, bytes)| {
            let from = usize::try_from(start.checked_sub(*at)?).ok()?;
            let rest = bytes.get(from..)?;
            let most = usize::try_from(most).unwrap_or(usize::MAX);
            Some(rest.get(..most).unwrap_or(rest))
        });
        held.max_by_key(|rest| rest.len()).unwrap_or_default()
    }
}

/// Numbers in the byte order of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) big: bool,
}

impl Order {
    /// Returns the number of these bytes, at most eight.
    pub(crate) fn number(self, bytes: &[u8]) -> u64 {
        let fold = |number: u64, byte: &u8| (number << 8) | u64::from(*byte);
        match self.big {
            true => bytes.iter().take(8).fold(0, fold),
            false => bytes.iter().take(8).rev().fold(0, fold),
        }
    }

    /// Returns the number of so many bytes at a place; none where they are not there.
    pub(crate) fn at(self, bytes: &[u8], start: usize, len: usize) -> Option<u64> {
        Some(self.number(bytes.get(start..start.checked_add(len)?)?))
    }
}
