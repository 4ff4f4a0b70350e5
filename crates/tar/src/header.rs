//! One 512-byte header block, taken apart (POSIX.1-2017 `pax`, "ustar Interchange Format"; the GNU
//! tar manual, "Basic Tar Format").

use crate::block::BLOCK;
use crate::{ErrorKind, Kind, number};

/// A header block whose checksum is right and whose numbers are numbers.
#[derive(Clone, Copy)]
pub(crate) struct Header<'a> {
    block: &'a [u8; BLOCK],
    dialect: Dialect,
    numbers: Numbers,
}

/// The numbers of a header. Go reads them in every header, also those of extensions and those that
/// a record replaces, and refuses the header for any.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Numbers {
    pub(crate) mode: i64,
    pub(crate) uid: i64,
    pub(crate) gid: i64,
    /// Not below zero where the kind has content.
    pub(crate) size: i64,
    pub(crate) mtime: i64,
    /// Zero in v7, which has no place for it.
    pub(crate) major: i64,
    pub(crate) minor: i64,
    /// The last field that ends in a NUL with something after it.
    pub(crate) odd: Option<&'static str>,
}

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
    /// Checks the checksum, which is that of the block with blanks in the checksum field, and reads
    /// the numbers.
    pub(crate) fn parse(block: &'a [u8; BLOCK]) -> Result<Self, ErrorKind> {
        let mut header = Self { block, dialect: Dialect::V7, numbers: Numbers::default() };
        header.check_sum()?;
        header.dialect = header.read_dialect();
        header.numbers = header.read_numbers()?;
        Ok(header)
    }

    fn check_sum(self) -> Result<(), ErrorKind> {
        let (block, field) = (self.block, self.field(148, 8));
        let stored = number::octal("checksum", field).map_err(|_| ErrorKind::Checksum)?;
        // At most 512 × 255, so that no sum here can overflow.
        let sum = |bytes: &[u8]| bytes.iter().map(|&byte| i64::from(byte)).sum::<i64>();
        let blank = i64::from(b' ').saturating_mul(8);
        let unsigned = sum(block).saturating_sub(sum(field)).saturating_add(blank);
        if stored == unsigned {
            return Ok(());
        }
        // Some old writers summed signed bytes; GNU tar and Go accept both.
        let high = |bytes: &[u8]| bytes.iter().map(|&byte| i64::from(byte >> 7) << 8).sum::<i64>();
        let correction = high(block).saturating_sub(high(field));
        if stored == unsigned.saturating_sub(correction) {
            Ok(())
        } else {
            Err(ErrorKind::Checksum)
        }
    }

    fn read_numbers(self) -> Result<Numbers, ErrorKind> {
        let mut odd = None;
        let mut read = |name, at, len| {
            let field = self.field(at, len);
            if number::has_tail(field) {
                odd = Some(name);
            }
            number::signed(name, field)
        };
        let mut numbers = Numbers {
            size: read("size", 124, 12)?,
            mode: read("mode", 100, 8)?,
            uid: read("uid", 108, 8)?,
            gid: read("gid", 116, 8)?,
            mtime: read("mtime", 136, 12)?,
            ..Numbers::default()
        };
        if self.dialect != Dialect::V7 {
            numbers.major = read("devmajor", 329, 8)?;
            numbers.minor = read("devminor", 337, 8)?;
        }
        if self.dialect == Dialect::Star {
            read("atime", 476, 12)?;
            read("ctime", 488, 12)?;
        }
        numbers.odd = odd;
        if numbers.size < 0 && self.kind().has_content() {
            return Err(ErrorKind::OutOfRange { field: "size" });
        }
        Ok(numbers)
    }

    pub(crate) fn numbers(self) -> Numbers {
        self.numbers
    }

    pub(crate) fn dialect(self) -> Dialect {
        self.dialect
    }

    fn read_dialect(self) -> Dialect {
        match (self.field(257, 6), self.field(263, 2), self.field(508, 4)) {
            (b"ustar\0", _, b"tar\0") => Dialect::Star,
            (b"ustar\0", ..) => Dialect::Ustar,
            (b"ustar ", b" \0", _) => Dialect::Gnu,
            _ => Dialect::V7,
        }
    }

    /// Returns the prefix, empty where there is none, and the name.
    ///
    /// GNU headers hold times where others have the prefix. Writers that took them for ustar put a
    /// prefix there: Go reads it where the times are no numbers and the text is ASCII.
    pub(crate) fn name(self) -> (&'a [u8], &'a [u8]) {
        let prefix = match self.dialect() {
            Dialect::Ustar => text(self.field(345, 155)),
            Dialect::Star => text(self.field(345, 131)),
            Dialect::Gnu if self.times_are_text() => {
                Some(text(self.field(345, 155))).filter(|prefix| prefix.is_ascii()).unwrap_or(b"")
            }
            Dialect::V7 | Dialect::Gnu => b"",
        };
        (prefix, text(self.field(0, 100)))
    }

    /// Returns the name behind its prefix.
    pub(crate) fn full_name(self) -> Box<[u8]> {
        let (prefix, name) = self.name();
        if prefix.is_empty() { name.into() } else { [prefix, b"/", name].concat().into() }
    }

    /// Returns whether a GNU header has something else than numbers where its times are.
    fn times_are_text(self) -> bool {
        [345, 357].into_iter().any(|at| {
            let field = self.field(at, 12);
            field.first() != Some(&0) && number::signed("time", field).is_err()
        })
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

    /// Returns the name of the owner; v7 has none.
    pub(crate) fn uname(self) -> &'a [u8] {
        if self.dialect() == Dialect::V7 { b"" } else { text(self.field(265, 32)) }
    }

    /// Returns the name of the group; v7 has none.
    pub(crate) fn gname(self) -> &'a [u8] {
        if self.dialect() == Dialect::V7 { b"" } else { text(self.field(297, 32)) }
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
        self.block.get(at..at.saturating_add(len)).unwrap_or_default()
    }
}

/// Returns the bytes in front of the first NUL.
pub(crate) fn text(field: &[u8]) -> &[u8] {
    field.split(|&byte| byte == 0).next().unwrap_or_default()
}
