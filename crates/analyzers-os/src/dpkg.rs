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
//! Files, `info/` and the backup `status-old` are not read.
//!
//! What dpkg does is noted in its journal first, `updates/`: one record a file, called by numbers. dpkg
//! that was ended before it wrote `status` leaves it there, and everybody who reads the database reads it
//! too (`dbmodify.c`). A record of it without a version says that the package is gone.

use cutaway_analyze::{
    Analyzer, AnalyzerId, Database, Ecosystem, File, Findings, Interest, Outcome, Package, Place,
    Source, Unrecorded,
};

use crate::control::{self, Codes, Dialect, Form, NOT_INSTALLED, OddVersion};
use crate::dpkg_record::{Field, Record};
use crate::{dpkg_version, unrecorded};

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
        AnalyzerId::new("dpkg", 4)
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
        let parent = file.path().parent();
        let form = match parent {
            _ if parent == UPDATES.as_bytes() => Form::Journal,
            _ if parent == STATUS_D.as_bytes() => Form::OneByOne,
            _ => Form::Status,
        };
        control::read(file, form, &DPKG, findings);
        if form == Form::Journal && file.path().name().len() > NUMBER_MAX {
            findings.error(
                "dpkg-journal-odd",
                "dpkg refuses a journal in which a name has more than ten digits",
            );
        }
        Outcome::Done
    }
}

impl Database for Dpkg {
    fn unrecorded(&self) -> &'static [Unrecorded] {
        unrecorded::DPKG
    }
}

/// The records of dpkg.
static DPKG: Dialect = Dialect {
    ecosystem: Ecosystem::DEB,
    states: &[
        "installed",
        NOT_INSTALLED,
        "config-files",
        "half-installed",
        "unpacked",
        "half-configured",
        "triggers-awaited",
        "triggers-pending",
    ],
    package,
    codes: Codes {
        field_continued: "dpkg-field-continued",
        field_repeated: "dpkg-field-repeated",
        line_unreadable: "dpkg-line-unreadable",
        record_foreign: Some("dpkg-record-foreign"),
        record_incomplete: "dpkg-record-incomplete",
        record_repeated: "dpkg-record-repeated",
        record_unseparated: "dpkg-record-unseparated",
        record_without_name: "dpkg-record-without-name",
        record_without_status: "dpkg-record-without-status",
        record_without_version: "dpkg-record-without-version",
        state_unknown: "dpkg-state-unknown",
        status_malformed: "dpkg-status-malformed",
    },
};

fn package(record: &Record<'_>, name: String, version: &str) -> (Package, Option<OddVersion>) {
    let parts = dpkg_version::split(version);
    let source = source(record.value(Field::Source).unwrap_or_default(), &name, &parts.full);
    let mut package = Package::new(Ecosystem::DEB, name, parts.full);
    package.epoch = parts.epoch;
    package.release = parts.revision;
    package.source = Some(source);
    package.vendor = record.line_of(Field::Vendor).map(Into::into);
    let mut details = record.details();
    // dpkg counts in KiB.
    details.installed_size = details.installed_size.and_then(|size| size.checked_mul(1024));
    package.set_details(details);
    package.coinstallable =
        record.value(Field::MultiArch).is_some_and(|it| it.eq_ignore_ascii_case(b"same"));
    let odd = parts.odd.map(|rule| OddVersion { code: "dpkg-version-odd", rule });
    (package, odd)
}

/// Parses `name` or `name (version)`; what is missing is the same as in the binary package.
fn source(field: &[u8], name: &str, version: &str) -> Source {
    let field = String::from_utf8_lossy(field);
    let (source, rest) = field.split_once('(').unwrap_or((&field, ""));
    let (source, of) = (source.trim(), rest.split(')').next().unwrap_or_default().trim());
    let (name, version) =
        (if source.is_empty() { name } else { source }, if of.is_empty() { version } else { of });
    Source { name: name.to_owned(), version: Some(dpkg_version::split(version).full) }
}
