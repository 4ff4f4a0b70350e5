//! A record of dpkg's database while its lines are read.

/// The values of the fields that matter.
#[derive(Debug, Default)]
pub(crate) struct Record<'a> {
    /// The number of its first line; `None` before its first field.
    pub(crate) line: Option<usize>,
    values: [Option<&'a [u8]>; 6],
    /// Whether it has a field that only vcpkg writes, whose database looks like dpkg's.
    pub(crate) foreign: bool,
}

/// The fields that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    Package,
    Status,
    Architecture,
    Source,
    Version,
    MultiArch,
}

const FIELDS: [(&str, Field); 6] = [
    ("Package", Field::Package),
    ("Status", Field::Status),
    ("Architecture", Field::Architecture),
    ("Source", Field::Source),
    ("Version", Field::Version),
    ("Multi-Arch", Field::MultiArch),
];

impl<'a> Record<'a> {
    /// Returns the value of a field.
    pub(crate) fn value(&self, field: Field) -> Option<&'a [u8]> {
        self.values.get(field.position()?).copied().flatten()
    }

    /// Returns the place of the value of a field.
    pub(crate) fn slot(&mut self, field: Field) -> Option<&mut Option<&'a [u8]>> {
        self.values.get_mut(field.position()?)
    }
}

impl Field {
    /// Finds the field of this name, which may be in upper or lower case.
    pub(crate) fn named(name: &[u8]) -> Option<Self> {
        let known = FIELDS.iter().find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(name));
        known.map(|(_, field)| *field)
    }

    fn position(self) -> Option<usize> {
        FIELDS.iter().position(|(_, it)| *it == self)
    }
}
