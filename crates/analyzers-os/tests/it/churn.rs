//! SQLite databases after any history of changes: we read the rows that SQLite reads.
//!
//! Deleting and rewriting rows moves them between pages, leaves free pages behind, and makes logs
//! whose start is a newer use of the file than their end.

use proptest::collection::vec;
use proptest::prelude::*;
use rusqlite::Connection;

use crate::support::{RPM, analyze_with};

/// A change to the table of packages.
#[derive(Debug, Clone)]
enum Change {
    /// Puts in or replaces the row of this number, with a header of about so many bytes.
    Put(i64, usize),
    Delete(i64),
    Checkpoint,
    Vacuum,
    /// Begins a transaction that is rolled back, after writing so many rows.
    Rollback(i64),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        6 => (1..40_i64, 0..4000_usize).prop_map(|(row, len)| Change::Put(row, len)),
        3 => (1..40_i64).prop_map(Change::Delete),
        1 => Just(Change::Checkpoint),
        1 => Just(Change::Vacuum),
        1 => (1..5_i64).prop_map(Change::Rollback),
    ]
}

/// A header that has the name `row-len`, the version 1, and padding.
fn header(row: i64, len: usize) -> Vec<u8> {
    let name = format!("row{row}len{len}\0");
    let at = u32::try_from(name.len()).unwrap();
    let data = [name.as_bytes(), b"1\0", &vec![0; len]].concat();
    let entries = [(1000, 0), (1001, at), (1002, at)].map(|(tag, at)| [tag, 6, at, 1]);
    let counts = [3, u32::try_from(data.len()).unwrap()];
    let numbers = counts.into_iter().chain(entries.into_iter().flatten());
    numbers.flat_map(u32::to_be_bytes).chain(data).collect()
}

fn apply(connection: &Connection, change: &Change) {
    let put = |row: i64, len| {
        let sql = "INSERT OR REPLACE INTO Packages VALUES (?1, ?2)";
        connection.execute(sql, (row, header(row, len))).unwrap();
    };
    match *change {
        Change::Put(row, len) => put(row, len),
        Change::Delete(row) => {
            connection.execute("DELETE FROM Packages WHERE hnum = ?1", (row,)).unwrap();
        }
        Change::Checkpoint => connection.execute_batch("PRAGMA wal_checkpoint(RESTART)").unwrap(),
        Change::Vacuum => connection.execute_batch("VACUUM").unwrap(),
        Change::Rollback(rows) => {
            connection.execute_batch("BEGIN").unwrap();
            (100..100 + rows).for_each(|row| put(row, 2000));
            connection.execute_batch("ROLLBACK").unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn rows_are_those_of_sqlite(
        changes in vec(change(), 1..80),
        page_size in prop_oneof![Just(512), Just(1024), Just(4096)],
        mode in prop_oneof![Just("WAL"), Just("DELETE")],
        vacuum in prop_oneof![Just("NONE"), Just("FULL")],
    ) {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("rpmdb.sqlite");
        let connection = Connection::open(&file).unwrap();
        connection.execute_batch(&format!(
            "PRAGMA page_size={page_size}; PRAGMA auto_vacuum={vacuum}; PRAGMA journal_mode={mode};
             PRAGMA wal_autocheckpoint=0; PRAGMA synchronous=OFF;
             CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL);"
        )).unwrap();
        for change in &changes {
            apply(&connection, change);
        }
        let mut rows = connection.prepare("SELECT blob FROM Packages ORDER BY hnum").unwrap();
        let rows = rows.query_map((), |row| row.get::<_, Vec<u8>>(0)).unwrap().map(Result::unwrap);
        let expected: Vec<_> = rows
            .map(|blob| {
                // The name stands behind two counts and three entries.
                let name = blob[8 + 3 * 16..].split(|byte| *byte == 0).next().unwrap();
                String::from_utf8(name.to_vec()).unwrap()
            })
            .collect();
        let content = std::fs::read(&file).unwrap();
        let log = std::fs::read(dir.path().join("rpmdb.sqlite-wal")).ok().filter(|log| !log.is_empty());
        let findings = analyze_with(RPM, &content, log.as_deref());
        let found: Vec<_> = findings.packages().iter().map(|package| package.name.clone()).collect();
        prop_assert_eq!(found, expected);
        prop_assert!(!findings.incomplete(), "{:?}", findings.diagnostics());
    }
}
