//! Bytes at random, and real databases with some bytes changed: never a panic, always bounded.

use cutaway_analyze::Place;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;

use crate::bdb::{self, Order};
use crate::sqlite::{self, Form};
use crate::support::{APK, DPKG, RPM, analyze, analyze_with, corpus_file, read_files, readers};
use crate::{ndb, reencode};

/// A path for every place of these readers.
fn paths(of_records: bool) -> Vec<String> {
    readers(of_records)
        .flat_map(|member| member.interest().places())
        .map(|place| match place {
            Place::File(path) => path.clone().into_owned(),
            Place::Directory { path, journal: true, .. } => format!("{path}/0017"),
            Place::Directory { path, ending, .. } => format!("{path}/file{ending}"),
            Place::InEach { path, file } => format!("{path}/package/{file}"),
        })
        .chain(NAMED.map(str::to_owned))
        .collect()
}

/// Files that are found by their names.
const NAMED: [&str; 5] = [
    "snap/a/1/meta/snap.yaml",
    "var/lib/flatpak/app/a/x86_64/stable/0a/export/share/metainfo/a.metainfo.xml",
    "opt/bitnami/a/.spdx-a.spdx",
    "opt/homebrew/Cellar/a/1/INSTALL_RECEIPT.json",
    "var/db/pkg/a/b-1/CONTENTS",
];

/// Files of dpkg's `info` directory, each of another form.
const INFO: [&str; 4] = [
    "var/lib/dpkg/info/a.list",
    "var/lib/dpkg/info/a.md5sums",
    "var/lib/dpkg/info/a.postinst",
    "var/lib/dpkg/status.d/a.md5sums",
];

/// The starts that lead deeper into the readers than random bytes would.
const STARTS: &[&[u8]] = &[
    b"",
    b"RpmP\0\0\0\0\0\0\0\0\x01\0\0\0",
    b"SQLite format 3\0\x02\0\x02\x02\0\x40\x20\x20",
    b"\0\0\0\0\0\0\0\0\0\0\0\0\x61\x15\x06\0\x09\0\0\0\0\x02\0\0",
    b"Package: a\n",
    b"P:a\nV:",
    b"P:a\nF:bin\nR:a\nZ:Q1",
    b"d41d8cd98f00b204e9800998ecf8427e  ",
    b"%FILES%\na\n\n%BACKUP%\n",
    b"\xef\xbb\xbfID=\"",
    b"<component><id>a</id><releases><release version='1'",
    b"PackageName: a\nPackageVersion: 1\nExternalRef: P purl pkg:bitnami/a@1?arch=",
    b"{\"installedPackages\":[{\"name\":\"a\",\"version\":\"",
    b"name: a\nversion: ",
];

proptest! {
    #[test]
    fn random_bytes(start in 0..STARTS.len(), rest in vec(any::<u8>(), 0..3000), log in vec(any::<u8>(), 0..100)) {
        let content = [STARTS[start], &rest].concat();
        for path in paths(false) {
            analyze_with(&path, &content, Some(&log));
        }
        for path in paths(true).iter().map(String::as_str).chain(INFO) {
            read_files(path, &content, Some(&log));
        }
    }

    #[test]
    fn random_text(text in "[PVAoL:a-z0-9 \n\r\0=\"'$\\\\#.()<>&/{},\\[\\]\t-]{0,300}") {
        for path in paths(false) {
            analyze(&path, text.as_bytes());
        }
        for path in paths(true).iter().map(String::as_str).chain(INFO) {
            read_files(path, text.as_bytes(), None);
        }
    }
}

/// A path, the database that lies there, and its log.
type Database = (&'static str, Vec<u8>, Vec<u8>);

/// Small databases in every form, with the paths they go to.
fn databases() -> Option<Vec<Database>> {
    let [_, mut headers] = reencode::headers()?;
    headers.sort_by_key(Vec::len);
    headers.truncate(3);
    let (database, log) =
        sqlite::write(&headers, Form { page_size: 512, encoding: "UTF-8", log: true });
    Some(vec![
        (RPM, bdb::write(&headers, Order::Little, 512), Vec::new()),
        (RPM, bdb::write(&headers, Order::Big, 65536), Vec::new()),
        (RPM, ndb::write(&headers), Vec::new()),
        (RPM, database, log),
        (APK, corpus_file("apk/alpine-3.18.installed")?, Vec::new()),
        (DPKG, corpus_file("dpkg/postgresql.status")?, Vec::new()),
    ])
}

/// Numbers that lie at the bounds of what fields mean.
const NUMBERS: &[u32] =
    &[0, 1, 2, 16, 511, 512, 513, 65000, 65534, 65535, 0x8000_0000, 0xffff_fff0, u32::MAX];

#[test]
fn mutated_databases() {
    let Some(databases) = databases() else { return };
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let changes =
        vec((any::<proptest::sample::Index>(), 0..NUMBERS.len(), any::<bool>(), 1..5_usize), 1..6);
    let cases = (0..databases.len(), any::<bool>(), changes);
    for _ in 0..3000 {
        let (which, in_log, changes) = cases.new_tree(&mut runner).unwrap().current();
        let (path, content, log) = &databases[which];
        let (mut content, mut log) = (content.clone(), log.clone());
        let target = if in_log && !log.is_empty() { &mut log } else { &mut content };
        for (at, number, big, width) in changes {
            let at = at.index(target.len());
            let number = NUMBERS[number];
            let bytes = if big { number.to_be_bytes() } else { number.to_le_bytes() };
            let len = width.min(target.len() - at);
            target[at..at + len].copy_from_slice(&bytes[..len]);
        }
        let log = Some(&log).filter(|log| !log.is_empty()).map(Vec::as_slice);
        analyze_with(path, &content, log);
        read_files(path, &content, log);
    }
}
