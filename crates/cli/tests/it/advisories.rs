//! Databases of advisories, and what is said of packages and images by them.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{OnDisk, alpine, document, json, run, run_with, status, stderr, stdout};

/// Writes records, makes a database of them, and returns its name.
pub(crate) fn database_of(folder: &Path, records: &[Value]) -> String {
    let osv = folder.join("osv");
    std::fs::create_dir_all(&osv).unwrap();
    for (number, record) in records.iter().enumerate() {
        std::fs::write(osv.join(format!("{number}.json")), record.to_string()).unwrap();
    }
    let file = folder.join("advisories.db").display().to_string();
    let built = run(&["db", "build", "--osv", osv.to_str().unwrap(), "-o", &file]);
    assert_eq!((status(&built), stderr(&built).as_str()), (0, ""));
    file
}

/// Makes a database that knows one flaw of one package of npm.
pub(crate) fn database(folder: &Path) -> String {
    database_of(folder, &[record("GHSA-1", "npm", "a", Some("1.3.0"))])
}

pub(crate) fn record(id: &str, ecosystem: &str, name: &str, fixed: Option<&str>) -> Value {
    let mut events = vec![json!({"introduced": "0"})];
    events.extend(fixed.map(|fixed| json!({"fixed": fixed})));
    json!({"id": id, "modified": "2024-01-01T00:00:00Z", "database_specific": {"severity": "HIGH"},
        "affected": [{"package": {"ecosystem": ecosystem, "name": name},
            "ranges": [{"type": "ECOSYSTEM", "events": events}]}]})
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn queries_answer_a_line_a_version() {
    let folder = folder();
    let db = database(folder.path());
    let told = run(&["db", "query", &db, "npm", "a", "1.2.0", "1.3.0", "no version"]);
    assert_eq!(stdout(&told), "1.2.0\tGHSA-1\n1.3.0\t-\nno version\t!\n");
    assert_eq!(status(&told), 0);
    let told = run(&["db", "query", &db, "npm", "b", "1.2.0"]);
    assert_eq!(stdout(&told), "1.2.0\t-\n");
    let absent = run(&["db", "query", &db, "PyPI", "a", "1.2.0"]);
    assert_eq!((status(&absent), stdout(&absent).as_str()), (5, ""), "{}", stderr(&absent));
    let info = json(&run(&["db", "info", "--verify", &db, "--format", "json"]));
    assert_eq!((&info["records"], &info["sources"][0]["ecosystem"]), (&json!(1), &json!("npm")));
    assert_eq!(status(&run(&["db", "info", folder.path().join("none").to_str().unwrap()])), 5);
}

#[test]
fn broken_files_are_refused() {
    let folder = folder();
    let db = database(folder.path());
    let mut bytes = std::fs::read(&db).unwrap();
    let at = bytes.len() / 3;
    bytes[at] ^= 1;
    std::fs::write(&db, &bytes).unwrap();
    let told = run(&["db", "info", "--verify", &db]);
    assert_eq!((status(&told), stdout(&told).as_str()), (4, ""), "{}", stderr(&told));
    std::fs::write(&db, bytes.split_at(at).0).unwrap();
    assert_eq!(status(&run(&["match", "--db", &db, "pkg:npm/a@1.0.0"])), 4);
    let none = folder.path().join("no.json");
    std::fs::write(&none, "{").unwrap();
    let out = folder.path().join("out.db");
    let built = run(&["db", "build", "--osv", none.to_str().unwrap(), "-o", out.to_str().unwrap()]);
    assert_eq!((status(&built), out.exists()), (4, false), "{}", stderr(&built));
}

#[test]
fn package_urls_are_matched() {
    let folder = folder();
    let deb = record("DEBIAN-CVE-2024-1", "Debian:12", "acl", Some("1:2-1"));
    let db = database_of(folder.path(), &[record("GHSA-1", "npm", "a", Some("1.3.0")), deb]);
    let quiet = ["-q", "match", "--format", "json", "--db", &db];
    let told = document(&run(&[&quiet[..], &["pkg:npm/a@1.0.0", "pkg:npm/a@1.3.0"]].concat()));
    assert_eq!(told["vulnerabilities"].as_array().unwrap().len(), 1, "{told}");
    let found = &told["vulnerabilities"][0];
    assert_eq!((&found["id"], &found["fixed_version"]), (&json!("GHSA-1"), &json!("1.3.0")));
    assert_eq!(found["source"]["range"]["introduced"], "0");
    let acl = "pkg:deb/debian/libacl1@1:1-1?distro=debian-12&upstream=acl";
    let told = document(&run_with(&[&quiet[..], &["-"]].concat(), format!("{acl}\n").as_bytes()));
    assert_eq!(told["vulnerabilities"][0]["source"]["role"], "source", "{told}");
    let plain = "pkg:deb/debian/acl@1:1-1";
    let told = document(&run(&[&quiet[..], &["--distro", "debian-12", plain]].concat()));
    assert_eq!(told["vulnerabilities"][0]["source"]["ecosystem"], "Debian:12", "{told}");
    for (more, purl, expected) in [
        (&["--fail-on", "high"][..], "pkg:npm/a@1.0.0", 1),
        (&["--fail-on", "critical"], "pkg:npm/a@1.0.0", 0),
        (&["--fail-on", "low"], "pkg:npm/a@1.3.0", 0),
        (&["--fail-on", "low"], "pkg:cargo/a@1.0.0", 5),
        (&["--db-max-age", "48h"], "pkg:npm/a@1.3.0", 5),
        (&["--fail-on", "some"], "pkg:npm/a@1.3.0", 2),
        (&[], "pkg:cargo/a@1.0.0", 0),
        (&[], "npm/a@1.0.0", 2),
    ] {
        let told = run(&[&quiet[..], more, &[purl]].concat());
        assert_eq!(status(&told), expected, "{more:?} {purl}: {}", stderr(&told));
    }
    let table = run(&["-q", "match", "--db", &db, "pkg:npm/a@1.0.0"]);
    assert!(stdout(&table).starts_with("1 vulnerability in 1 package: 1 high; 1 can be mended\n"));
}

/// An image and a bill of it say the same.
#[test]
fn images_and_their_bills_are_matched_alike() {
    let image = OnDisk::layout(&alpine());
    let name = image.oci();
    let report = json(&run(&["scan", &name, "--format", "json"]));
    let package = &report["packages"][0];
    let release = report["distro"]["version_id"].as_str().unwrap();
    let release: Vec<&str> = release.split('.').take(2).collect();
    let ecosystem = format!("Alpine:v{}", release.join("."));
    let source = package["source"]["name"].as_str().or(package["name"].as_str()).unwrap();
    let db = database_of(image.path(), &[record("ALPINE-CVE-2024-1", &ecosystem, source, None)]);

    let scan = ["-q", "scan", &name, "--vuln", "--db", &db, "--format", "json"];
    let told = document(&run(&scan));
    let found = told["vulnerabilities"].as_array().unwrap();
    assert!(!found.is_empty(), "{told}");
    assert_eq!(found[0]["package"]["layer"], package["layer"]);
    assert_eq!(told["database"]["sources"][0]["records"], 1);
    for form in ["cyclonedx-json", "spdx-json"] {
        let bill = image.path().join(form).display().to_string();
        let written = run(&["scan", &name, "--format", form, "-o", &bill]);
        assert_eq!(status(&written), 0, "{}", stderr(&written));
        let of_bill = ["-q", "match", &format!("sbom:{bill}"), "--db", &db, "--format", "json"];
        let of_bill = document(&run(&of_bill));
        assert_eq!(of_bill["vulnerabilities"], told["vulnerabilities"], "{form}");
    }
    let gate = |more: &[&str]| status(&run(&[&scan[..], more].concat()));
    assert_eq!(gate(&["--fail-on", "high"]), 1);
    assert_eq!(gate(&["--fail-on", "high", "--ignore-unfixed"]), 0);
    assert_eq!(status(&run(&["scan", &name, "--fail-on", "high"])), 5);
    assert_eq!(status(&run(&["scan", &name, "--vuln"])), 5);
}

#[test]
fn what_is_accepted_stays_and_passes() {
    let folder = folder();
    let db = database(folder.path());
    let ignore = folder.path().join("ignore.toml").display().to_string();
    let told = |text: &str, format: &str| {
        std::fs::write(&ignore, text).unwrap();
        let rest = ["--fail-on", "low", "--ignore", &ignore, "--format", format, "pkg:npm/a@1.0.0"];
        run(&[&["match", "--db", &db][..], &rest].concat())
    };
    let accepted = told("[[ignore]]\nid = \"GHSA-1\"\nreason = \"not reached\"", "json");
    let found = &json(&accepted)["vulnerabilities"][0];
    assert_eq!(
        found["suppressed"],
        json!({"by": "ignore", "reason": "not reached", "until": null, "status": null,
            "justification": null, "document": null})
    );
    let over = told("[[ignore]]\nid = \"GHSA-1\"\nreason = \"r\"\nuntil = \"2024-01-01\"", "table");
    assert_eq!(status(&over), 1);
    assert!(
        stderr(&over).contains("entry 1 was to be ignored until 2024-01-01"),
        "{}",
        stderr(&over)
    );
    let unused = told("[[ignore]]\nid = \"GHSA-2\"\nreason = \"r\"", "table");
    assert!(stderr(&unused).contains("entry 1 is about no finding"), "{}", stderr(&unused));
    assert_eq!(status(&told("[[ignore]]\nid = \"GHSA-1\"", "table")), 2);
}
