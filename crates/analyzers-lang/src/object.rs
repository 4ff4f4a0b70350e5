//! What is known of the layout of a binary: its sections and where its data lies, of ELF, PE and Mach-O.
//!
//! Only the tables are read, each of bounded length, and every place is checked where it is used.

use std::ops::Range;

use crate::windows::{Order, Windows};
use crate::{elf, macho, pe};

/// A binary, as its tables describe it.
#[derive(Debug, Default)]
pub(crate) struct Object {
    /// Whether numbers have their highest byte first.
    pub(crate) big: bool,
    /// Named parts of the file.
    pub(crate) sections: Vec<Section>,
    /// Parts of the file at addresses of memory.
    pub(crate) segments: Vec<Segment>,
    /// What a table of sections names that is not held: where it lies.
    pub(crate) missing: Option<Range<u64>>,
    /// Where the names of sections lie, of ELF.
    pub(crate) names: Option<Range<u64>>,
}

/// A part of the file with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Section {
    pub(crate) name: String,
    pub(crate) range: Range<u64>,
}

/// A part of the file that is put at an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) range: Range<u64>,
    pub(crate) address: u64,
    pub(crate) writable: bool,
    /// Whether it holds notes.
    pub(crate) notes: bool,
}

/// What a file is, by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Elf,
    Pe,
    MachO,
    Universal,
}

/// The most sections, segments and bytes of names that are looked at.
pub(crate) const SECTIONS: u64 = 4096;
pub(crate) const SEGMENTS: u64 = 512;
pub(crate) const NAMES: u64 = 64 << 10;

/// Returns what a file is; none of what is no program or library.
pub(crate) fn kind(head: &[u8]) -> Option<Kind> {
    match head {
        [0x7f, b'E', b'L', b'F', 1 | 2, data @ (1 | 2), ..] => {
            let order = Order { big: *data == 2 };
            matches!(order.at(head, 16, 2)?, 2 | 3).then_some(Kind::Elf)
        }
        [b'M', b'Z', ..] => Some(Kind::Pe),
        [0xfe, 0xed, 0xfa, 0xce | 0xcf, ..] | [0xce | 0xcf, 0xfa, 0xed, 0xfe, ..] => {
            Some(Kind::MachO)
        }
        // Classes of Java begin so too, with a version of 45 or more where the count of parts is.
        [0xca, 0xfe, 0xba, 0xbe | 0xbf, 0, 0, 0, 1..=20, ..] => Some(Kind::Universal),
        _ => None,
    }
}

impl Object {
    /// Reads the tables of a binary, as far as they are held.
    pub(crate) fn read(file: &Windows<'_>) -> Option<Self> {
        match kind(file.from(0, 64))? {
            Kind::Elf => elf::read(file),
            Kind::Pe => pe::read(file),
            Kind::MachO => macho::read(file, 0),
            Kind::Universal => macho::read_universal(file),
        }
    }

    /// Returns the first section of a name.
    pub(crate) fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.name == name)
    }

    /// Returns where in the file an address lies.
    pub(crate) fn place(&self, address: u64) -> Option<u64> {
        self.segments.iter().find_map(|segment| {
            let into = address.checked_sub(segment.address)?;
            let place = segment.range.start.checked_add(into)?;
            segment.range.contains(&place).then_some(place)
        })
    }
}
