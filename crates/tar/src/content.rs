//! Where a reader stands in the content of one member: data, holes, padding.

use crate::block::padding;
use crate::sparse::Region;

/// The content of one member that is still to come.
#[derive(Debug, Default)]
pub(crate) struct Content {
    /// Regions not yet begun; none for an ordinary file, whose one region is `data`.
    regions: std::vec::IntoIter<Region>,
    /// Zeros to report before `data`.
    hole: u64,
    /// Bytes left of the region begun.
    data: u64,
    /// Logical offset of the end of the region begun.
    position: u64,
    /// Logical size of the file.
    size: u64,
    /// Bytes left in the archive, all regions together.
    stored: u64,
    /// Padding left after them.
    padding: u64,
    /// Whether some of the padding was read.
    padded: bool,
    /// What `stored` and `padding` came to at first.
    total: u64,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// So many zeros, which the archive does not hold.
    Hole(u64),
    /// At most so many bytes of data.
    Data(u64),
    /// At most so many bytes of padding.
    Padding(u64),
    /// Nothing.
    End,
}

impl Content {
    /// Content without holes.
    pub(crate) fn plain(size: u64) -> Self {
        let padding = padding(size);
        let total = size.saturating_add(padding);
        Self { data: size, position: size, size, stored: size, padding, total, ..Self::default() }
    }

    /// Content of a sparse file, whose checked regions add up to `stored`.
    pub(crate) fn sparse(regions: Vec<Region>, size: u64, stored: u64) -> Self {
        let padding = padding(stored);
        let total = stored.saturating_add(padding);
        Self { regions: regions.into_iter(), size, stored, padding, total, ..Self::default() }
    }

    pub(crate) fn next(&mut self) -> Next {
        loop {
            if self.hole > 0 {
                return Next::Hole(std::mem::take(&mut self.hole));
            }
            if self.data > 0 {
                return Next::Data(self.data);
            }
            if !self.begin_region() {
                return if self.padding > 0 { Next::Padding(self.padding) } else { Next::End };
            }
        }
    }

    /// Notes that so many bytes of the data that [`Content::next`] offered were read.
    pub(crate) fn read(&mut self, len: u64) {
        self.data = self.data.saturating_sub(len);
        self.stored = self.stored.saturating_sub(len);
    }

    /// Notes that so many bytes of padding were read.
    pub(crate) fn pad(&mut self, len: u64) {
        self.padding = self.padding.saturating_sub(len);
        self.padded |= len > 0;
    }

    /// Returns whether all data was read and nothing behind it.
    pub(crate) fn lacks_padding_only(&self) -> bool {
        self.stored == 0 && !self.padded
    }

    /// Returns how many bytes of the stream belong to this content and are still to come.
    pub(crate) fn remaining(&self) -> u64 {
        self.stored.saturating_add(self.padding)
    }

    /// Returns how many bytes of the stream belong to this content in all.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// Passes over so many bytes of the stream, with the holes before them. Not more than
    /// [`Content::remaining`].
    pub(crate) fn skip(&mut self, mut len: u64) {
        while len > 0 && self.stored > 0 {
            if self.data == 0 && !self.begin_region() {
                break;
            }
            self.hole = 0;
            let part = self.data.min(len);
            self.read(part);
            len = len.saturating_sub(part);
        }
        self.pad(len);
    }

    /// Begins the next region, or the hole after the last one; false if there is neither.
    fn begin_region(&mut self) -> bool {
        let (start, end) = match self.regions.next() {
            Some(region) => (region.offset, region.offset.saturating_add(region.len)),
            None if self.position < self.size => (self.size, self.size),
            None => return false,
        };
        self.hole = start.saturating_sub(self.position);
        self.data = end.saturating_sub(start);
        self.position = end;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sparse() -> Content {
        let regions = [(10, 4), (14, 0), (20, 6)].map(|(offset, len)| Region { offset, len });
        Content::sparse(regions.into(), 100, 10)
    }

    #[test]
    fn walks_regions() {
        let mut content = sparse();
        let mut steps = Vec::new();
        loop {
            let next = content.next();
            steps.push(next);
            match next {
                Data(len) => content.read(len),
                Padding(len) => content.pad(len),
                Hole(_) => {}
                End => break,
            }
        }
        use Next::{Data, End, Hole, Padding};
        assert_eq!(steps, [Hole(10), Data(4), Hole(6), Data(6), Hole(74), Padding(502), End]);
        assert_eq!(content.remaining(), 0);
    }

    #[test]
    fn skips_across_regions() {
        for skipped in 0..=512 {
            let mut content = sparse();
            content.skip(skipped);
            assert_eq!(content.remaining(), 512 - skipped, "{skipped}");
        }
        let mut content = sparse();
        content.skip(5);
        assert_eq!(content.next(), Next::Data(5));
        let mut content = Content::plain(3);
        content.skip(512);
        assert_eq!(content.next(), Next::End);
    }
}
