//! rpm's database, in each of the three forms that it had: BerkeleyDB, NDB and SQLite.
//!
//! The forms are containers of the same *headers*, one per package; which form a file has is seen
//! from its first bytes, not from its name. Files, scripts and indexes are not read.

mod bdb;
mod header;
mod ndb;
mod record;
mod sqlite;

use cutaway_analyze::{Analyzer, Findings, Input, Location, Selection};

pub(crate) use record::source_of;

use crate::reporter::{Reporter, quote};
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

    fn analyze(&self, input: &Input<'_>, findings: &mut Findings) {
        let mut records = Records::new(Reporter::new(findings));
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
}
