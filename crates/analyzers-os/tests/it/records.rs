//! Headers with one thing or another in them: what package, key or diagnostic they become.

use cutaway_analyze::{File, Findings, Key};
use cutaway_layerfs::EntryPath;

use crate::ndb;
use crate::support::{RPM, analyze, code, codes, readers};

const INT32: u32 = 4;
const STRING: u32 = 6;
const STRING_ARRAY: u32 = 8;
const I18N_STRING: u32 = 9;

/// A value and its type; numbers are stored as such.
pub(crate) enum Value {
    Text(&'static str),
    Translated(&'static [&'static str]),
    Number(u32),
    Texts(&'static [&'static str]),
    Numbers(&'static [u32]),
}

use Value::{Number, Numbers, Text, Texts, Translated};

pub(crate) fn header(tags: &[(u32, Value)]) -> Vec<u8> {
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
            Texts(texts) => {
                data.extend(texts.iter().flat_map(|text| [text.as_bytes(), b"\0"].concat()));
                (STRING_ARRAY, u32::try_from(texts.len()).unwrap())
            }
            Numbers(numbers) => {
                data.extend(numbers.iter().flat_map(|number| number.to_be_bytes()));
                (INT32, u32::try_from(numbers.len()).unwrap())
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
    assert_eq!(findings.diagnostics(), []);
    let package = &findings.packages()[0];
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
    assert_eq!(findings.diagnostics(), []);
    let package = &findings.packages()[0];
    assert_eq!(
        (package.version.as_str(), package.epoch),
        ("4294967295:1-2", Some(u64::from(u32::MAX)))
    );
    assert_eq!((&package.vendor, &package.source, &package.arch), (&None, &None, &None));
    let findings = read(&[(1000, Text("a")), (1001, Text("1")), (1002, Text("2"))]);
    assert_eq!(findings.packages()[0].epoch, None);
}

#[test]
fn keys_are_no_packages() {
    let findings = read(&[
        (1000, Text("gpg-pubkey")),
        (1001, Text("fd431d51")),
        (1002, Text("4ae0493b")),
        (1004, Translated(&["Red Hat, Inc. <security@redhat.com> public key", "other"])),
    ]);
    assert_eq!(findings.packages(), []);
    let key = Key {
        name: "gpg-pubkey".to_owned(),
        version: "fd431d51-4ae0493b".to_owned(),
        summary: Some("Red Hat, Inc. <security@redhat.com> public key".to_owned()),
    };
    assert_eq!(findings.keys(), [key]);
    assert_eq!(findings.diagnostics(), []);
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
        assert_eq!(findings.packages()[0].version, full);
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
    assert_eq!(findings.packages().len(), 1);
    assert_eq!(codes(&findings), (vec!["rpm-field-unreadable"; 2], vec![]));
}

/// Returns the paths of the files that a header has, with their digests, and the codes of what is wrong.
fn files(tags: &[(u32, Value)]) -> (Vec<String>, Vec<&'static str>) {
    let path = EntryPath::clean(RPM.as_bytes()).unwrap();
    let content = ndb::write(&[header(tags)]);
    let mut findings = Findings::default();
    let reader = readers(true).find(|analyzer| analyzer.interest().holds(RPM.as_bytes())).unwrap();
    let _ = reader.analyzer().analyze(&File::new(&path, &content), &mut findings);
    let mut paths = Vec::new();
    findings.files.for_each(|_, record| {
        let digest = record.digest.map_or("", |digest| digest.algorithm());
        paths.push(format!("{} {digest}", String::from_utf8_lossy(record.path)));
    });
    (paths, findings.diagnostics().iter().map(code).collect())
}

#[test]
fn arrays_of_files() {
    const MD5: &str = "d41d8cd98f00b204e9800998ecf8427e";
    const SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const REGULAR: u32 = 0o100_644;
    let whole = || {
        vec![
            (1000, Text("a")),
            (1117, Texts(&["a", "b"])),
            (1118, Texts(&["/usr/bin/", "/etc/"])),
            (1116, Numbers(&[0, 1])),
            (1030, Numbers(&[REGULAR, REGULAR])),
            (1035, Texts(&[MD5, SHA256])),
        ]
    };
    let with = |tag: u32, value: Value| {
        let mut tags = whole();
        tags.retain(|(known, _)| *known != tag);
        tags.push((tag, value));
        files(&tags)
    };
    // Without a word on the algorithm, digests are MD5.
    assert_eq!(
        files(&whole()),
        (vec!["usr/bin/a md5".into(), "etc/b ".into()], vec!["digest-algorithm-unknown"])
    );
    assert_eq!(with(5011, Number(8)).0, ["usr/bin/a ", "etc/b sha256"]);
    assert_eq!(
        with(5011, Number(10)),
        (vec!["usr/bin/a ".into(), "etc/b ".into()], vec!["digest-algorithm-unknown"])
    );
    let old = files(&[
        (1000, Text("a")),
        (1027, Texts(&["/usr/bin/a"])),
        (1030, Number(REGULAR)),
        (1035, Texts(&[MD5])),
    ]);
    assert_eq!(old, (vec!["usr/bin/a md5".into()], vec![]));
    assert_eq!(files(&[(1000, Text("empty"))]), (vec![], vec![]));
    // Counts that disagree, and directories that are not there.
    for (tag, value) in [
        (1116, Numbers(&[0])),
        (1116, Numbers(&[0, 2])),
        (1118, Texts(&["/"])),
        (1030, Numbers(&[REGULAR])),
        (1035, Texts(&[MD5, MD5, MD5])),
        (1036, Texts(&["x"])),
        (1037, Numbers(&[0, 0, 0])),
        (1029, Numbers(&[0])),
        (1116, Text("no number")),
        (1117, Numbers(&[1])),
    ] {
        assert_eq!(with(tag, value), (vec![], vec!["rpm-files-unreadable"]), "{tag}");
    }
    let (paths, codes) = with(1117, Texts(&["../../../b", "b"]));
    assert_eq!((paths.len(), codes[0]), (1, "recorded-path-unusable"));
}
