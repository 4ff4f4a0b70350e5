//! What tables say, and what makes one useless.

use cutaway_layerfs::{Kind, Meta};
use cutaway_toc::{Entry, Error, Form, Limits, Table};
use proptest::prelude::*;

const END: u64 = 10_000;

fn read(entries: &str, form: Form) -> Result<Vec<Entry>, Error> {
    let json = format!(r#"{{"version": 1, "entries": [{entries}]}}"#);
    Table::read(json.as_bytes(), form, END, &Limits::default())
        .map(|table| table.entries().to_vec())
}

#[test]
fn entries_of_every_kind() {
    let entries = read(
        r#"{"name": "d/", "type": "dir", "mode": 17901, "uid": 7, "gid": 8, "userName": "u", "groupName": "g"},
           {"name": "d/l", "type": "symlink", "linkName": "../x"},
           {"name": "d/h", "type": "hardlink", "linkName": "f"},
           {"name": "c", "type": "char", "devMajor": 1, "devMinor": 3},
           {"name": "b", "type": "block", "devMajor": 8, "devMinor": 1},
           {"name": "p", "type": "fifo", "modtime": "1969-12-31T23:59:59.5Z"},
           {"name": "f", "type": "reg", "xattrs": {"user.a": "AAE="}, "NumLink": 0}"#,
        Form::Stargz,
    )
    .unwrap();
    let kinds: Vec<Kind> = entries.iter().map(|it| it.meta.kind).collect();
    use Kind::{BlockDevice, CharDevice, Directory, Fifo, File, HardLink, Symlink};
    assert_eq!(kinds, [Directory, Symlink, HardLink, CharDevice, BlockDevice, Fifo, File]);
    let Meta { mode, uid, gid, ref uname, ref gname, .. } = entries[0].meta;
    assert_eq!((mode, uid, gid, &**uname, &**gname), (0o2755, 7, 8, &b"u"[..], &b"g"[..]));
    let links: Vec<_> = entries.iter().filter_map(|it| it.meta.link.as_deref()).collect();
    assert_eq!(links, [&b"../x"[..], b"f"]);
    let devices: Vec<_> = entries.iter().filter_map(|it| it.meta.device).collect();
    assert_eq!(devices, [(1, 3), (8, 1)]);
    assert_eq!((entries[5].meta.mtime, entries[5].meta.mtime_nanos), (-1, 500_000_000));
    assert_eq!(
        (&*entries[6].meta.xattrs[0].name, &*entries[6].meta.xattrs[0].value),
        (&b"user.a"[..], &b"\0\x01"[..])
    );
    assert!(entries.iter().all(|entry| entry.chunks.is_empty()));
}

/// Where each chunk of each file lies: its place in the file, its length, and its stored bytes.
fn chunks(entries: &[Entry]) -> Vec<(u64, u64, u64, u64)> {
    let chunks = entries.iter().flat_map(|entry| &entry.chunks);
    chunks.map(|it| (it.at, it.len, it.stored.start, it.stored.end)).collect()
}

#[test]
fn chunks_end_where_the_form_says() {
    // eStargz: where the next member of any file begins.
    let stargz = r#"{"name": "a", "type": "reg", "size": 10, "offset": 100, "chunkSize": 6},
        {"name": "a", "type": "chunk", "offset": 300, "chunkOffset": 6, "chunkSize": 4},
        {"name": "b", "type": "reg", "size": 3, "offset": 200},
        {"name": "c", "type": "reg", "size": 2, "offset": 300, "innerOffset": 4}"#;
    let entries = read(stargz, Form::Stargz).unwrap();
    assert_eq!(
        chunks(&entries),
        [(0, 6, 100, 200), (6, 4, 300, END), (0, 3, 200, 300), (0, 2, 300, END)]
    );
    assert_eq!(entries[2].chunks[0].inner, 4);
    // zstd:chunked: where the next chunk of the file begins, and the file itself ends; zeros are nowhere.
    let chunked = r#"{"name": "a", "type": "reg", "size": 10, "offset": 100, "endOffset": 180, "chunkSize": 3},
        {"name": "a", "type": "chunk", "chunkOffset": 3, "chunkSize": 5, "chunkType": "zeros"},
        {"name": "a", "type": "chunk", "offset": 150, "chunkOffset": 8, "chunkSize": 2},
        {"name": "b", "type": "reg", "size": 3, "offset": 200, "endOffset": 210}"#;
    let entries = read(chunked, Form::Chunked).unwrap();
    assert_eq!(
        chunks(&entries),
        [(0, 3, 100, 150), (3, 5, 0, 0), (8, 2, 150, 180), (0, 3, 200, 210)]
    );
    assert!(entries[0].chunks[1].is_hole());
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let file = |rest: &str| format!(r#"{{"name": "a", "type": "reg", "size": 10, {rest}}}"#);
    for entries in [
        // Nowhere, behind the end, before the beginning, of no bytes.
        file(r#""endOffset": 20"#),
        file(r#""offset": 100, "endOffset": 10001"#),
        file(r#""offset": 100, "endOffset": 99"#),
        file(r#""offset": 100, "endOffset": 100"#),
        file(r#""offset": 20000, "endOffset": 20001"#),
        // Not all of the file, and more than that.
        file(r#""offset": 100, "endOffset": 120, "chunkSize": 9"#),
        file(r#""offset": 100, "endOffset": 120, "chunkSize": 11"#),
        file(r#""offset": 100, "endOffset": 120, "chunkSize": 10"#)
            + r#",{"name": "a", "type": "chunk", "offset": 110, "chunkOffset": 10}"#,
        file(r#""offset": 100, "endOffset": 120, "chunkSize": 5"#)
            + r#",{"name": "a", "type": "chunk", "offset": 110, "chunkOffset": 4}"#,
        file(r#""offset": 100, "endOffset": 120, "chunkSize": 5"#)
            + r#",{"name": "b", "type": "chunk", "offset": 110, "chunkOffset": 5}"#,
        // Chunks that go back.
        file(r#""offset": 110, "endOffset": 120, "chunkSize": 5"#)
            + r#",{"name": "a", "type": "chunk", "offset": 100, "chunkOffset": 5}"#,
        // Keys that stand twice, and numbers that are none.
        file(r#""offset": 100, "offset": 100, "endOffset": 120"#),
        file(r#""offset": 1e3, "endOffset": 1200"#),
        file(r#""offset": -5, "endOffset": 1200"#),
        r#"{"name": "a", "type": "chunk", "offset": 100}"#.to_owned(),
        r#"{"name": "a", "type": ""}"#.to_owned(),
        r#"{"name": "a", "type": "dir", "uid": 4294967296}"#.to_owned(),
        "null".to_owned(),
    ] {
        assert!(read(&entries, Form::Chunked).is_err(), "{entries}");
    }
    let limits = Limits::default();
    for json in [
        "",
        "[]",
        "{}",
        r#"{"version": 1}"#,
        r#"{"entries": []}"#,
        r#"{"version": 2, "entries": []}"#,
        r#"{"version": 1, "entries": [], "entries": []}"#,
        r#"{"version": 1, "entries": []} x"#,
    ] {
        assert!(Table::read(json.as_bytes(), Form::Chunked, END, &limits).is_err(), "{json}");
    }
    assert!(
        Table::read(br#"{"version": 1, "entries": [], "more": [{}]}"#, Form::Chunked, END, &limits)
            .is_ok()
    );
}

proptest! {
    /// Whatever is read, the chunks of a file are all of it, one after the other, inside of the layer.
    #[test]
    fn chunks_are_all_of_a_file(
        sizes in prop::collection::vec((0_u64..20, 0_u64..400, 0_u64..400, 0_u64..8), 0..6),
        form in prop::sample::select(vec![Form::Stargz, Form::Chunked]),
    ) {
        let entries: Vec<String> = sizes
            .iter()
            .map(|(size, offset, end, chunk)| format!(
                r#"{{"name": "a", "type": "reg", "size": {size}, "offset": {offset}, "endOffset": {end}, "chunkSize": {chunk}}},
                   {{"name": "a", "type": "chunk", "offset": {end}, "chunkOffset": {chunk}}}"#
            ))
            .collect();
        if let Ok(entries) = read(&entries.join(","), form) {
            for entry in entries {
                let mut at = 0;
                for chunk in &entry.chunks {
                    prop_assert_eq!(chunk.at, at);
                    at = chunk.at.saturating_add(chunk.len);
                    prop_assert!(chunk.stored.start < chunk.stored.end && chunk.stored.end <= END);
                }
                prop_assert_eq!(at, entry.meta.size);
            }
        }
    }
}
