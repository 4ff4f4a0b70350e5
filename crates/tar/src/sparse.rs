//! Maps of sparse files: which regions of a file the archive holds (GNU tar manual, "Storing Sparse
//! Files": the old GNU form and the PAX forms 0.0, 0.1 and 1.0).

use crate::{ErrorKind, len64, number};

/// A region with data; what lies between regions is zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Region {
    pub(crate) offset: u64,
    pub(crate) len: u64,
}

/// The `GNU.sparse.` records of an extended header.
///
/// Values are texts until the file turns out to be sparse: versions are compared as such.
#[derive(Debug, Default)]
pub(crate) struct PaxSparse {
    pub(crate) name: Box<[u8]>,
    major: Box<[u8]>,
    minor: Box<[u8]>,
    size: Box<[u8]>,
    real_size: Box<[u8]>,
    blocks: Box<[u8]>,
    /// The list of form 0.1.
    map: Box<[u8]>,
    /// Records of form 0.0 so far; they replace the list, whichever comes first.
    pairs: usize,
    /// Their values as a list.
    joined: Vec<u8>,
}

/// Which form of sparse file an extended header announces.
pub(crate) enum Form {
    /// None.
    Plain,
    /// One that nobody defined.
    Unknown,
    /// 0.0 or 0.1: the map is in the extended header.
    InHeader,
    /// 1.0: the map stands in front of the content.
    InContent,
}

impl PaxSparse {
    /// Takes one record, by its key after `GNU.sparse.`.
    pub(crate) fn set(&mut self, key: &[u8], value: &[u8]) -> Result<(), &'static str> {
        match key {
            b"name" => self.name = value.into(),
            b"major" => self.major = value.into(),
            b"minor" => self.minor = value.into(),
            b"size" => self.size = value.into(),
            b"realsize" => self.real_size = value.into(),
            b"numblocks" => self.blocks = value.into(),
            b"map" => self.map = value.into(),
            b"offset" | b"numbytes" => {
                let odd = self.pairs & 1 == 1;
                if odd != (key == b"numbytes") {
                    return Err("sparse offsets and lengths do not take turns");
                }
                if value.contains(&b',') {
                    return Err("comma in a sparse offset or length");
                }
                if self.pairs > 0 {
                    self.joined.push(b',');
                }
                self.pairs = self.pairs.saturating_add(1);
                self.joined.extend_from_slice(value);
            }
            _ => {}
        }
        Ok(())
    }

    pub(crate) fn form(&self) -> Form {
        match (&*self.major, &*self.minor) {
            (b"0", b"0" | b"1") => Form::InHeader,
            (b"1", b"0") => Form::InContent,
            (b"", b"") if self.list().is_empty() => Form::Plain,
            (b"", b"") => Form::InHeader,
            _ => Form::Unknown,
        }
    }

    /// Returns the logical size, where one is given.
    pub(crate) fn logical_size(&self) -> Result<Option<u64>, ErrorKind> {
        let text = if self.size.is_empty() { &self.real_size } else { &self.size };
        if text.is_empty() {
            return Ok(None);
        }
        let rule = "size of a sparse file is not a number";
        number::decimal(text).map(Some).ok_or(ErrorKind::Sparse { rule })
    }

    /// Returns the map of the forms 0.0 and 0.1, which has as many regions as the header says.
    pub(crate) fn regions(&self) -> Result<Vec<Region>, ErrorKind> {
        let list = self.list();
        let numbers = list
            .split(|&byte| byte == b',')
            .filter(|_| !list.is_empty())
            .map(number::decimal)
            .collect::<Option<Vec<u64>>>()
            .ok_or(ErrorKind::Sparse { rule: "sparse map is not a list of numbers" })?;
        let blocks = number::decimal(&self.blocks)
            .ok_or(ErrorKind::Sparse { rule: "the count of regions is not a number" })?;
        let regions = pair(&numbers)?;
        if len64(regions.len()) != blocks {
            return Err(ErrorKind::Sparse { rule: "not as many regions as the header counts" });
        }
        Ok(regions)
    }

    fn list(&self) -> &[u8] {
        if self.pairs > 0 { &self.joined } else { &self.map }
    }
}

/// Reads a form 1.0 map, block by block: a count, then offsets and lengths, a decimal a line.
#[derive(Debug, Default)]
pub(crate) struct MapReader {
    line: Vec<u8>,
    wanted: Option<u64>,
    numbers: Vec<u64>,
}

impl MapReader {
    /// Takes one block and returns whether the map is complete; the rest of the block is padding.
    pub(crate) fn block(&mut self, block: &[u8]) -> Result<bool, ErrorKind> {
        for &byte in block {
            if self.is_complete() {
                return Ok(true);
            }
            if byte != b'\n' {
                self.line.push(byte);
                continue;
            }
            let value = number::decimal(&self.line);
            let value = value.ok_or(ErrorKind::Sparse { rule: "a line is not a number" })?;
            self.line.clear();
            match self.wanted {
                None => {
                    let wanted = value.checked_mul(2);
                    self.wanted =
                        Some(wanted.ok_or(ErrorKind::Sparse { rule: "too many regions" })?);
                }
                Some(_) => self.numbers.push(value),
            }
        }
        Ok(self.is_complete())
    }

    pub(crate) fn regions(&self) -> Result<Vec<Region>, ErrorKind> {
        pair(&self.numbers)
    }

    fn is_complete(&self) -> bool {
        let have = len64(self.numbers.len());
        self.wanted.is_some_and(|wanted| have >= wanted)
    }
}

/// Reads the regions of an old GNU sparse header or of one of its continuation blocks: pairs of
/// twelve-byte numbers, ended early by one without an offset.
pub(crate) fn old_regions(fields: &[u8], regions: &mut Vec<Region>) -> Result<(), ErrorKind> {
    for field in fields.chunks_exact(24) {
        let (offset, len) = field.split_at_checked(12).unwrap_or_default();
        if offset.first() == Some(&0) {
            break;
        }
        let offset = number::unsigned("sparse offset", offset)?;
        regions.push(Region { offset, len: number::unsigned("sparse length", len)? });
    }
    Ok(())
}

/// Checks that a map is in order, without overlap, ends within the logical size and accounts for
/// every stored byte, as Go's `archive/tar` demands.
pub(crate) fn check(regions: &[Region], size: u64, stored: u64) -> Result<(), ErrorKind> {
    let mut end = 0_u64;
    let mut sum = 0_u64;
    for region in regions {
        if region.offset < end {
            return Err(ErrorKind::Sparse { rule: "regions overlap or are out of order" });
        }
        end = region
            .offset
            .checked_add(region.len)
            .ok_or(ErrorKind::Sparse { rule: "region overflows" })?;
        // No overflow: the regions lie apart below `end`.
        sum = sum.saturating_add(region.len);
    }
    if end > size {
        return Err(ErrorKind::Sparse { rule: "a region lies beyond the size of the file" });
    }
    if sum != stored {
        return Err(ErrorKind::Sparse { rule: "regions do not add up to what is stored" });
    }
    Ok(())
}

fn pair(numbers: &[u64]) -> Result<Vec<Region>, ErrorKind> {
    let (pairs, rest) = numbers.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(ErrorKind::Sparse { rule: "an offset without a length" });
    }
    Ok(pairs.iter().map(|&[offset, len]| Region { offset, len }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_maps_in_content() {
        let mut map = MapReader::default();
        assert_eq!(map.block(b"2\n0\n5\n10"), Ok(false));
        assert_eq!(map.block(b"00\n7\n\0\0\0"), Ok(true));
        let regions = map.regions().unwrap();
        assert_eq!(regions, [Region { offset: 0, len: 5 }, Region { offset: 1000, len: 7 }]);
        assert_eq!(MapReader::default().block(b"0\n\0\0"), Ok(true));
        assert_eq!(MapReader::default().block(b"+00000000000000000000000\n"), Ok(true));
        for bad in [&b"x\n"[..], b"-1\n", b"\n", b"11111111111111111111\n", b"1\n\0\0\n"] {
            assert!(MapReader::default().block(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn checks_maps() {
        let regions = |pairs: &[(u64, u64)]| -> Vec<Region> {
            pairs.iter().map(|&(offset, len)| Region { offset, len }).collect()
        };
        for (pairs, size, stored, good) in [
            (&[][..], 5, 0, true),
            (&[(0, 5), (5, 0)], 5, 5, true),
            (&[(0, 5), (4, 1)], 5, 6, false),
            (&[(3, 3)], 5, 3, false),
            (&[(0, 3)], 5, 4, false),
            (&[(0, 3)], 5, 2, false),
            (&[(u64::MAX, 3)], 5, 3, false),
        ] {
            assert_eq!(check(&regions(pairs), size, stored).is_ok(), good, "{pairs:?}");
        }
    }
}
