//! SQLite's file format, as far as package managers' databases need it: the rows of a table.
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

pub(crate) use error::Error;
pub(crate) use value::Value;

use btree::Walk;
use pager::Pager;
use value::{Encoding, values};

const MAGIC: &[u8] = b"SQLite format 3\0";

/// A row of a table.
#[derive(Debug)]
pub(crate) struct Row<'r> {
    /// Its id.
    pub(crate) id: i64,
    /// Its first values; a column that stands for the id is empty.
    pub(crate) values: Vec<Value<'r>>,
    encoding: Encoding,
}

impl Row<'_> {
    /// Returns the text of a column.
    pub(crate) fn text(&self, column: usize) -> Option<String> {
        match self.values.get(column)? {
            Value::Text(text) => Some(self.encoding.decode(text)),
            _ => None,
        }
    }

    /// Returns the number of a column.
    pub(crate) fn number(&self, column: usize) -> Option<i64> {
        match self.values.get(column)? {
            Value::Integer(number) => Some(*number),
            _ => None,
        }
    }
}

/// Returns whether `content` starts as such a database does.
pub(crate) fn is_database(content: &[u8]) -> bool {
    content.starts_with(MAGIC)
}

/// Shows every row of a table, as the write-ahead log, which may be empty, has left it; errors in between
/// stand for what could not be read.
pub(crate) fn rows(
    content: &[u8],
    log: &[u8],
    table: &'static str,
    mut show: impl FnMut(Result<Row<'_>, Error>),
) {
    let (overlay, trouble) = wal::read(log);
    if let Some(error) = trouble {
        show(Err(error));
    }
    let pager = match Pager::open(content, overlay) {
        Ok(pager) => pager,
        Err(error) => return show(Err(error)),
    };
    if let Err(error) = pager.check_length() {
        show(Err(error));
    }
    let mut walk = Walk::new(&pager);
    let (mut root, mut broken) = (None, false);
    each(&mut walk, 1, pager.encoding(), |row| match row {
        Ok(row) => root = root.or(root_page(&row, table)),
        Err(error) => {
            broken = true;
            show(Err(error));
        }
    });
    match root {
        Some(root) => each(&mut walk, root, pager.encoding(), show),
        None if broken => {}
        None => show(Err(Error::NoTable(table))),
    }
}

/// Shows every row of the tree with this root.
fn each(
    walk: &mut Walk<'_, '_>,
    root: u32,
    encoding: Encoding,
    mut show: impl FnMut(Result<Row<'_>, Error>),
) {
    walk.start(root);
    while let Some(row) = walk.next() {
        let row = match row {
            Ok(row) => row,
            Err(error) => {
                show(Err(error));
                continue;
            }
        };
        show(match values(&row.payload) {
            Some(values) => Ok(Row { id: row.id, values, encoding }),
            None => Err(Error::Row { row: row.id, rule: "its header is broken" }),
        });
    }
}

/// Returns the root page in a row of the schema: type, name, table, root page, SQL (2.6).
fn root_page(row: &Row<'_>, table: &str) -> Option<u32> {
    // Names of tables do not tell upper and lower case apart.
    let is_table = row.text(0)? == "table" && row.text(1)?.eq_ignore_ascii_case(table);
    u32::try_from(row.number(3)?).ok().filter(|_| is_table)
}
