//! One package in several databases of one root: how often it counts, and what is said.

use crate::support::report;

fn apk(records: &[(&str, &str)]) -> String {
    records
        .iter()
        .map(|(name, version)| format!("P:{name}\\nV:{version}\\nA:x86_64\\n\\n"))
        .collect()
}

fn deb(records: &[(&str, &str)]) -> String {
    let record = |(name, version): &(&str, &str)| {
        format!(
            "Package: {name}\\nStatus: install ok installed\\nArchitecture: amd64\\nVersion: {version}\\n\\n"
        )
    };
    records.iter().map(record).collect()
}

fn desc(name: &str, version: &str) -> String {
    format!("%NAME%\\n{name}\\n\\n%VERSION%\\n{version}\\n\\n%ARCH%\\nx86_64\\n\\n")
}

fn manifest(name: &str, version: &str) -> String {
    format!("{name}\\t{version}\\t1\\t1\\tv\\t(none)\\t1\\tx86_64\\t0\\tx-1-1.src.rpm\\n")
}

#[test]
fn equal_versions_count_once_and_others_are_all_listed_and_told() {
    let (lib, usr, var) =
        ("lib/apk/db/installed", "usr/lib/apk/db/installed", "var/lib/apk/db/installed");
    let (status, alone) = ("var/lib/dpkg/status", "var/lib/dpkg/status.d/a");
    let pacman = "var/lib/pacman/local";
    let (one, two) = (format!("{pacman}/a-1-1/desc"), format!("{pacman}/a-2-1/desc"));
    let copy = format!("{pacman}/a-1-1.old/desc");
    let rpm = "var/lib/rpmmanifest/container-manifest-2";
    for (files, expected, told) in [
        (
            vec![(lib, apk(&[("a", "1"), ("b", "1")])), (usr, apk(&[("a", "1"), ("c", "1")]))],
            vec![format!("a 1 {lib}"), format!("b 1 {lib}"), format!("c 1 {usr}")],
            vec![],
        ),
        (
            vec![(lib, apk(&[("a", "1")])), (usr, apk(&[("a", "2")]))],
            vec![format!("a 1 {lib}"), format!("a 2 {usr}")],
            vec!["databases-disagree"],
        ),
        (
            vec![(usr, apk(&[("a", "1")])), (var, apk(&[("a", "1")]))],
            vec![format!("a 1 {usr}")],
            vec![],
        ),
        (
            vec![(status, deb(&[("a", "1")])), (alone, deb(&[("a", "1")]))],
            vec![format!("a 1 {status}")],
            vec![],
        ),
        (
            vec![(status, deb(&[("a", "1")])), (alone, deb(&[("a", "2")]))],
            vec![format!("a 1 {status}"), format!("a 2 {alone}")],
            vec!["databases-disagree"],
        ),
        (
            vec![(&one, desc("a", "1-1")), (&two, desc("a", "2-1"))],
            vec![format!("a 1-1 {one}"), format!("a 2-1 {two}")],
            vec!["databases-disagree"],
        ),
        (
            vec![(&one, desc("a", "1-1")), (&copy, desc("a", "1-1"))],
            vec![format!("a 1-1 {one}")],
            vec![],
        ),
        (
            vec![(rpm, manifest("a", "1-1") + &manifest("a", "1-1"))],
            vec![format!("a 1-1 {rpm}")],
            vec!["container-manifest-record-repeated"],
        ),
        (
            vec![(status, deb(&[("a", "1"), ("a", "1"), ("a", "2")]))],
            vec![format!("a 1 {status}"), format!("a 2 {status}")],
            vec!["dpkg-record-repeated"],
        ),
        // Of two kinds they are two packages.
        (
            vec![(lib, apk(&[("a", "1")])), (status, deb(&[("a", "2")]))],
            vec![format!("a 1 {lib}"), format!("a 2 {status}")],
            vec![],
        ),
    ] {
        let files: String =
            files.iter().map(|(path, text)| format!("  {path} 0644 \"{text}\"\n")).collect();
        let report = report(&format!("layer gzip\n{files}"));
        let mut found: Vec<String> = report
            .packages
            .iter()
            .map(|it| format!("{} {} {}", it.name, it.version, it.database))
            .collect();
        found.sort();
        assert_eq!(found, expected, "{files}");
        let about = report.diagnostics.iter().filter(|it| it.path.is_some());
        let codes: Vec<&str> = about.map(|it| it.code.as_str()).collect();
        assert_eq!(codes, told, "{files}");
        assert!(report.complete && report.removed.is_empty(), "{files}");
    }
}

#[test]
fn a_key_that_stands_twice_counts_once() {
    let key = manifest("gpg-pubkey", "1-2");
    let text = format!(
        "layer gzip\n  var/lib/rpmmanifest/container-manifest-2 0644 \"{key}{key}{}\"\n",
        manifest("gpg-pubkey", "1-3")
    );
    let report = report(&text);
    let versions: Vec<&str> = report.keys.iter().map(|key| key.version.as_str()).collect();
    assert_eq!((versions, report.packages.len()), (vec!["1-2", "1-3"], 0));
}
