//! What tests share.

use std::io::Cursor;
use std::path::PathBuf;

use cutaway_vulns::{Builder, Database, Limits};

/// Returns a folder of the corpus; `None`, and says so, where there is none.
pub(crate) fn corpus(name: &str) -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "tests find the corpus")]
    let given = std::env::var_os("CUTAWAY_CORPUS").map(PathBuf::from);
    let root = given
        .unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus").into());
    let folder = root.join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: no corpus");
    None
}

/// Writes a database and opens it.
pub(crate) fn open(builder: Builder) -> Database {
    Database::open(Cursor::new(bytes(builder))).unwrap()
}

/// Writes a database.
pub(crate) fn bytes(builder: Builder) -> Vec<u8> {
    let mut bytes = Vec::new();
    builder.write(&mut bytes).unwrap();
    bytes
}

/// Takes records.
pub(crate) fn builder(records: &[serde_json::Value]) -> Builder {
    let mut builder = Builder::new(Limits::default());
    for record in records {
        builder.add(record.to_string().as_bytes()).unwrap();
    }
    builder
}
