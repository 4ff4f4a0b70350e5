//! Records of control fields, in the form that dpkg and opkg share. What a record makes of its package is its
//! package manager's, a [`Dialect`].
//!
//! A *record* is a run of `Name: value` fields up to a blank line; a line that starts with a blank
//! continues the field above. Format: deb822(5), dpkg's `parse.c` and opkg's `pkg_parse.c`.

use cutaway_analyze::{Ecosystem, File, Findings, Package};

use crate::dpkg_record::{Field, Record};
use crate::line::{Line, lines};
use crate::reporter::{Reporter, quote};

/// What differs between package managers.
#[derive(Debug)]
pub(crate) struct Dialect {
    /// Whose packages they are.
    pub(crate) ecosystem: Ecosystem,
    /// The states that the package manager has.
    pub(crate) states: &'static [&'static str],
    /// Makes a package of a record, its name and its version; the architecture and the state are set behind it.
    pub(crate) package: fn(&Record<'_>, String, &str) -> (Package, Option<OddVersion>),
    /// How it calls what cannot be read.
    pub(crate) codes: Codes,
}

/// The codes of diagnostics.
#[derive(Debug)]
pub(crate) struct Codes {
    pub(crate) field_continued: &'static str,
    pub(crate) field_repeated: &'static str,
    pub(crate) line_unreadable: &'static str,
    /// Of records that vcpkg wrote, whose database lies where dpkg's might.
    pub(crate) record_foreign: Option<&'static str>,
    pub(crate) record_incomplete: &'static str,
    pub(crate) record_repeated: &'static str,
    pub(crate) record_unseparated: &'static str,
    pub(crate) record_without_name: &'static str,
    pub(crate) record_without_status: &'static str,
    pub(crate) record_without_version: &'static str,
    pub(crate) state_unknown: &'static str,
    pub(crate) status_malformed: &'static str,
}

/// What is odd about a version.
#[derive(Debug)]
pub(crate) struct OddVersion {
    pub(crate) code: &'static str,
    /// The rule that it breaks.
    pub(crate) rule: &'static str,
}

/// What a file of records is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// The list of all packages.
    Status,
    /// One record that was never in the package manager's hands, and so has no status.
    OneByOne,
    /// One of a journal: a record without a version says that the package is gone.
    Journal,
}

/// Reads a file.
pub(crate) fn read(file: &File<'_>, form: Form, dialect: &Dialect, findings: &mut Findings) {
    let mut reader = Reader {
        dialect,
        reporter: Reporter::new(findings),
        one_by_one: form == Form::OneByOne,
        journal: form == Form::Journal,
        number: 0,
        content: file.start(),
        current: None,
        value_at: 0,
        record: Record::default(),
    };
    for line in lines(file.start()) {
        match line.text {
            [] => reader.finish(),
            _ => reader.line(line),
        }
    }
    reader.finish();
    if form != Form::Journal && reader.number == 0 && !reader.reporter.findings().incomplete() {
        reader.reporter.empty();
    }
    reader.reporter.repeated(dialect.codes.record_repeated);
    reader.reporter.finish();
}

struct Reader<'a, 'f> {
    dialect: &'f Dialect,
    reporter: Reporter<'f>,
    /// Whether the file holds one record that was never in dpkg's hands, and so has no status.
    one_by_one: bool,
    /// Whether the file is one of dpkg's journal.
    journal: bool,
    /// How many records were begun.
    number: usize,
    content: &'a [u8],
    /// The field that a continuation line belongs to; `None` where that is not one of ours.
    current: Option<Field>,
    /// Where the value of that field starts.
    value_at: usize,
    record: Record<'a>,
}

impl<'a> Reader<'a, '_> {
    fn line(&mut self, line: Line<'a>) {
        if matches!(line.text.first(), Some(b' ' | b'\t')) {
            self.continuation(line);
            return;
        }
        let colon = line.text.iter().take(256).position(|&byte| byte == b':');
        let parts = colon.and_then(|colon| line.text.split_at_checked(colon));
        // deb822(5): printable ASCII without blanks; a leading hyphen is not allowed either.
        let parts = parts.filter(|(name, _)| {
            name.iter().all(u8::is_ascii_graphic) && !matches!(name, [] | [b'-', ..])
        });
        let Some((name, value)) = parts else {
            self.current = None;
            let record = quote(self.record.value(Field::Package).unwrap_or_default());
            self.reporter.error(
                self.dialect.codes.line_unreadable,
                format_args!(
                    "line {} (record {record}) is no field: {}",
                    line.number,
                    quote(line.text)
                ),
            );
            return;
        };
        let field = Field::named(name);
        self.current = field;
        if field == Some(Field::Package) && self.record.value(Field::Package).is_some() {
            // The blank line between two records is missing; a record has one name.
            self.reporter.warning(
                self.dialect.codes.record_unseparated,
                format_args!("line {} begins a record without a blank line in front", line.number),
            );
            self.finish();
        }
        if self.record.line.is_none() {
            self.record.line = Some(line.number);
            self.number = self.number.saturating_add(1);
        }
        self.record.foreign |=
            name.eq_ignore_ascii_case(b"Abi") || name.eq_ignore_ascii_case(b"Port-Version");
        self.check_whole(line);
        self.value_at = line.offset.saturating_add(name.len()).saturating_add(1);
        self.field(field, value.strip_prefix(b":").unwrap_or(value), line);
    }

    fn continuation(&mut self, line: Line<'a>) {
        if self.record.line.is_none() && !line.text.trim_ascii().is_empty() {
            self.reporter.error(
                self.dialect.codes.line_unreadable,
                format_args!("line {} continues no field: {}", line.number, quote(line.text)),
            );
        } else if line.is_too_long() {
            self.reporter.warning("line-over-limit", line.too_long());
        } else if let Some(field) = self.current.filter(|field| field.is_detail()) {
            let end = line.offset.saturating_add(line.text.len());
            let value = self.content.get(self.value_at..end).map(<[u8]>::trim_ascii);
            if let Some(slot) = self.record.slot(field) {
                *slot = value.filter(|value| !value.is_empty());
            }
        } else if let (Some(field), false) = (self.current, line.text.trim_ascii().is_empty()) {
            self.reporter.warning(
                self.dialect.codes.field_continued,
                format_args!(
                    "line {}: {field:?} goes on, which it may not: {}",
                    line.number,
                    quote(line.text)
                ),
            );
        }
        self.check_whole(line);
    }

    /// Notes that the file ends in this line, which dpkg refuses: it may have been cut there.
    fn check_whole(&mut self, line: Line<'_>) {
        // A file of status.d has no record behind the line that could be lost.
        if line.ended || (self.one_by_one && self.current.is_none_or(Field::is_detail)) {
            return;
        }
        let name = quote(self.record.value(Field::Package).unwrap_or_default());
        self.reporter.error(
            self.dialect.codes.record_incomplete,
            format_args!(
                "record {} ({name}) incomplete: the file ends in line {} at byte {}, without a newline",
                self.number,
                line.number,
                line.offset.saturating_add(line.text.len())
            ),
        );
    }

    fn field(&mut self, field: Option<Field>, value: &'a [u8], line: Line<'_>) {
        if line.is_too_long() {
            let message = line.too_long();
            match field {
                Some(field) if !field.is_detail() => {
                    self.reporter.error("line-over-limit", message);
                }
                _ => self.reporter.warning("line-over-limit", message),
            }
            self.current = field.filter(|field| !field.is_detail());
            return;
        }
        let Some(slot) = field.and_then(|field| self.record.slot(field)) else { return };
        if slot.is_some() {
            self.current = field.filter(|field| !field.is_detail());
            self.reporter.warning(
                self.dialect.codes.field_repeated,
                format_args!(
                    "line {}: the record has this field already; the first one counts",
                    line.number
                ),
            );
            return;
        }
        *slot = Some(value.trim_ascii()).filter(|value| !value.is_empty());
    }

    fn finish(&mut self) {
        self.current = None;
        let record = std::mem::take(&mut self.record);
        let Some(line) = record.line else { return };
        let number = self.number;
        let name = record.value(Field::Package);
        let shown = quote(name.unwrap_or_default());
        if let (true, Some(code)) = (record.foreign, self.dialect.codes.record_foreign) {
            self.reporter.error(
                code,
                format_args!("record {number} ({shown}, line {line}) was written by vcpkg, not by dpkg: skipped"),
            );
            return;
        }
        let Some(name) = name else {
            self.reporter.error(
                self.dialect.codes.record_without_name,
                format_args!("record {number} (line {line}) has no name"),
            );
            return;
        };
        let state = self.state(&record, line);
        let Some(version) = record.value(Field::Version) else {
            let stated = record.value(Field::Status).is_some();
            if self.journal {
                // What it says of the package has ended, whatever it is now.
                let mut gone = Package::new(self.dialect.ecosystem.clone(), text(name), "");
                gone.arch = record.value(Field::Architecture).map(text);
                gone.state.clone_from(&state);
                self.reporter.package(gone);
            }
            if self.journal && stated && state == NOT_INSTALLED {
                return;
            }
            if stated && state == NOT_INSTALLED && !self.one_by_one {
                // dpkg keeps records of packages that are wanted, known of, or purged; they have no version.
                self.reporter.warning(
                    self.dialect.codes.record_without_version,
                    format_args!(
                        "record {number} ({shown}, line {line}) has no version and is not installed"
                    ),
                );
            } else {
                self.reporter.error(
                    self.dialect.codes.record_without_version,
                    format_args!("record {number} ({shown}, line {line}) has no version"),
                );
            }
            return;
        };
        let (mut package, odd) = (self.dialect.package)(&record, text(name), &text(version));
        if let Some(OddVersion { code, rule }) = odd {
            self.reporter.warning(
                code,
                format_args!(
                    "record {number} ({shown}) has the version {}: {rule}",
                    quote(package.version.as_bytes())
                ),
            );
        }
        package.arch = record.value(Field::Architecture).map(text);
        package.state = state;
        self.reporter.package(package);
    }

    /// Returns the third word of the status: the state as it stands.
    fn state(&mut self, record: &Record<'_>, line: usize) -> String {
        let name = quote(record.value(Field::Package).unwrap_or_default());
        let Some(status) = record.value(Field::Status) else {
            if self.one_by_one {
                return "installed".to_owned();
            }
            // So does dpkg: a record without a status is `unknown ok not-installed`.
            if record.value(Field::Version).is_some() {
                self.reporter.warning(
                    self.dialect.codes.record_without_status,
                    format_args!(
                        "record {name} (line {line}) has no status: it counts as not installed"
                    ),
                );
            }
            return NOT_INSTALLED.to_owned();
        };
        let mut words = status.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let (_want, _flag, state, more) = (words.next(), words.next(), words.next(), words.next());
        let Some(state) = state.filter(|_| more.is_none()) else {
            self.reporter.error(
                self.dialect.codes.status_malformed,
                format_args!(
                    "record {name} (line {line}) has a status that is not three words: {}",
                    quote(status)
                ),
            );
            return text(status);
        };
        if !self.dialect.states.iter().any(|known| known.as_bytes() == state) {
            self.reporter.warning(
                self.dialect.codes.state_unknown,
                format_args!("record {name} (line {line}) has the unknown state {}", quote(state)),
            );
        }
        text(state)
    }
}

/// The state of a package of which no more than the name is known.
pub(crate) const NOT_INSTALLED: &str = "not-installed";

fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value).into_owned()
}
