//! dpkg's `status` database, and the `status.d` directory of images that were built without dpkg.
//!
//! ```text
//! Package: libc6
//! Status: install ok installed
//! Architecture: amd64
//! Source: glibc (2.36-9)
//! Version: 2.36-9+deb12u4
//! ```
//!
//! A *record* is a run of `Name: value` fields up to a blank line; a line that starts with a blank
//! continues the field above. Files, `info/` and the backup `status-old` are not read. Format:
//! deb822(5), and dpkg's `parse.c` for what it takes and refuses.
//!
//! What dpkg does is noted in its journal first, `updates/`: one record a file, called by numbers. dpkg
//! that was ended before it wrote `status` leaves it there, and everybody who reads the database reads it
//! too (`dbmodify.c`). A record of it without a version says that the package is gone.

use cutaway_analyze::{
    Analyzer, AnalyzerId, Database, Ecosystem, File, Findings, Interest, Outcome, Package, Place,
    Source, Unrecorded,
};

use crate::dpkg_record::{Field, Record};
use crate::dpkg_version;
use crate::line::{Line, lines};
use crate::reporter::{Reporter, quote};
use crate::unrecorded;

const STATUS_D: &str = "var/lib/dpkg/status.d";
/// Where dpkg's journal lies.
pub(crate) const UPDATES: &str = "var/lib/dpkg/updates";
/// The longest name of a file of the journal that dpkg takes.
const NUMBER_MAX: usize = 10;

/// The reader of dpkg's database.
#[derive(Debug)]
pub(crate) struct Dpkg;

impl Analyzer for Dpkg {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("dpkg", 3)
    }

    fn interest(&self) -> Interest {
        // What stands beside the records are files of dpkg's `info` directory.
        let one_by_one = Place::directory(
            STATUS_D,
            &[
                ".conffiles",
                ".config",
                ".list",
                ".md5sums",
                ".postinst",
                ".postrm",
                ".preinst",
                ".prerm",
                ".shlibs",
                ".symbols",
                ".templates",
                ".triggers",
            ],
        );
        Interest::default()
            .files(["var/lib/dpkg/status"])
            .at(one_by_one)
            .at(Place::journal(UPDATES))
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        let journal = file.path().parent() == UPDATES.as_bytes();
        let mut reader = Reader {
            reporter: Reporter::new(findings),
            one_by_one: file.path().parent() == STATUS_D.as_bytes(),
            journal,
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
        if journal && file.path().name().len() > NUMBER_MAX {
            reader.reporter.error(
                "dpkg-journal-odd",
                "dpkg refuses a journal in which a name has more than ten digits",
            );
        }
        if !journal && reader.number == 0 && !reader.reporter.findings().incomplete() {
            reader.reporter.empty();
        }
        reader.reporter.repeated("dpkg-record-repeated");
        reader.reporter.finish();
        Outcome::Done
    }
}

impl Database for Dpkg {
    fn unrecorded(&self) -> &'static [Unrecorded] {
        unrecorded::DPKG
    }
}

struct Reader<'a, 'f> {
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
                "dpkg-line-unreadable",
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
                "dpkg-record-unseparated",
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
                "dpkg-line-unreadable",
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
                "dpkg-field-continued",
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
            "dpkg-record-incomplete",
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
                "dpkg-field-repeated",
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
        if record.foreign {
            self.reporter.error(
                "dpkg-record-foreign",
                format_args!("record {number} ({shown}, line {line}) was written by vcpkg, not by dpkg: skipped"),
            );
            return;
        }
        let Some(name) = name else {
            self.reporter.error(
                "dpkg-record-without-name",
                format_args!("record {number} (line {line}) has no name"),
            );
            return;
        };
        let state = self.state(&record, line);
        let Some(version) = record.value(Field::Version) else {
            let stated = record.value(Field::Status).is_some();
            if self.journal {
                // What it says of the package has ended, whatever it is now.
                let mut gone = Package::new(Ecosystem::DEB, text(name), "");
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
                    "dpkg-record-without-version",
                    format_args!(
                        "record {number} ({shown}, line {line}) has no version and is not installed"
                    ),
                );
            } else {
                self.reporter.error(
                    "dpkg-record-without-version",
                    format_args!("record {number} ({shown}, line {line}) has no version"),
                );
            }
            return;
        };
        let name = text(name);
        let parts = dpkg_version::split(&text(version));
        let version = parts.full;
        if let Some(odd) = parts.odd {
            self.reporter.warning(
                "dpkg-version-odd",
                format_args!(
                    "record {number} ({shown}) has the version {}: {odd}",
                    quote(version.as_bytes())
                ),
            );
        }
        let source = source(record.value(Field::Source).unwrap_or_default(), &name, &version);
        let mut package = Package::new(Ecosystem::DEB, name, version);
        package.epoch = parts.epoch;
        package.release = parts.revision;
        package.arch = record.value(Field::Architecture).map(text);
        package.source = Some(source);
        package.vendor = record.line_of(Field::Vendor).map(Into::into);
        package.state = state;
        package.set_details(record.details());
        package.coinstallable =
            record.value(Field::MultiArch).is_some_and(|it| it.eq_ignore_ascii_case(b"same"));
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
                    "dpkg-record-without-status",
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
                "dpkg-status-malformed",
                format_args!(
                    "record {name} (line {line}) has a status that is not three words: {}",
                    quote(status)
                ),
            );
            return text(status);
        };
        if !STATES.iter().any(|known| known.as_bytes() == state) {
            self.reporter.warning(
                "dpkg-state-unknown",
                format_args!("record {name} (line {line}) has the unknown state {}", quote(state)),
            );
        }
        text(state)
    }
}

const NOT_INSTALLED: &str = "not-installed";

const STATES: &[&str] = &[
    "installed",
    NOT_INSTALLED,
    "config-files",
    "half-installed",
    "unpacked",
    "half-configured",
    "triggers-awaited",
    "triggers-pending",
];

/// Parses `name` or `name (version)`; what is missing is the same as in the binary package.
fn source(field: &[u8], name: &str, version: &str) -> Source {
    let field = String::from_utf8_lossy(field);
    let (source, rest) = field.split_once('(').unwrap_or((&field, ""));
    let (source, of) = (source.trim(), rest.split(')').next().unwrap_or_default().trim());
    let (name, version) =
        (if source.is_empty() { name } else { source }, if of.is_empty() { version } else { of });
    Source { name: name.to_owned(), version: Some(dpkg_version::split(version).full) }
}

fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value).into_owned()
}
