//! Many readers, and somebody who replaces the file.

use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use cutaway_vulns::{Answer, Database, query};
use serde_json::json;

use crate::support::{builder, bytes};

fn edition(number: usize) -> Vec<u8> {
    let records: Vec<_> = (0..=number)
        .map(|flaw| {
            json!({"id": format!("GHSA-{flaw}"), "modified": "2024-01-01T00:00:00Z",
                "affected": [{"package": {"ecosystem": "npm", "name": "a"}, "versions": ["1.0.0"]}]})
        })
        .collect();
    bytes(builder(&records))
}

/// Puts a file in place whole.
fn put(folder: &Path, bytes: &[u8]) {
    let beside = folder.join("next");
    std::fs::write(&beside, bytes).unwrap();
    std::fs::rename(beside, folder.join("current")).unwrap();
}

#[test]
fn readers_see_one_edition_or_another() {
    let folder = tempfile::tempdir().unwrap();
    let editions: Vec<Vec<u8>> = (0..20).map(edition).collect();
    put(folder.path(), &editions[0]);
    let ended = AtomicBool::new(false);
    let read = || {
        let mut times = 0_usize;
        while !ended.load(Ordering::Relaxed) || times == 0 {
            let file = File::open(folder.path().join("current")).unwrap();
            let mut database = Database::open(file).unwrap();
            let records = usize::try_from(database.counts().records).unwrap();
            let told = query(&mut database, "npm", "a", &["1.0.0".into()]).unwrap().unwrap();
            let Some(Answer::Records(ids)) = told.first() else { panic!("{told:?}") };
            // All of one edition, and never some of another.
            assert_eq!(ids.len(), records);
            times += 1;
        }
        times
    };
    let times: usize = std::thread::scope(|scope| {
        let readers: Vec<_> = (0..100).map(|_| scope.spawn(read)).collect();
        for edition in &editions {
            put(folder.path(), edition);
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        ended.store(true, Ordering::Relaxed);
        readers.into_iter().map(|reader| reader.join().unwrap()).sum()
    });
    assert!(times >= 100, "{times}");
}
