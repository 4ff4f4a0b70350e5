//! Zip archives by their central directory (APPNOTE.TXT), which is what Java and Python see.
//!
//! Nothing is allocated by a size that an archive claims: entries are unpacked up to a limit and their
//! checksum is compared.

use std::io::Read as _;
use std::ops::Range;

use flate2::Crc;
use flate2::read::DeflateDecoder;

use crate::windows::Order;

/// What an archive may have: entries, and bytes of its directory.
const ENTRIES: usize = 200_000;
const DIRECTORY: usize = 32 << 20;
/// The longest name that is kept.
const NAME: usize = 4 << 10;
const ORDER: Order = Order { big: false };

/// An archive.
#[derive(Debug)]
pub(crate) struct Zip<'a> {
    content: &'a [u8],
    /// What stands in front of the archive, such as a script.
    before: usize,
    pub(crate) entries: Vec<Entry<'a>>,
}

/// An entry of the directory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry<'a> {
    pub(crate) name: &'a [u8],
    method: u64,
    flags: u64,
    crc: u32,
    packed: u64,
    at: u64,
}

/// Why an archive or an entry cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// There is no directory.
    NoZip,
    Broken(&'static str),
    OverLimit(&'static str),
    Encrypted,
    Method,
}

impl<'a> Zip<'a> {
    /// Reads the directory.
    pub(crate) fn read(content: &'a [u8]) -> Result<Self, Trouble> {
        let (directory, count, start) = directory(content).ok_or(Trouble::NoZip)?;
        if directory.len() > DIRECTORY {
            return Err(Trouble::OverLimit("a directory of 32 MiB"));
        }
        if count > ENTRIES {
            return Err(Trouble::OverLimit("200,000 entries"));
        }
        let bytes =
            content.get(directory.clone()).ok_or(Trouble::Broken("its directory is cut off"))?;
        let mut zip =
            Self { content, before: directory.start.saturating_sub(start), entries: Vec::new() };
        let mut rest = bytes;
        while rest.starts_with(b"PK\x01\x02") {
            if zip.entries.len() >= ENTRIES {
                return Err(Trouble::OverLimit("200,000 entries"));
            }
            let (entry, left) =
                entry(rest).ok_or(Trouble::Broken("an entry of its directory is cut off"))?;
            if entry.name.len() <= NAME {
                zip.entries.push(entry);
            }
            rest = left;
        }
        match zip.entries.is_empty() && count > 0 {
            true => Err(Trouble::Broken("its directory has no entry, and says that it has some")),
            false => Ok(zip),
        }
    }

    /// Returns the entry of a name: of several the last.
    pub(crate) fn find(&self, name: &[u8]) -> Option<&Entry<'a>> {
        self.entries.iter().rev().find(|entry| entry.name == name)
    }

    /// Returns the content of an entry of at most so many bytes; `left` is what may still be unpacked of all
    /// archives together.
    pub(crate) fn unpack(
        &self,
        entry: &Entry<'_>,
        most: u64,
        left: &mut u64,
    ) -> Result<Vec<u8>, Trouble> {
        if entry.flags & 1 != 0 {
            return Err(Trouble::Encrypted);
        }
        let packed = self.packed(entry).ok_or(Trouble::Broken("an entry is cut off"))?;
        let most = most.min(*left);
        let mut content = Vec::new();
        let limit = most.saturating_add(1);
        let read = match entry.method {
            0 => packed.take(limit).read_to_end(&mut content),
            8 => DeflateDecoder::new(packed).take(limit).read_to_end(&mut content),
            _ => return Err(Trouble::Method),
        };
        read.map_err(|_| Trouble::Broken("an entry cannot be unpacked"))?;
        let len = cutaway_tar::len64(content.len());
        if len > most {
            return Err(Trouble::OverLimit("64 MiB of one entry, or 1 GiB of all"));
        }
        *left = left.saturating_sub(len);
        let mut crc = Crc::new();
        crc.update(&content);
        match crc.sum() == entry.crc {
            true => Ok(content),
            false => Err(Trouble::Broken("an entry has another checksum than is stated")),
        }
    }

    fn packed(&self, entry: &Entry<'_>) -> Option<&'a [u8]> {
        let start = usize::try_from(entry.at).ok()?.checked_add(self.before)?;
        let header = self.content.get(start..)?;
        if !header.starts_with(b"PK\x03\x04") {
            return None;
        }
        let len = |at: usize| ORDER.at(header, at, 2).and_then(|it| usize::try_from(it).ok());
        let from = 30_usize.checked_add(len(26)?)?.checked_add(len(28)?)?;
        header.get(from..)?.get(..usize::try_from(entry.packed).ok()?)
    }
}

/// Returns where the directory lies, how many entries it is to have, and where it says that it starts.
fn directory(content: &[u8]) -> Option<(Range<usize>, usize, usize)> {
    /// What stands at the end, and the longest comment behind it.
    const END: usize = 22;
    const COMMENT: usize = 65_535;
    let from = content.len().saturating_sub(END.saturating_add(COMMENT));
    let tail = content.get(from..)?;
    let found = tail.windows(4).enumerate().rev().find(|(at, mark)| {
        let comment = at.checked_add(20).and_then(|at| ORDER.at(tail, at, 2));
        let end =
            comment.and_then(|len| usize::try_from(len).ok()?.checked_add(*at)?.checked_add(END));
        *mark == b"PK\x05\x06" && end.is_some_and(|end| end <= tail.len())
    });
    let at = from.checked_add(found?.0)?;
    let field =
        |record: &[u8], at, len| ORDER.at(record, at, len).and_then(|it| usize::try_from(it).ok());
    let end = content.get(at..)?;
    let (mut count, mut len, mut start) =
        (field(end, 10, 2)?, field(end, 12, 4)?, field(end, 16, 4)?);
    let mut behind = at;
    if count == 0xffff || len == 0xffff_ffff || start == 0xffff_ffff {
        let locator = at.checked_sub(20).and_then(|at| content.get(at..))?;
        if locator.starts_with(b"PK\x06\x07") {
            let stated = field(locator, 8, 8)?;
            // Its place is stated without what stands in front of the archive.
            let near = at.checked_sub(76);
            let record = [Some(stated), near]
                .into_iter()
                .flatten()
                .find(|at| content.get(*at..).is_some_and(|it| it.starts_with(b"PK\x06\x06")))?;
            let large = content.get(record..)?;
            (count, len, start) =
                (field(large, 32, 8)?, field(large, 40, 8)?, field(large, 48, 8)?);
            behind = record;
        }
    }
    let begin = behind.checked_sub(len)?;
    // What a tool put between the directory and its end is passed over where it says where it starts.
    let is_there = |at: usize| content.get(at..).is_some_and(|it| it.starts_with(b"PK\x01\x02"));
    let begin = if !is_there(begin) && is_there(start) { start } else { begin };
    Some((begin..begin.checked_add(len)?, count, start.min(begin)))
}

fn entry(record: &[u8]) -> Option<(Entry<'_>, &[u8])> {
    let field = |at, len| ORDER.at(record, at, len);
    let size = |at| field(at, 2).and_then(|it| usize::try_from(it).ok());
    let (name, extra, comment) = (size(28)?, size(30)?, size(32)?);
    let behind_name = 46_usize.checked_add(name)?;
    let behind_extra = behind_name.checked_add(extra)?;
    let mut entry = Entry {
        name: record.get(46..behind_name)?,
        method: field(10, 2)?,
        flags: field(8, 2)?,
        crc: u32::try_from(field(16, 4)?).ok()?,
        packed: field(20, 4)?,
        at: field(42, 4)?,
    };
    let full = field(24, 4)? == 0xffff_ffff;
    let mut extras = record.get(behind_name..behind_extra)?;
    while let Some((head, rest)) = extras.split_at_checked(4) {
        let len = ORDER.at(head, 2, 2).and_then(|it| usize::try_from(it).ok())?;
        let (field, left) = rest.split_at_checked(len).unwrap_or((rest, &[]));
        if ORDER.at(head, 0, 2) == Some(1) {
            // Only what did not fit stands here: size, packed size, place.
            let mut numbers = field.chunks_exact(8).map(|it| ORDER.number(it));
            if full {
                numbers.next();
            }
            if entry.packed == 0xffff_ffff {
                entry.packed = numbers.next()?;
            }
            if entry.at == 0xffff_ffff {
                entry.at = numbers.next()?;
            }
        }
        extras = left;
    }
    Some((entry, record.get(behind_extra.checked_add(comment)?..)?))
}
