//! Headers with one thing or another in them: what package, key or diagnostic they become.

use cutaway_analyze::{Findings, Key};

use crate::ndb;
use crate::support::{RPM, analyze, codes};

const INT32: u32 = 4;
const STRING: u32 = 6;
const I18N_STRING: u32 = 9;

/// A value and its type; numbers are stored as such.
enum Value {
    Text(&'static str),
    Translated(&'static [&'static str]),
    Number(u32),
}

use Value::{Number, Text, Translated};

fn header(tags: &[(u32, Value)]) -> Vec<u8> {
    let (mut index, mut data) = (Vec::new(), Vec::new());
    for (tag, value) in tags {
        data.resize(data.len().next_multiple_of(4), 0);
        let at = u32::try_from(data.len()).unwrap();
        let (kind, count) = match value {
            Text(text) => {
                data.extend([text.as_bytes(), b"\0"].concat());
                (STRING, 1)
            }
            Translated(texts) => {
                data.extend(texts.iter().flat_map(|text| [text.as_bytes(), b"\0"].concat()));
                (I18N_STRING, u32::try_from(texts.len()).unwrap())
            }
            Number(number) => {
                data.extend(number.to_be_bytes());
                (INT32, 1)
            }
        };
        index.extend([*tag, kind, at, count].into_iter().flat_map(u32::to_be_bytes));
    }
    let counts =
        [tags.len(), data.len()].map(|it| u32::try_from(it).unwrap().to_be_bytes()).concat();
    [counts, index, data].concat()
}

fn read(tags: &[(u32, Value)]) -> Findings {
    analyze(RPM, &ndb::write(&[header(tags)]))
}

#[test]
fn packages() {
    let findings = read(&[
        (1000, Text("bash")),
        (1001, Text("5.1.8")),
        (1002, Text("1.el9")),
        (1003, Number(0)),
        (1014, Text("GPLv3+ and MIT")),
        (1011, Text("Red Hat, Inc.")),
        (1022, Text("x86_64")),
        (1044, Text("bash-5.1.8-1.el9.src.rpm")),
    ]);
    assert_eq!(findings.diagnostics, []);
    let package = &findings.packages[0];
    assert_eq!((package.version.as_str(), package.epoch), ("5.1.8-1.el9", Some(0)));
    assert_eq!(package.release.as_deref(), Some("1.el9"));
    assert_eq!(package.licenses, ["GPLv3+ and MIT"]);
    assert_eq!(package.vendor.as_deref(), Some("Red Hat, Inc."));
    assert_eq!(package.arch.as_deref(), Some("x86_64"));
    assert_eq!(package.state, "installed");
    let source = package.source.as_ref().unwrap();
    assert_eq!((source.name.as_str(), source.version.as_deref()), ("bash", Some("5.1.8-1.el9")));
}

#[test]
fn epochs_and_missing_fields() {
    let findings = read(&[
        (1000, Text("a")),
        (1001, Text("1")),
        (1002, Text("2")),
        (1003, Number(u32::MAX)),
        (1011, Text("(none)")),
        (1044, Text("(none)")),
    ]);
    assert_eq!(findings.diagnostics, []);
    let package = &findings.packages[0];
    assert_eq!(
        (package.version.as_str(), package.epoch),
        ("4294967295:1-2", Some(u64::from(u32::MAX)))
    );
    assert_eq!((&package.vendor, &package.source, &package.arch), (&None, &None, &None));
    let findings = read(&[(1000, Text("a")), (1001, Text("1")), (1002, Text("2"))]);
    assert_eq!(findings.packages[0].epoch, None);
}

#[test]
fn keys_are_no_packages() {
    let findings = read(&[
        (1000, Text("gpg-pubkey")),
        (1001, Text("fd431d51")),
        (1002, Text("4ae0493b")),
        (1004, Translated(&["Red Hat, Inc. <security@redhat.com> public key", "other"])),
    ]);
    assert_eq!(findings.packages, []);
    let key = Key {
        name: "gpg-pubkey".to_owned(),
        version: "fd431d51-4ae0493b".to_owned(),
        summary: Some("Red Hat, Inc. <security@redhat.com> public key".to_owned()),
    };
    assert_eq!(findings.keys, [key]);
    assert_eq!(findings.diagnostics, []);
}

#[test]
fn odd_versions_are_kept() {
    for (version, release, full) in
        [("1 0", Some("2"), "1 0-2"), ("1-0", Some("2"), "1-0-2"), ("1", None, "1")]
    {
        let mut tags = vec![(1000, Text("a")), (1001, Text(version))];
        tags.extend(release.map(|release| (1002, Text(release))));
        let findings = read(&tags);
        assert_eq!(codes(&findings), (vec![], vec!["rpm-version-odd"]), "{full}");
        assert_eq!(findings.packages[0].version, full);
    }
}

#[test]
fn fields_of_another_type_are_errors() {
    let findings = read(&[
        (1000, Text("a")),
        (1001, Text("1")),
        (1002, Text("2")),
        (1003, Text("3")),
        (1022, Number(4)),
    ]);
    assert_eq!(findings.packages.len(), 1);
    assert_eq!(codes(&findings), (vec!["rpm-field-unreadable"; 2], vec![]));
}
