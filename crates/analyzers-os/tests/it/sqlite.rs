//! Writes headers as an SQLite database with the real library, and takes them out of one.

use std::path::Path;

use rusqlite::Connection;

/// The indexes that rpm 4.18 looks for.
const INDEXES: &[&str] = &[
    "Name",
    "Basenames",
    "Group",
    "Requirename",
    "Providename",
    "Conflictname",
    "Obsoletename",
    "Triggername",
    "Dirnames",
    "Installtid",
    "Sigmd5",
    "Sha1header",
    "Filetriggername",
    "Transfiletriggername",
    "Recommendname",
    "Suggestname",
    "Supplementname",
    "Enhancename",
];

/// How a database is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    /// Size of a page in bytes.
    pub(crate) page_size: u32,
    /// `UTF-8`, `UTF-16le` or `UTF-16be`.
    pub(crate) encoding: &'static str,
    /// Whether the second half of the rows is in the write-ahead log only.
    pub(crate) log: bool,
}

/// Returns a database that maps 1, 2, 3… to `headers`, and its write-ahead log.
pub(crate) fn write(headers: &[Vec<u8>], form: Form) -> (Vec<u8>, Vec<u8>) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("rpmdb.sqlite");
    let connection = Connection::open(&file).unwrap();
    let Form { page_size, encoding, log } = form;
    connection
        .execute_batch(&format!("PRAGMA page_size={page_size}; PRAGMA encoding='{encoding}';"))
        .unwrap();
    if log {
        connection.execute_batch("PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0;").unwrap();
    }
    // As rpm creates it, and with a view and a trigger beside it.
    connection
        .execute_batch(
            "PRAGMA synchronous=OFF;
             CREATE VIEW 'AllPackages' AS SELECT hnum FROM Packages;
             CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL);",
        )
        .unwrap();
    for index in INDEXES {
        connection
            .execute_batch(&format!(
                "CREATE TABLE '{index}' (key 'TEXT' NOT NULL, hnum INTEGER NOT NULL, idx INTEGER NOT NULL);
                 CREATE INDEX '{index}_key_idx' ON '{index}' (key ASC);"
            ))
            .unwrap();
    }
    connection
        .execute_batch(
            "CREATE TRIGGER 'Gone' AFTER DELETE ON Packages
             BEGIN DELETE FROM Name WHERE hnum = old.hnum; END;",
        )
        .unwrap();
    let (first, second) = headers.split_at(headers.len() / 2);
    insert(&connection, first, 1);
    if log {
        connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE);").unwrap();
    }
    insert(&connection, second, first.len() + 1);
    // A deleted row that is still in the first half must not come back.
    connection.execute("INSERT INTO Packages VALUES (100000, x'00')", ()).unwrap();
    connection.execute("DELETE FROM Packages WHERE hnum = 100000", ()).unwrap();
    let log = std::fs::read(dir.path().join("rpmdb.sqlite-wal")).unwrap_or_default();
    (std::fs::read(&file).unwrap(), log)
}

fn insert(connection: &Connection, headers: &[Vec<u8>], from: usize) {
    for (header, number) in headers.iter().zip(from..) {
        let number = i64::try_from(number).unwrap();
        connection.execute("INSERT INTO Packages VALUES (?1, ?2)", (number, header)).unwrap();
        connection.execute("INSERT INTO Name VALUES ('name', ?1, 0)", (number,)).unwrap();
    }
}

/// Returns the headers of a sound database.
pub(crate) fn headers(file: &Path) -> Vec<Vec<u8>> {
    let uri = format!("file:{}?mode=ro&immutable=1", file.display());
    let connection = Connection::open(uri).unwrap();
    let mut rows = connection.prepare("SELECT blob FROM Packages ORDER BY hnum").unwrap();
    rows.query_map((), |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// Returns the number of the root page of `Packages` in a sound database.
pub(crate) fn root(database: &[u8]) -> usize {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("rpmdb.sqlite");
    std::fs::write(&file, database).unwrap();
    let sql = "SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND name = 'Packages'";
    let root: i64 = Connection::open(&file).unwrap().query_row(sql, (), |row| row.get(0)).unwrap();
    usize::try_from(root).unwrap()
}
