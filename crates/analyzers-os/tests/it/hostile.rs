//! Databases that were broken on purpose: the error that each must give.

use std::time::{Duration, Instant};

use crate::bdb::{self, Order};
use crate::ndb;
use crate::sqlite::{self, Form};
use crate::support::{APK, DPKG, RPM, analyze, analyze_with, code, codes};

const STRING: u32 = 6;

/// A header with a name and a version.
fn header(name: &str) -> Vec<u8> {
    let data = format!("{name}\x001\x002\0");
    let at = u32::try_from(name.len()).unwrap() + 1;
    let entries = [(1000, 0), (1001, at), (1002, at + 2)].map(|(tag, at)| [tag, STRING, at, 1]);
    let counts = [3, u32::try_from(data.len()).unwrap()];
    let numbers =
        counts.into_iter().chain(entries.into_iter().flatten()).flat_map(u32::to_be_bytes);
    numbers.chain(data.into_bytes()).collect()
}

/// A name, and a change to the page at a byte of the database.
type Change = (&'static str, fn(&mut [u8], usize));

/// Three headers, the middle one too large to lie inline on a small page.
fn headers() -> Vec<Vec<u8>> {
    vec![header("first"), header(&"x".repeat(2000)), header("third")]
}

fn put(bytes: &mut [u8], at: usize, number: u32) {
    bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
}

fn names(path: &str, content: &[u8]) -> (Vec<String>, Vec<&'static str>) {
    let start = Instant::now();
    let findings = analyze(path, content);
    assert!(start.elapsed() < Duration::from_secs(10));
    let names = findings.packages().iter().map(|it| it.name.get(..5).unwrap().to_owned()).collect();
    let errors =
        findings.diagnostics().iter().filter(|it| it.severity == cutaway_analyze::Severity::Error);
    (names, errors.map(code).collect())
}

#[test]
fn empty_databases_are_warnings() {
    for path in [APK, DPKG, RPM, "var/lib/rpmmanifest/container-manifest-2"] {
        let findings = analyze(path, b"");
        assert_eq!(codes(&findings), (vec![], vec!["database-empty"]), "{path}");
    }
}

#[test]
fn unknown_forms() {
    let findings = analyze(RPM, b"not a database");
    assert_eq!(codes(&findings).0, ["rpm-form-unknown"]);
    let findings = analyze_with(RPM, b"", Some(b"log"));
    assert_eq!(codes(&findings).0, ["rpm-sqlite-page-missing"]);
}

/// The counts are checked before anything is allocated.
#[test]
fn header_counts() {
    let hostile = [0x0fff_fff0_u32, 0].map(u32::to_be_bytes).concat();
    let database = ndb::write(&[header("first"), hostile, header("third")]);
    let (names, errors) = names(RPM, &database);
    assert_eq!(
        (names, errors),
        (vec!["first".into(), "third".into()], vec!["rpm-header-unreadable"])
    );
}

/// Fields that are missing or broken cost one record.
#[test]
fn header_fields() {
    for (entry, error) in [
        (0, "rpm-record-incomplete"), // no name
        (1, "rpm-record-incomplete"), // no version
    ] {
        let mut broken = header("other");
        broken[8 + entry * 16..12 + entry * 16].copy_from_slice(&5000_u32.to_be_bytes());
        let (found, errors) = names(RPM, &ndb::write(&[header("first"), broken]));
        assert_eq!((found, errors), (vec!["first".into()], vec![error]), "{entry}");
        let mut broken = header("other");
        broken[16 + entry * 16..20 + entry * 16].copy_from_slice(&u32::MAX.to_be_bytes());
        let (found, errors) = names(RPM, &ndb::write(&[header("first"), broken]));
        assert_eq!(
            (found, errors),
            (vec!["first".into()], vec!["rpm-field-unreadable", error]),
            "{entry}"
        );
    }
}

/// Circles, and chains that end too early or too late.
#[test]
fn bdb_overflow_pages() {
    let sound = bdb::write(&headers(), Order::Little, 512);
    // Page 3 is the first of the large value's, after the meta page and two buckets.
    let page = 3 * 512;
    let type_at = page + 25;
    assert_eq!(sound[type_at], 7);
    let changes: [Change; 7] = [
        ("zeroed", |it, page| it[page..page + 512].fill(0)),
        ("leads to itself", |it, page| put(it, page + 16, 3)),
        ("leads back", |it, page| put(it, page + 512 + 16, 3)),
        ("leads to a bucket", |it, page| put(it, page + 16, 1)),
        ("leads to the meta page's number", |it, page| put(it, page + 16, 0)),
        ("leads outside", |it, page| put(it, page + 16, u32::MAX)),
        ("no bytes on it", |it, page| it[page + 22..page + 24].fill(0)),
    ];
    for (what, change) in changes {
        let mut database = sound.clone();
        change(&mut database, page);
        let (found, errors) = names(RPM, &database);
        assert_eq!(
            found,
            ["third", "first"].map(str::to_owned).into_iter().rev().collect::<Vec<_>>(),
            "{what}"
        );
        assert_eq!(errors.len(), 1, "{what}: {errors:?}");
        assert!(errors[0].starts_with("rpm-bdb-page"), "{what}: {errors:?}");
    }
}

#[test]
fn bdb_offsets() {
    let sound = bdb::write(&headers(), Order::Little, 512);
    for offset in [0_u16, 25, 511, 512, 65000, 65534] {
        // Bucket 1 on page 2 holds 1 and 3: this is the place of the first value.
        let mut database = sound.clone();
        database[2 * 512 + 28..2 * 512 + 30].copy_from_slice(&offset.to_le_bytes());
        let (_, errors) = names(RPM, &database);
        assert!(!errors.is_empty(), "item offset {offset}");
    }
    let mut database = sound;
    database[3 * 512 + 22..3 * 512 + 24].copy_from_slice(&65000_u16.to_le_bytes());
    assert_eq!(names(RPM, &database).1, ["rpm-bdb-page"]);
}

/// Errors of the meta page name the field.
#[test]
fn bdb_meta_page() {
    let sound = bdb::write(&headers(), Order::Little, 512);
    for (at, value, field) in [
        (12, 0x0005_3162, "magic"),
        (16, 6, "version"),
        (16, 11, "version"),
        (20, 1 << 20, "page size"),
        (20, 0, "page size"),
        (20, 513, "page size"),
        (24, 1, "encryption"),
        (24, 0x0001_0800, "flags"),
    ] {
        let mut database = sound.clone();
        put(&mut database, at, value);
        let findings = analyze(RPM, &database);
        assert_eq!(codes(&findings).0, ["rpm-bdb-meta"], "{field}");
        assert!(findings.diagnostics()[0].message.contains(field), "{:?}", findings.diagnostics());
    }
    for (at, value, error) in
        [(32, u32::MAX, "rpm-bdb-page-missing"), (72, u32::MAX, "rpm-bdb-meta")]
    {
        let mut database = sound.clone();
        put(&mut database, at, value);
        let findings = analyze(RPM, &database);
        assert!(codes(&findings).0.contains(&error), "{:?}", findings.diagnostics());
        assert_eq!(findings.packages().len(), 3, "what is there is read");
    }
}

#[test]
fn bdb_buckets() {
    let sound = bdb::write(&headers(), Order::Little, 512);
    // A bucket whose page lies elsewhere, or is zeroed: the other one is read.
    let mut database = sound.clone();
    database[2 * 512..3 * 512].fill(0);
    let (found, errors) = names(RPM, &database);
    assert_eq!((found, errors), (vec!["xxxxx".into()], vec!["rpm-bdb-page"]));
    // The bucket is not found, but its page has records.
    let mut database = sound.clone();
    put(&mut database, 100, 200);
    let (found, errors) = names(RPM, &database);
    assert_eq!(found.len(), 3);
    assert_eq!(errors, ["rpm-bdb-page-missing", "rpm-bdb-page"]);
    // Duplicates are not read.
    let mut database = sound.clone();
    let value_at =
        usize::from(u16::from_le_bytes([database[2 * 512 + 28], database[2 * 512 + 29]]));
    database[2 * 512 + value_at] = 4;
    let (found, errors) = names(RPM, &database);
    assert_eq!((found.len(), errors), (2, vec!["rpm-bdb-page"]));
    // A page that was last written in another transaction is read with a warning.
    let mut database = sound;
    put(&mut database, 512, 7);
    let findings = analyze(RPM, &database);
    assert_eq!(codes(&findings), (vec![], vec!["rpm-bdb-stale-lsn"]));
    assert_eq!(findings.packages().len(), 3);
}

/// Values that overlap must not cost the square of the page.
#[test]
fn bdb_overlapping_items() {
    let mut database = bdb::write(&[header("first")], Order::Little, 65536);
    let page = 2 * 65536;
    let entries = 20_000_u16;
    database[page + 20..page + 22].copy_from_slice(&entries.to_le_bytes());
    for entry in 0..usize::from(entries) {
        let offset: u16 = if entry % 2 == 0 { 65535 } else { 40100 };
        database[page + 26 + entry * 2..page + 28 + entry * 2]
            .copy_from_slice(&offset.to_le_bytes());
    }
    let (_, errors) = names(RPM, &database);
    assert!(errors.len() > 100, "{}", errors.len());
}

#[test]
fn ndb_slots_and_blobs() {
    let sound = ndb::write(&headers());
    let slot = |number: usize| (number + 1) * 16;
    let second =
        usize::try_from(u32::from_le_bytes(sound[slot(2) + 8..slot(2) + 12].try_into().unwrap()))
            .unwrap()
            * 16;
    let changes: Vec<(&str, usize, u32)> = vec![
        ("blob length", second + 12, 0xf000_0000),
        ("blob magic", second, 0),
        ("package in blob", second + 4, 9),
        ("byte of the header", second + 40, 0x5555_5555),
        ("place", slot(2) + 8, 0xffff_fff0),
        ("place in the slots", slot(2) + 8, 1),
        ("blocks", slot(2) + 12, u32::MAX),
        ("no blocks", slot(2) + 12, 0),
        ("slot magic", slot(2), 0),
    ];
    for (what, at, value) in changes {
        let mut database = sound.clone();
        put(&mut database, at, value);
        let (found, errors) = names(RPM, &database);
        assert_eq!(found, ["first", "third"], "{what}");
        assert_eq!(errors.len(), 1, "{what}: {errors:?}");
    }
    // Two slots for one blob.
    let mut database = sound.clone();
    let third = slot(3);
    database.copy_within(slot(2) + 8..slot(2) + 16, third + 8);
    assert_eq!(names(RPM, &database), (vec!["first".into(), "xxxxx".into()], vec!["rpm-ndb-blob"]));
    for pages in [0, 1 << 31, u32::MAX] {
        let mut database = sound.clone();
        put(&mut database, 12, pages);
        assert_eq!(names(RPM, &database).1.first(), Some(&"rpm-ndb-header"), "{pages}");
    }
}

/// A database of 40 rows that each need an overflow page, and where the root page of its table is.
fn sqlite_database() -> (Vec<u8>, usize) {
    let headers: Vec<_> =
        (0..40).map(|number| header(&format!("name{number:02}{}", "y".repeat(700)))).collect();
    let form = Form { page_size: 512, encoding: "UTF-8", log: false };
    let (database, _) = sqlite::write(&headers, form);
    let root = (sqlite::root(&database) - 1) * 512;
    assert_eq!(database[root], 5, "an inner page");
    (database, root)
}

#[test]
fn sqlite_cut_in_half() {
    let (database, _) = sqlite_database();
    let findings = analyze(RPM, &database[..database.len() / 2]);
    assert!(codes(&findings).0.contains(&"rpm-sqlite-page-missing"));
    let message = &findings.diagnostics()[0].message;
    let pages = database.len() / 512;
    assert_eq!(*message, format!("page {} of {pages} missing", pages / 2 + 1));
}

#[test]
fn sqlite_trees() {
    let (sound, root) = sqlite_database();
    assert_eq!(names(RPM, &sound).1, Vec::<&str>::new());
    let root_number = u32::try_from(root / 512 + 1).unwrap().to_be_bytes();
    let mut database = sound.clone();
    database[root + 8..root + 12].copy_from_slice(&root_number);
    let (found, errors) = names(RPM, &database);
    assert_eq!(errors, ["rpm-sqlite-page"], "the right child is the root");
    assert!(found.len() > 10);
    for (what, at, bytes) in [
        ("type", root, vec![0x0a]),
        ("cells", root + 3, vec![0xff, 0xff]),
        ("place of a cell", root + 12, vec![0xff, 0xff]),
        ("right child is page 0", root + 8, vec![0; 4]),
        ("right child is not there", root + 8, vec![0xff; 4]),
        ("right child is the schema", root + 8, vec![0, 0, 0, 1]),
    ] {
        let mut database = sound.clone();
        database[at..at + bytes.len()].copy_from_slice(&bytes);
        assert!(!names(RPM, &database).1.is_empty(), "{what}");
    }
    // The free list is not read, so its lies do no harm.
    let mut database = sound.clone();
    database[32..40].fill(0xff);
    assert_eq!(names(RPM, &database), names(RPM, &sound));
}

#[test]
fn sqlite_header() {
    let (sound, _) = sqlite_database();
    for (at, value) in [(16, [0, 0]), (16, [2, 1]), (16, [1, 0]), (19, [2, 200]), (58, [0, 9])] {
        let mut database = sound.clone();
        database[at..at + 2].copy_from_slice(&value);
        assert_eq!(names(RPM, &database).1, ["rpm-sqlite-header"], "{at}");
    }
}

/// Overflow chains of rows: cycles, early ends, sizes that no file has.
#[test]
fn sqlite_overflow() {
    let (sound, root) = sqlite_database();
    let number = |at: usize| usize::from(u16::from_be_bytes([sound[at], sound[at + 1]]));
    let child = root + number(root + 12);
    let leaf = (usize::try_from(u32::from_be_bytes(sound[child..child + 4].try_into().unwrap()))
        .unwrap()
        - 1)
        * 512;
    assert_eq!(sound[leaf], 0x0d);
    let cell = leaf + number(leaf + 8);
    let mut database = sound.clone();
    // A size of nine bytes' 2^40, where there were two bytes: the rest of the cell is garbage.
    database[cell..cell + 6].copy_from_slice(&[0xa0, 0x80, 0x80, 0x80, 0x80, 0x00]);
    assert_eq!(names(RPM, &database).1, ["rpm-sqlite-row"]);
    // The overflow page stands in the last four bytes of the first cell, which ends the page.
    let overflow_at = leaf + 508;
    let first = (usize::try_from(u32::from_be_bytes(
        sound[overflow_at..overflow_at + 4].try_into().unwrap(),
    ))
    .unwrap()
        - 1)
        * 512;
    let own = u32::try_from(first / 512 + 1).unwrap();
    for (what, at, value) in [
        ("leads to itself", first, own),
        ("ends too early", first, 0),
        ("starts nowhere", overflow_at, 0),
        ("starts outside", overflow_at, u32::MAX),
        ("starts at its own leaf", overflow_at, u32::try_from(leaf / 512 + 1).unwrap()),
    ] {
        let mut database = sound.clone();
        database[at..at + 4].copy_from_slice(&value.to_be_bytes());
        let (found, errors) = names(RPM, &database);
        // A chain of one page ends there in any case.
        assert!(!errors.is_empty() || (at == first && found.len() == 40), "{what}");
    }
}

/// Cells that overlap must not cost the square of the page.
#[test]
fn sqlite_overlapping_cells() {
    let headers: Vec<_> =
        (0..200).map(|number| header(&format!("name{number:03}{}", "y".repeat(700)))).collect();
    let (mut database, _) =
        sqlite::write(&headers, Form { page_size: 65536, encoding: "UTF-8", log: false });
    let root = (sqlite::root(&database) - 1) * 65536;
    let child = root + usize::from(u16::from_be_bytes([database[root + 12], database[root + 13]]));
    let leaf = usize::try_from(u32::from_be_bytes(database[child..child + 4].try_into().unwrap()))
        .unwrap();
    let leaf = (leaf - 1) * 65536;
    assert_eq!((database[root], database[leaf]), (5, 0x0d));
    let cells = 30_000_usize;
    database[leaf + 3..leaf + 5].copy_from_slice(&u16::try_from(cells).unwrap().to_be_bytes());
    for cell in 0..cells {
        database.copy_within(leaf + 8..leaf + 10, leaf + 8 + cell * 2);
    }
    let (found, errors) = names(RPM, &database);
    assert!(errors.contains(&"rpm-sqlite-page"));
    assert!(found.len() < 400, "{}", found.len());
}

/// One huge line costs its field, and what the reader keeps of it is nothing.
#[test]
fn dpkg_huge_line() {
    let huge = "x".repeat(100 << 20);
    let record = |name: &str, more: &str| {
        format!("Package: {name}\nStatus: install ok installed\nVersion: 1\n{more}\n")
    };
    let content = [
        record("first", ""),
        record("other", &format!("Description: {huge}\n {huge}\n")),
        record("third", ""),
    ]
    .concat();
    let findings = analyze(DPKG, content.as_bytes());
    let names: Vec<_> = findings.packages().iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["first", "other", "third"]);
    assert_eq!(codes(&findings), (vec![], vec!["line-over-limit"; 2]));
}

/// A million garbage lines are a hundred diagnostics and their number.
#[test]
fn bounded_diagnostics() {
    let findings = analyze(DPKG, "junk\n".repeat(1_000_000).as_bytes());
    assert_eq!(findings.diagnostics().len(), 101);
    assert_eq!(findings.diagnostics()[100].message, "999900 more like these (limit 100)");
    assert!(findings.incomplete());
}

/// A million packages are read in time.
#[test]
fn many_packages() {
    let start = Instant::now();
    let content: String =
        (0..1_000_000).map(|number| format!("P:name{number}\nV:1-r0\n\n")).collect();
    assert_eq!(analyze(APK, content.as_bytes()).packages().len(), 1_000_000);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}
