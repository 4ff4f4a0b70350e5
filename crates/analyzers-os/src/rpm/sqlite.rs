//! rpm's `rpmdb.sqlite`: the table `Packages`.

use super::record::Records;
use crate::sqlite::{Error, Value, rows};

/// The table that has the headers.
const TABLE: &str = "Packages";

/// Reads every record of the database, as its write-ahead log, which may be empty, has left it.
pub(super) fn read(content: &[u8], log: &[u8], records: &mut Records<'_>) {
    rows(content, log, TABLE, |row| {
        // The first column stands for the row's id and is empty; the only blob is the header.
        let added = row.and_then(|row| {
            let mut blobs = row.values.iter().filter_map(|value| match value {
                Value::Blob(blob) => Some(*blob),
                _ => None,
            });
            let blob = blobs.next().ok_or(Error::Row { row: row.id, rule: "it has no blob" })?;
            records.add(blob, format_args!("row {}", row.id));
            Ok(())
        });
        if let Err(error) = added {
            records.reporter.error(code(&error), error);
        }
    });
}

fn code(error: &Error) -> &'static str {
    match error {
        Error::Header { .. } => "rpm-sqlite-header",
        Error::PageMissing { .. } => "rpm-sqlite-page-missing",
        Error::Page { .. } => "rpm-sqlite-page",
        Error::Row { .. } => "rpm-sqlite-row",
        Error::NoTable(_) => "rpm-sqlite-no-table",
        Error::Log(_) => "rpm-sqlite-log",
    }
}
