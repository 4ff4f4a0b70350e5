//! A record of dpkg's database while its lines are read.

use cutaway_analyze::Details;

use crate::bytes;

/// The values of the fields that matter.
#[derive(Debug, Default)]
pub(crate) struct Record<'a> {
    /// The number of its first line; `None` before its first field.
    pub(crate) line: Option<usize>,
    values: [Option<&'a [u8]>; 16],
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
    Vendor,
    PreDepends,
    Depends,
    Provides,
    Maintainer,
    Homepage,
    InstalledSize,
    License,
    InstalledTime,
    AutoInstalled,
}

const FIELDS: [(&str, Field); 16] = [
    ("Package", Field::Package),
    ("Status", Field::Status),
    ("Architecture", Field::Architecture),
    ("Source", Field::Source),
    ("Version", Field::Version),
    ("Multi-Arch", Field::MultiArch),
    ("Vendor", Field::Vendor),
    ("Pre-Depends", Field::PreDepends),
    ("Depends", Field::Depends),
    ("Provides", Field::Provides),
    ("Maintainer", Field::Maintainer),
    ("Homepage", Field::Homepage),
    ("Installed-Size", Field::InstalledSize),
    ("License", Field::License),
    ("Installed-Time", Field::InstalledTime),
    ("Auto-Installed", Field::AutoInstalled),
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

    /// Returns the value of a field on one line, where it has one.
    pub(crate) fn line_of(&self, field: Field) -> Option<Box<str>> {
        let line = words(self.value(field).unwrap_or_default());
        (!line.is_empty()).then(|| line.into())
    }

    /// Returns what it says of the package beside what that is; its size in the unit that the record has.
    pub(crate) fn details(&self) -> Details {
        let of = |field| self.value(field).unwrap_or_default();
        let mut details = Details::default();
        let depends = conditions(of(Field::PreDepends)).chain(conditions(of(Field::Depends)));
        details.depends = depends.collect();
        details.provides = conditions(of(Field::Provides)).collect();
        details.maintainer = self.line_of(Field::Maintainer);
        details.homepage = self.line_of(Field::Homepage);
        details.installed_size = self.value(Field::InstalledSize).and_then(bytes::number);
        let status: Vec<&[u8]> = of(Field::Status)
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty())
            .collect();
        if let [want, flag, _] = status.as_slice() {
            let odd = |word: &[u8], usual: &str| {
                (word != usual.as_bytes()).then(|| String::from_utf8_lossy(word).into())
            };
            details.want = odd(want, "install");
            details.flag = odd(flag, "ok");
        }
        details
    }
}

impl Field {
    /// Finds the field of this name, which may be in upper or lower case.
    pub(crate) fn named(name: &[u8]) -> Option<Self> {
        let known = FIELDS.iter().find(|(known, _)| known.as_bytes().eq_ignore_ascii_case(name));
        known.map(|(_, field)| *field)
    }

    /// Returns whether a package is the same without it. It may go on in further lines.
    pub(crate) fn is_detail(self) -> bool {
        use Field::{Depends, Homepage, InstalledSize, Maintainer, PreDepends, Provides, Vendor};
        matches!(
            self,
            Vendor | InstalledSize | PreDepends | Depends | Provides | Maintainer | Homepage
        )
    }

    fn position(self) -> Option<usize> {
        FIELDS.iter().position(|(_, it)| *it == self)
    }
}

/// Returns the conditions of a field: `a (>= 1) | b, c`.
fn conditions(field: &[u8]) -> impl Iterator<Item = String> {
    field.split(|&byte| byte == b',').map(words).filter(|condition| !condition.is_empty())
}

/// Returns a value on one line, with one blank between its words.
fn words(value: &[u8]) -> String {
    let text = String::from_utf8_lossy(value);
    let mut line = String::with_capacity(text.len());
    for word in text.split_ascii_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::{conditions, words};

    #[test]
    fn fields_come_apart() {
        let field = b"libc6 (>= 2.34), libssl3\n (>= 3) |  libssl1.1 , a:any,, ,b [amd64]";
        let expected = ["libc6 (>= 2.34)", "libssl3 (>= 3) | libssl1.1", "a:any", "b [amd64]"];
        assert!(conditions(field).eq(expected));
        assert_eq!(words(b"\tA  B\r\n <a@b>"), "A B <a@b>");
    }
}
