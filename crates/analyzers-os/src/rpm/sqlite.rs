//! SQLite's file format, as far as rpm's `rpmdb.sqlite` needs it: the table `Packages`.
//!
//! Table B-trees are walked from their roots; a write-ahead log is laid over the pages first.
//! Indexes, the free list, locks and SQL are not read, and nothing is ever written. Format:
//! <https://www.sqlite.org/fileformat2.html>, whose section numbers the modules name.

mod btree;
mod cell;
mod error;
mod pager;
mod value;
mod wal;

use super::record::Records;
use btree::Walk;
use error::{Error, TABLE};
use pager::Pager;
use value::{Encoding, Value, values};

const MAGIC: &[u8] = b"SQLite format 3\0";

/// Returns whether `content` starts as such a database does.
pub(super) fn is_database(content: &[u8]) -> bool {
    content.starts_with(MAGIC)
}

/// Reads every record of the database, as its write-ahead log, which may be empty, has left it.
pub(super) fn read(content: &[u8], log: &[u8], records: &mut Records<'_>) {
    let (overlay, trouble) = wal::read(log);
    if let Some(error) = trouble {
        report(records, &error);
    }
    let pager = match Pager::open(content, overlay) {
        Ok(pager) => pager,
        Err(error) => return report(records, &error),
    };
    if let Err(error) = pager.check_length() {
        report(records, &error);
    }
    let mut walk = Walk::new(&pager);
    let Some(root) = find_table(&mut walk, pager.encoding(), records) else { return };
    walk.start(root);
    while let Some(row) = walk.next() {
        let result = row.and_then(|row| {
            let values = values(&row.payload)
                .ok_or(Error::Row { row: row.id, rule: "its header is broken" })?;
            // The first column stands for the row's id and is empty; the only blob is the header.
            let blob = values.iter().find_map(|value| match value {
                Value::Blob(blob) => Some(*blob),
                _ => None,
            });
            records.add(
                blob.ok_or(Error::Row { row: row.id, rule: "it has no blob" })?,
                format_args!("row {}", row.id),
            );
            Ok(())
        });
        if let Err(error) = result {
            report(records, &error);
        }
    }
}

/// Returns the root page of the table of packages; where there is none, that was reported.
fn find_table(
    walk: &mut Walk<'_, '_>,
    encoding: Encoding,
    records: &mut Records<'_>,
) -> Option<u32> {
    let (mut found, mut broken) = (None, false);
    walk.start(1);
    while let Some(row) = walk.next() {
        let table = row.and_then(|row| {
            let values = values(&row.payload)
                .ok_or(Error::Row { row: row.id, rule: "its header is broken" })?;
            Ok(root_page(&values, encoding))
        });
        match table {
            Ok(table) => found = found.or(table),
            Err(error) => {
                broken = true;
                report(records, &error);
            }
        }
    }
    if found.is_none() && !broken {
        report(records, &Error::NoTable);
    }
    found
}

/// Returns the root page in a row of the schema: type, name, table, root page, SQL (2.6).
fn root_page(values: &[Value<'_>], encoding: Encoding) -> Option<u32> {
    let [Value::Text(kind), Value::Text(name), _, Value::Integer(root), ..] = values else {
        return None;
    };
    // Names of tables do not tell upper and lower case apart.
    let is_table =
        encoding.decode(kind) == "table" && encoding.decode(name).eq_ignore_ascii_case(TABLE);
    u32::try_from(*root).ok().filter(|_| is_table)
}

fn report(records: &mut Records<'_>, error: &Error) {
    records.reporter.error(error.code(), error);
}
