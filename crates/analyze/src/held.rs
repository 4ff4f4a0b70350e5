//! The bytes of one file that are held while it comes by: all, or windows of it.

use std::ops::Range;

use cutaway_tar::len64;

/// What is held of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Held {
    size: u64,
    whole: bool,
    /// Parts that neither touch nor overlap, in order; each is filled from its start.
    parts: Vec<Part>,
    /// How many bytes have come by.
    at: u64,
    /// The first part that is not full.
    next: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    range: Range<u64>,
    bytes: Vec<u8>,
}

impl Held {
    /// Holds all of a file of so many bytes.
    pub fn whole(size: u64) -> Self {
        let parts = vec![Part { range: 0..size, bytes: Vec::new() }];
        Self { size, whole: true, parts, at: 0, next: 0 }
    }

    /// Holds these ranges of a file of so many bytes; what lies behind its end is left out.
    pub fn windows(size: u64, ranges: &[Range<u64>]) -> Self {
        let part = |range: Range<u64>| Part { range, bytes: Vec::new() };
        let parts: Vec<Part> = union(size, ranges).into_iter().map(part).collect();
        Self { size, whole: false, parts, at: 0, next: 0 }
    }

    /// Takes the next bytes of the file.
    pub fn push(&mut self, bytes: &[u8]) {
        self.fill(len64(bytes.len()), |part, from, to| {
            part.extend_from_slice(bytes.get(from..to).unwrap_or_default());
        });
    }

    /// Takes so many zero bytes.
    pub fn skip(&mut self, zeros: u64) {
        self.fill(zeros, |part, from, to| {
            part.resize(part.len().saturating_add(to.saturating_sub(from)), 0);
        });
    }

    /// Returns all bytes, where all are held.
    pub fn all(&self) -> Option<&[u8]> {
        if !self.whole {
            return None;
        }
        self.parts.first().map(|part| part.bytes.as_slice())
    }

    /// Returns some bytes, where they are held.
    pub fn get(&self, range: Range<u64>) -> Option<&[u8]> {
        if range.is_empty() {
            return (range.start <= self.size).then_some(&[]);
        }
        let before = self.parts.partition_point(|part| part.range.end <= range.start);
        let part = self.parts.get(before)?;
        let from = usize::try_from(range.start.checked_sub(part.range.start)?).ok()?;
        let to = usize::try_from(range.end.checked_sub(part.range.start)?).ok()?;
        part.bytes.get(from..to)
    }

    /// Returns what is held of the start.
    pub fn head(&self) -> &[u8] {
        let first = self.parts.first().filter(|part| part.range.start == 0);
        first.map(|part| part.bytes.as_slice()).unwrap_or_default()
    }

    /// Returns the number of bytes that are held.
    pub fn len(&self) -> u64 {
        self.parts.iter().map(|part| len64(part.bytes.len())).fold(0, u64::saturating_add)
    }

    /// Returns whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Gives `take` what of the next `len` bytes belongs to parts, as positions among them. A part is
    /// part of the file, whose size was checked, so these fit into memory.
    fn fill(&mut self, len: u64, mut take: impl FnMut(&mut Vec<u8>, usize, usize)) {
        let end = self.at.saturating_add(len);
        while let Some(part) = self.parts.get_mut(self.next) {
            let from = part.range.start.max(self.at);
            let to = part.range.end.min(end);
            if from < to {
                let offset = |place: u64| {
                    usize::try_from(place.saturating_sub(self.at)).unwrap_or(usize::MAX)
                };
                take(&mut part.bytes, offset(from), offset(to));
            }
            if part.range.end > end {
                break;
            }
            self.next = self.next.saturating_add(1);
        }
        self.at = end;
    }
}

/// Returns ranges of a file of so many bytes without what overlaps, sorted.
pub(crate) fn union(size: u64, ranges: &[Range<u64>]) -> Vec<Range<u64>> {
    let within = ranges.iter().map(|range| range.start.min(size)..range.end.min(size));
    let mut sorted: Vec<Range<u64>> = within.filter(|range| !range.is_empty()).collect();
    sorted.sort_unstable_by_key(|range| range.start);
    let mut joined: Vec<Range<u64>> = Vec::new();
    for range in sorted {
        match joined.last_mut().filter(|last| range.start <= last.end) {
            Some(last) => last.end = last.end.max(range.end),
            None => joined.push(range),
        }
    }
    joined
}

/// Returns how many bytes ranges have that do not overlap.
pub(crate) fn total(ranges: &[Range<u64>]) -> u64 {
    let lengths = ranges.iter().map(|range| range.end.saturating_sub(range.start));
    lengths.fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Every byte that is in a window is held as it is in the file, for any windows and chunks.
        #[test]
        fn holds_what_it_was_told_to(
            content in proptest::collection::vec(any::<u8>(), 0..200),
            ranges in proptest::collection::vec((0_u64..250, 0_u64..60), 0..6),
            chunk in 1_usize..40,
        ) {
            let size = len64(content.len());
            let ranges: Vec<Range<u64>> =
                ranges.iter().map(|&(at, len)| at..at.saturating_add(len)).collect();
            let mut held = Held::windows(size, &ranges);
            let mut whole = Held::whole(size);
            for chunk in content.chunks(chunk) {
                if chunk.iter().all(|&byte| byte == 0) {
                    held.skip(len64(chunk.len()));
                } else {
                    held.push(chunk);
                }
                whole.push(chunk);
            }
            prop_assert_eq!(whole.all(), Some(content.as_slice()));
            for range in &ranges {
                let of = |place: u64| usize::try_from(place.min(size)).unwrap();
                let cut = range.start.min(size)..range.end.min(size);
                prop_assert_eq!(held.get(cut.clone()), content.get(of(cut.start)..of(cut.end)));
            }
            let joined = union(size, &ranges);
            prop_assert_eq!(held.len(), total(&joined));
            for at in 0..size {
                let is_in = joined.iter().any(|range| range.contains(&at));
                prop_assert_eq!(held.get(at..at.saturating_add(1)).is_some(), is_in);
            }
        }
    }
}
