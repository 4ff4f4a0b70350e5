//! Files that were cut, flipped and forged give an error, and never a shorter answer.

use std::io::Cursor;

use cutaway_vulns::{Answer, Database, DbError, query};
use serde_json::json;

use crate::support::{builder, bytes};

fn records() -> Vec<serde_json::Value> {
    let record = |number: u32| {
        json!({"id": format!("DSA-{number}-1"), "modified": "2024-01-01T00:00:00Z",
            "upstream": [format!("CVE-2024-{number}")],
            "affected": [{"package": {"ecosystem": "Debian:12", "name": format!("package{}", number % 97)},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": format!("{number}-1")}]}],
                "versions": ["1-1", "weird~version"]}]})
    };
    (1000..1500).map(record).collect()
}

/// Asks for everything, and says how many answers there were.
fn all(mut database: Database) -> Result<usize, DbError> {
    let mut count = 0;
    for number in 0..97 {
        let answers =
            query(&mut database, "Debian:12", &format!("package{number}"), &["1-1".into()])?;
        match answers.ok_or(DbError::Forged("the ecosystem is gone"))?.first() {
            Some(Answer::Records(ids)) => count += ids.len(),
            other => panic!("{other:?}"),
        }
    }
    Ok(count)
}

fn open(bytes: &[u8]) -> Result<Database, DbError> {
    Database::open(Cursor::new(bytes.to_vec()))
}

#[test]
fn the_same_records_in_any_order_are_the_same_bytes() {
    let mut records = records();
    let first = bytes(builder(&records));
    records.reverse();
    records.push(records.first().unwrap().clone());
    assert!(first == bytes(builder(&records)), "the order of records shows");
    assert_eq!(all(open(&first).unwrap()).unwrap(), 500);
    open(&first).unwrap().verify().unwrap();
}

#[test]
fn a_cut_or_longer_file_is_refused() {
    let whole = bytes(builder(&records()));
    for length in (0..whole.len()).step_by(97).chain([whole.len() - 1]) {
        assert!(open(&whole[..length]).is_err(), "cut at {length}");
    }
    let mut longer = whole.clone();
    longer.push(0);
    assert!(matches!(open(&longer), Err(DbError::Cut)));
    assert!(matches!(open(b"PK\x03\x04"), Err(DbError::NotOurs)));
}

#[test]
fn a_flipped_bit_never_shortens_an_answer() {
    let whole = bytes(builder(&records()));
    let mut refused = 0;
    for at in (0..whole.len()).step_by(41) {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        match open(&flipped).and_then(all) {
            Ok(count) => assert_eq!(count, 500, "flipped at {at}"),
            Err(_) => refused += 1,
        }
        let verified = open(&flipped).and_then(|mut database| database.verify());
        assert!(verified.is_err(), "flipped at {at} and verified");
    }
    assert!(refused > 100, "{refused}");
}

#[test]
fn of_one_id_the_record_counts_that_was_changed_last() {
    let record = |modified: &str, fixed: &str, withdrawn: Option<&str>| {
        json!({"id": "A-1", "modified": modified, "withdrawn": withdrawn,
            "affected": [{"package": {"ecosystem": "npm", "name": "a"},
                "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": fixed}]}]}]})
    };
    let old = record("2024-01-01T00:00:00Z", "1.0.0", None);
    let new = record("2024-01-01T00:00:00.5Z", "2.0.0", None);
    let gone = record("2024-01-02T00:00:00Z", "2.0.0", Some("2024-01-02T00:00:00Z"));
    let unknown = record("2024-01-03T00:00:00Z", "3.0.0", Some("0001-01-01T00:00:00Z"));
    for (records, version, expected) in [
        (vec![&old, &new], "1.5.0", 1),
        (vec![&new, &old], "1.5.0", 1),
        // A record that was taken back stays, so that an older copy does not bring it back.
        (vec![&gone, &new], "1.5.0", 0),
        (vec![&new, &gone, &old], "0.1.0", 0),
        (vec![&unknown], "2.5.0", 1),
    ] {
        let records: Vec<_> = records.into_iter().cloned().collect();
        let mut database = open(&bytes(builder(&records))).unwrap();
        let told = query(&mut database, "npm", "a", &[version.into()]).unwrap().unwrap();
        let expected = vec!["A-1".to_owned(); expected];
        assert_eq!(told, [Answer::Records(expected)], "{version}");
    }
}
