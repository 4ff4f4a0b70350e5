//! What a table may take, by the names of the limits.

use cutaway_toc::{Error, Form, Limits, Place, Table};

fn limit(error: Error) -> &'static str {
    match error {
        Error::Limit { limit, .. } => limit,
        other => panic!("{other}"),
    }
}

#[test]
fn limits_are_named() {
    let mut limits = Limits::default();
    limits.entries = 1;
    limits.chunk_bytes = 10;
    limits.table_bytes = 100;
    let two = br#"{"version": 1, "entries": [{"name": "a", "type": "dir"}, {"name": "b", "type": "dir"}]}"#;
    assert_eq!(limit(Table::read(two, Form::Stargz, 1000, &limits).unwrap_err()), "entries");

    let large =
        br#"{"version": 1, "entries": [{"name": "a", "type": "reg", "size": 11, "offset": 5}]}"#;
    let table = Table::read(large, Form::Stargz, 1000, &limits).unwrap();
    let chunk = &table.entries()[0].chunks[0];
    assert_eq!(limit(table.content(chunk, b"", &limits).unwrap_err()), "chunk_bytes");

    let sum = format!("sha256:{}", "0".repeat(64));
    let annotation = |key: &str| match key {
        "io.containers.zstd-chunked.manifest-position" => Some("5:10:101:1"),
        "io.containers.zstd-chunked.manifest-checksum" => Some(sum.as_str()),
        _ => None,
    };
    assert_eq!(limit(Place::of(annotation, 1000, &limits).unwrap_err()), "table_bytes");
}
