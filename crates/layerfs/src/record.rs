//! How entries lie in memory: one after the other in blocks of bytes, each path without what it
//! shares with the path before it, numbers as varints.
//!
//! Every 16th record stands alone, so that one can be found without reading all before it.

use cutaway_tar::Kind;

use crate::Xattr;
use crate::blocks::Blocks;
use crate::wire::{get, get_bytes, get_u32, put, put_bytes};

/// Records from one that stands alone up to the next.
pub(crate) const BLOCK: u32 = 16;

/// Where a record begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Start {
    block: u32,
    offset: u32,
}

/// One record, borrowed from its block; the path is in the [`Decoder`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record<'a> {
    pub(crate) kind: Kind,
    pub(crate) mode: u32,
    pub(crate) owner: usize,
    pub(crate) size: u64,
    pub(crate) mtime: i64,
    pub(crate) mtime_nanos: u32,
    pub(crate) link: Option<&'a [u8]>,
    pub(crate) device: Option<(u32, u32)>,
    pub(crate) xattrs: Xattrs<'a>,
}

/// Extended attributes, still encoded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Xattrs<'a>(Option<&'a [u8]>);

const KINDS: [Kind; 7] = [
    Kind::File,
    Kind::HardLink,
    Kind::Symlink,
    Kind::CharDevice,
    Kind::BlockDevice,
    Kind::Directory,
    Kind::Fifo,
];
const HAS_NANOS: u64 = 1 << 3;
const HAS_XATTRS: u64 = 1 << 4;

/// Appends records.
#[derive(Debug, Default)]
pub(crate) struct Encoder {
    path: Vec<u8>,
    mtime: i64,
}

impl Encoder {
    /// Appends a record; `alone` when nothing before it may be needed to read it.
    pub(crate) fn push(
        &mut self,
        out: &mut Vec<u8>,
        alone: bool,
        path: &[u8],
        owner: u64,
        meta: &crate::Meta,
    ) {
        if alone {
            *self = Self::default();
        }
        let kind = KINDS.iter().position(|&kind| kind == meta.kind).unwrap_or(0);
        let mut flags = u64::try_from(kind).unwrap_or(0);
        if meta.mtime_nanos != 0 {
            flags |= HAS_NANOS;
        }
        if !meta.xattrs.is_empty() {
            flags |= HAS_XATTRS;
        }
        put(out, flags);
        put_path(out, &mut self.path, path);
        put(out, u64::from(meta.mode));
        put(out, owner);
        put(out, zigzag(meta.mtime.wrapping_sub(self.mtime)));
        self.mtime = meta.mtime;
        if meta.mtime_nanos != 0 {
            put(out, u64::from(meta.mtime_nanos));
        }
        match meta.kind {
            Kind::File => put(out, meta.size),
            Kind::HardLink | Kind::Symlink => {
                put_bytes(out, meta.link.as_deref().unwrap_or_default());
            }
            Kind::CharDevice | Kind::BlockDevice => {
                let (major, minor) = meta.device.unwrap_or_default();
                put(out, u64::from(major));
                put(out, u64::from(minor));
            }
            Kind::Directory | Kind::Fifo | Kind::Other(_) => {}
        }
        if !meta.xattrs.is_empty() {
            put_xattrs(out, &meta.xattrs);
        }
    }
}

/// Reads records in order.
#[derive(Debug, Clone)]
pub(crate) struct Decoder<'a> {
    records: &'a Blocks<u8>,
    /// The number of the block, and what is left of it.
    block: usize,
    rest: &'a [u8],
    path: Vec<u8>,
    mtime: i64,
    at: u32,
}

impl Start {
    /// Returns the place; none where it needs more than 32 bits.
    pub(crate) fn new(block: usize, offset: usize) -> Option<Self> {
        Some(Self { block: u32::try_from(block).ok()?, offset: u32::try_from(offset).ok()? })
    }
}

impl<'a> Decoder<'a> {
    /// Begins with the record `at`, which stands alone at `start`.
    pub(crate) fn new(records: &'a Blocks<u8>, start: Start, at: u32) -> Self {
        let block = usize::try_from(start.block).unwrap_or(usize::MAX);
        let offset = usize::try_from(start.offset).unwrap_or(usize::MAX);
        let rest = records.get(block).and_then(|bytes| bytes.get(offset..)).unwrap_or_default();
        Self { records, block, rest, path: Vec::new(), mtime: 0, at }
    }

    /// Returns the path of the record read last.
    pub(crate) fn path(&self) -> &[u8] {
        &self.path
    }

    /// Returns the number of the record that comes next.
    pub(crate) fn at(&self) -> u32 {
        self.at
    }

    /// Reads a record; none at the end.
    pub(crate) fn next(&mut self) -> Option<Record<'a>> {
        if self.at.is_multiple_of(BLOCK) {
            self.path.clear();
            self.mtime = 0;
            // A block ends where a record stands alone.
            if self.rest.is_empty() {
                self.block = self.block.saturating_add(1);
                self.rest = self.records.get(self.block)?;
            }
        }
        let record = read(&mut self.rest, &mut self.path, &mut self.mtime)?;
        self.at = self.at.saturating_add(1);
        Some(record)
    }
}

/// Reads a record behind the one whose path and time these are, which become its own.
pub(crate) fn read<'a>(
    rest: &mut &'a [u8],
    path: &mut Vec<u8>,
    last_mtime: &mut i64,
) -> Option<Record<'a>> {
    let flags = get(rest)?;
    let kind = *KINDS.get(usize::try_from(flags & 7).ok()?)?;
    get_path(rest, path)?;
    let mode = get_u32(rest)?;
    let owner = usize::try_from(get(rest)?).ok()?;
    let mtime = last_mtime.wrapping_add(unzigzag(get(rest)?));
    *last_mtime = mtime;
    let mtime_nanos = if flags & HAS_NANOS == 0 { 0 } else { get_u32(rest)? };
    let (mut size, mut link, mut device) = (0, None, None);
    match kind {
        Kind::File => size = get(rest)?,
        Kind::HardLink | Kind::Symlink => link = Some(get_bytes(rest)?),
        Kind::CharDevice | Kind::BlockDevice => device = Some((get_u32(rest)?, get_u32(rest)?)),
        Kind::Directory | Kind::Fifo | Kind::Other(_) => {}
    }
    let xattrs = Xattrs(if flags & HAS_XATTRS == 0 { None } else { Some(get_bytes(rest)?) });
    Some(Record { kind, mode, owner, size, mtime, mtime_nanos, link, device, xattrs })
}

impl Xattrs<'_> {
    pub(crate) fn decode(self) -> Vec<Xattr> {
        let mut xattrs = Vec::new();
        let Some(mut rest) = self.0 else { return xattrs };
        while let (Some(name), Some(value)) = (get_bytes(&mut rest), get_bytes(&mut rest)) {
            xattrs.push(Xattr { name: name.into(), value: value.into() });
        }
        xattrs
    }
}

/// Appends a path without what it shares with `last`, which becomes the path.
pub(crate) fn put_path(out: &mut Vec<u8>, last: &mut Vec<u8>, path: &[u8]) {
    let shared = last.iter().zip(path).take_while(|(a, b)| a == b).count();
    let suffix = path.get(shared..).unwrap_or_default();
    put(out, u64::try_from(shared).unwrap_or(0));
    put_bytes(out, suffix);
    last.truncate(shared);
    last.extend_from_slice(suffix);
}

/// Reads a path over the one before it.
pub(crate) fn get_path(rest: &mut &[u8], path: &mut Vec<u8>) -> Option<()> {
    path.truncate(usize::try_from(get(rest)?).ok()?);
    path.extend_from_slice(get_bytes(rest)?);
    Some(())
}

fn put_xattrs(out: &mut Vec<u8>, xattrs: &[Xattr]) {
    let mut encoded = Vec::new();
    for Xattr { name, value } in xattrs {
        put_bytes(&mut encoded, name);
        put_bytes(&mut encoded, value);
    }
    put_bytes(out, &encoded);
}

/// Makes small numbers of either sign small numbers without sign.
fn zigzag(value: i64) -> u64 {
    (value.cast_unsigned() << 1) ^ (value >> 63).cast_unsigned()
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ (value & 1).cast_signed().wrapping_neg()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_round_trip() {
        for value in [0, 1, 127, 128, 300, u64::MAX >> 1, u64::MAX] {
            assert_eq!(zigzag(unzigzag(value)), value);
        }
        assert_eq!([0, -1, 1, i64::MIN].map(zigzag), [0, 1, 2, u64::MAX]);
    }
}
