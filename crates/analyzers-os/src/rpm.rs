//! rpm's database, in each of the three forms that it had: BerkeleyDB, NDB and SQLite.
//!
//! The forms are containers of the same *headers*, one per package; which form a file has is seen
//! from its first bytes, not from its name. Indexes are not read.

mod bdb;
mod files;
mod header;
mod ndb;
mod record;
mod sqlite;

use cutaway_analyze::{Analyzer, Findings, Input, Location, Selection, Unrecorded};

pub(crate) use record::source_of;

use crate::reporter::{Reporter, quote};
use crate::unrecorded;
use record::Records;

/// The reader of rpm's database.
#[derive(Debug)]
pub(crate) struct Rpm;

impl Analyzer for Rpm {
    fn name(&self) -> &'static str {
        "rpm"
    }

    fn version(&self) -> u32 {
        1
    }

    fn locations(&self) -> &'static [Location] {
        // One root has one database. Newer places and forms come first: the older ones are links
        // to them, or were left behind.
        &[
            Location::File("usr/lib/sysimage/rpm/rpmdb.sqlite"),
            Location::File("usr/lib/sysimage/rpm/Packages.db"),
            Location::File("usr/lib/sysimage/rpm/Packages"),
            Location::File("var/lib/rpm/rpmdb.sqlite"),
            Location::File("var/lib/rpm/Packages.db"),
            Location::File("var/lib/rpm/Packages"),
            Location::File("usr/share/rpm/rpmdb.sqlite"),
            Location::File("usr/share/rpm/Packages.db"),
            Location::File("usr/share/rpm/Packages"),
        ]
    }

    fn selection(&self) -> Selection {
        Selection::First
    }

    fn companion(&self) -> Option<&'static str> {
        // SQLite's write-ahead log. The other forms have no second file of this name.
        Some("-wal")
    }

    fn unrecorded(&self) -> &'static [Unrecorded] {
        unrecorded::RPM
    }

    fn analyze(&self, input: &Input<'_>, findings: &mut Findings) {
        read(input, Records::packages(Reporter::new(findings)));
    }
}

/// The reader of the files in rpm's database.
#[derive(Debug)]
pub(crate) struct RpmFiles;

impl Analyzer for RpmFiles {
    fn name(&self) -> &'static str {
        "rpm-files"
    }

    fn version(&self) -> u32 {
        1
    }

    fn locations(&self) -> &'static [Location] {
        Rpm.locations()
    }

    fn selection(&self) -> Selection {
        Rpm.selection()
    }

    fn companion(&self) -> Option<&'static str> {
        Rpm.companion()
    }

    fn reads_files(&self) -> bool {
        true
    }

    fn analyze(&self, input: &Input<'_>, findings: &mut Findings) {
        let mut files = std::mem::take(&mut findings.files);
        read(input, Records::files(Reporter::new(findings), &mut files));
        files.shrink();
        findings.files = files;
    }
}

/// Reads the headers of a database, whichever form it has.
fn read(input: &Input<'_>, mut records: Records<'_>) {
    let content = input.content;
    if sqlite::is_database(content) {
        sqlite::read(content, input.companion.unwrap_or_default(), &mut records);
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
    } else if let Some(log) = input.companion {
        records.reporter.error(
            "rpm-sqlite-page-missing",
            format_args!("the database is empty, its write-ahead log has {} bytes", log.len()),
        );
    } else {
        records.reporter.empty();
    }
    records.reporter.finish();
}
