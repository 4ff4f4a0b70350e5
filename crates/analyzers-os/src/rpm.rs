//! rpm's database, in each of the three forms that it had: BerkeleyDB, NDB and SQLite.
//!
//! The forms are containers of the same *headers*, one per package; which form a file has is seen
//! from its first bytes, not from its name. Indexes are not read.

mod bdb;
mod details;
mod files;
mod header;
mod ndb;
mod record;
mod signature;
mod sqlite;

use cutaway_analyze::{
    Analyzer, AnalyzerId, Companion, Database, File, Findings, Interest, Outcome, Selection,
    Unrecorded,
};

pub(crate) use record::{KEY, source_of};

use crate::reporter::{Reporter, quote};
use crate::unrecorded;
use record::Records;

/// SQLite's write-ahead log. The other forms have no second file of this name.
const COMPANIONS: &[Companion] = &[Companion::new("-wal")];

/// The reader of rpm's database.
#[derive(Debug)]
pub(crate) struct Rpm;

impl Analyzer for Rpm {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("rpm", 4)
    }

    fn interest(&self) -> Interest {
        // One root has one database. Newer places and forms come first: the older ones are links
        // to them, or were left behind.
        Interest::default().files([
            "usr/lib/sysimage/rpm/rpmdb.sqlite",
            "usr/lib/sysimage/rpm/Packages.db",
            "usr/lib/sysimage/rpm/Packages",
            "var/lib/rpm/rpmdb.sqlite",
            "var/lib/rpm/Packages.db",
            "var/lib/rpm/Packages",
            "usr/share/rpm/rpmdb.sqlite",
            "usr/share/rpm/Packages.db",
            "usr/share/rpm/Packages",
        ])
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        read(file, Records::packages(Reporter::new(findings)));
        Outcome::Done
    }
}

impl Database for Rpm {
    fn selection(&self) -> Selection {
        Selection::First
    }

    fn companions(&self) -> &[Companion] {
        COMPANIONS
    }

    fn unrecorded(&self) -> &'static [Unrecorded] {
        unrecorded::RPM
    }
}

/// The reader of the files in rpm's database.
#[derive(Debug)]
pub(crate) struct RpmFiles;

impl Analyzer for RpmFiles {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("rpm-files", 1)
    }

    fn interest(&self) -> Interest {
        Rpm.interest()
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        let mut files = std::mem::take(&mut findings.files);
        read(file, Records::files(Reporter::new(findings), &mut files));
        files.shrink();
        findings.files = files;
        Outcome::Done
    }
}

impl Database for RpmFiles {
    fn selection(&self) -> Selection {
        Rpm.selection()
    }

    fn companions(&self) -> &[Companion] {
        COMPANIONS
    }
}

/// Reads the headers of a database, whichever form it has.
fn read(file: &File<'_>, mut records: Records<'_>) {
    let content = file.start();
    if crate::sqlite::is_database(content) {
        sqlite::read(content, file.companion(0).unwrap_or_default(), &mut records);
    } else if ndb::is_database(content) {
        ndb::read(content, &mut records);
    } else if bdb::is_database(content) {
        bdb::read(content, &mut records);
    } else if !content.is_empty() {
        let start = quote(content.get(..16).unwrap_or(content));
        records.reporter.error(
            "rpm-form-unknown",
            format_args!("neither SQLite nor NDB nor BerkeleyDB: the file starts with {start}"),
        );
    } else if let Some(log) = file.companion(0) {
        records.reporter.error(
            "rpm-sqlite-page-missing",
            format_args!("the database is empty, its write-ahead log has {} bytes", log.len()),
        );
    } else {
        records.reporter.empty();
    }
    records.reporter.repeated("rpm-record-repeated");
    records.reporter.finish();
}
