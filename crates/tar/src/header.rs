//! One 512-byte header block, taken apart (POSIX.1-2017 `pax`, "ustar Interchange Format"; the GNU
//! tar manual, "Basic Tar Format").

use crate::block::BLOCK;
use crate::{ErrorKind, Kind, number};

/// A header block whose checksum is right.
#[derive(Clone, Copy)]
pub(crate) struct Header<'a>(&'a [u8; BLOCK]);

/// The dialect of a header, by its magic.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// No magic: names of 100 bytes and little else.
    V7,
    /// `ustar` and NUL: a prefix of 155 bytes for the name; also that of PAX archives.
    Ustar,
    /// As ustar, with the prefix cut to 131 bytes for times.
    Star,
    /// `ustar` and two blanks: other things where the prefix is.
    Gnu,
}

impl<'a> Header<'a> {
    /// Checks the checksum, which is that of the block with blanks in the checksum field.
    pub(crate) fn parse(block: &'a [u8; BLOCK]) -> Result<Self, ErrorKind> {
        let header = Self(block);
        let stored =
            number::signed("checksum", header.field(148, 8)).map_err(|_| ErrorKind::Checksum)?;
        // At most 512 × 255, so that no sum here can overflow.
        let sum = |bytes: &[u8]| bytes.iter().map(|&byte| i64::from(byte)).sum::<i64>();
        let blank = i64::from(b' ').saturating_mul(8);
        let unsigned = sum(block).saturating_sub(sum(header.field(148, 8))).saturating_add(blank);
        if stored == unsigned {
            return Ok(header);
        }
        // Some old writers summed signed bytes; GNU tar and Go accept both.
        let high = |bytes: &[u8]| bytes.iter().map(|&byte| i64::from(byte >> 7) << 8).sum::<i64>();
        let correction = high(block).saturating_sub(high(header.field(148, 8)));
        if stored == unsigned.saturating_sub(correction) {
            Ok(header)
        } else {
            Err(ErrorKind::Checksum)
        }
    }

    pub(crate) fn dialect(self) -> Dialect {
        match (self.field(257, 6), self.field(263, 2), self.field(508, 4)) {
            (b"ustar\0", _, b"tar\0") => Dialect::Star,
            (b"ustar\0", ..) => Dialect::Ustar,
            (b"ustar ", b" \0", _) => Dialect::Gnu,
            _ => Dialect::V7,
        }
    }

    /// Returns the prefix, empty where there is none, and the name.
    pub(crate) fn name(self) -> (&'a [u8], &'a [u8]) {
        let prefix = match self.dialect() {
            Dialect::Ustar => text(self.field(345, 155)),
            Dialect::Star => text(self.field(345, 131)),
            Dialect::V7 | Dialect::Gnu => b"",
        };
        (prefix, text(self.field(0, 100)))
    }

    pub(crate) fn link(self) -> &'a [u8] {
        text(self.field(157, 100))
    }

    pub(crate) fn flag(self) -> u8 {
        self.field(156, 1).first().copied().unwrap_or_default()
    }

    /// Returns what kind of member a type flag means, but for what only the name can tell.
    pub(crate) fn kind(self) -> Kind {
        match self.flag() {
            0 | b'0' | b'7' | b'S' => Kind::File,
            b'1' => Kind::HardLink,
            b'2' => Kind::Symlink,
            b'3' => Kind::CharDevice,
            b'4' => Kind::BlockDevice,
            b'5' => Kind::Directory,
            b'6' => Kind::Fifo,
            flag => Kind::Other(flag),
        }
    }

    pub(crate) fn size(self) -> Result<u64, ErrorKind> {
        number::unsigned("size", self.field(124, 12))
    }

    pub(crate) fn mode(self) -> Result<u32, ErrorKind> {
        let mode = number::unsigned("mode", self.field(100, 8))? & 0o7777;
        u32::try_from(mode).map_err(|_| ErrorKind::OutOfRange { field: "mode" })
    }

    pub(crate) fn uid(self) -> Result<u64, ErrorKind> {
        number::unsigned("uid", self.field(108, 8))
    }

    pub(crate) fn gid(self) -> Result<u64, ErrorKind> {
        number::unsigned("gid", self.field(116, 8))
    }

    pub(crate) fn mtime(self) -> Result<i64, ErrorKind> {
        number::signed("mtime", self.field(136, 12))
    }

    /// Returns the name of the owner; v7 has none.
    pub(crate) fn uname(self) -> &'a [u8] {
        if self.dialect() == Dialect::V7 { b"" } else { text(self.field(265, 32)) }
    }

    /// Returns the name of the group; v7 has none.
    pub(crate) fn gname(self) -> &'a [u8] {
        if self.dialect() == Dialect::V7 { b"" } else { text(self.field(297, 32)) }
    }

    /// Returns major and minor number; v7 has no place for them.
    pub(crate) fn device(self) -> Result<(u32, u32), ErrorKind> {
        if self.dialect() == Dialect::V7 {
            return Ok((0, 0));
        }
        let part = |field, at| {
            u32::try_from(number::unsigned(field, self.field(at, 8))?)
                .map_err(|_| ErrorKind::OutOfRange { field })
        };
        Ok((part("devmajor", 329)?, part("devminor", 337)?))
    }

    /// Returns the four sparse regions of an old GNU sparse header.
    pub(crate) fn sparse_regions(self) -> &'a [u8] {
        self.field(386, 96)
    }

    /// Returns whether a block with more sparse regions follows.
    pub(crate) fn sparse_continues(self) -> bool {
        self.field(482, 1).first().is_some_and(|&flag| flag != 0)
    }

    /// Returns the logical size of an old GNU sparse file.
    pub(crate) fn sparse_size(self) -> Result<u64, ErrorKind> {
        number::unsigned("realsize", self.field(483, 12))
    }

    fn field(self, at: usize, len: usize) -> &'a [u8] {
        self.0.get(at..at.saturating_add(len)).unwrap_or_default()
    }
}

/// Returns the bytes in front of the first NUL.
pub(crate) fn text(field: &[u8]) -> &[u8] {
    field.split(|&byte| byte == 0).next().unwrap_or_default()
}
