//! dpkg's journal, in one layer with its database, above it and hidden: `dpkg-query` is the judge.
#![expect(clippy::print_stderr, reason = "tests say what they skip")]

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::{codes, report};

/// Files below `var/lib/dpkg`, by path; `None` hides one.
type Layer = BTreeMap<String, Option<String>>;

fn layer(files: &[(&str, Option<&str>)]) -> Layer {
    let owned = |(path, text): &(&str, Option<&str>)| ((*path).into(), text.map(Into::into));
    files.iter().map(owned).collect()
}

fn record(name: &str, rest: &str) -> String {
    let state = if rest.contains("Status:") { "" } else { "Status: install ok installed\n" };
    let version = if rest.contains("Version:") { "" } else { "Version: 1\n" };
    format!("Package: {name}\n{state}{version}{rest}Maintainer: m\nDescription: d\n\n")
}

/// Returns what `dpkg-query` lists: name, architecture, version and state; none where it refuses.
fn listed(layers: &[Layer]) -> Option<Vec<String>> {
    let admin = tempfile::tempdir().unwrap();
    fs::create_dir_all(admin.path().join("updates")).unwrap();
    fs::create_dir_all(admin.path().join("info")).unwrap();
    for (path, text) in layers.iter().flatten() {
        match text {
            Some(text) => fs::write(admin.path().join(path), text).unwrap(),
            None => drop(fs::remove_file(admin.path().join(path))),
        }
    }
    let format = "${Package} ${Architecture} ${Version} ${db:Status-Status}\\n";
    let output = Command::new("dpkg-query")
        .arg(format!("--admindir={}", admin.path().display()))
        .args(["--show", "--showformat", format])
        .output()
        .unwrap();
    let mut lines: Vec<String> =
        String::from_utf8(output.stdout).unwrap().lines().map(Into::into).collect();
    lines.sort();
    output.status.success().then_some(lines)
}

/// Returns what a scan lists, and whether it is complete.
fn scanned(layers: &[Layer]) -> (Vec<String>, bool, Vec<String>) {
    let mut text = String::new();
    for layer in layers {
        text.push_str("layer gzip\n");
        for (path, content) in layer {
            let quoted = |text: &str| text.replace('\n', "\\n");
            let (directory, name) = path.rsplit_once('/').map_or(("", path.as_str()), |it| it);
            let slash = if directory.is_empty() { "" } else { "/" };
            text.push_str(&match content {
                Some(content) => {
                    format!("  var/lib/dpkg/{path} 0644 \"{}\"\n", quoted(content))
                }
                None => format!("  var/lib/dpkg/{directory}{slash}.wh.{name}\n"),
            });
        }
    }
    let report = report(&text);
    let installed = report.packages.iter().filter(|it| it.state != "not-installed");
    let mut lines: Vec<String> = installed
        .map(|it| {
            let arch = it.arch.as_deref().unwrap_or_default();
            format!("{} {arch} {} {}", it.name, it.version, it.state)
        })
        .collect();
    lines.sort();
    let codes = codes(&report).iter().map(|&code| code.to_owned()).collect();
    (lines, report.complete, codes)
}

fn no_dpkg_query() -> bool {
    let absent = Command::new("dpkg-query").arg("--version").output().is_err();
    if absent {
        eprintln!("skipped: no dpkg-query");
    }
    absent
}

#[test]
fn a_journal_replaces_what_the_database_says() {
    if no_dpkg_query() {
        return;
    }
    let amd64 = "Architecture: amd64\n";
    let two = "Architecture: amd64\nVersion: 2\n";
    let status = [
        record("a", amd64),
        record("b", amd64),
        record("c", "Architecture: all\n"),
        record("lib", "Architecture: amd64\nMulti-Arch: same\n"),
        record("lib", "Architecture: i386\nMulti-Arch: same\n"),
    ]
    .concat();
    let status = ("status", Some(status.as_str()));
    let a2 = record("a", two);
    let a2 = Some(a2.as_str());
    let one = |text: &str| vec![layer(&[status, ("updates/0000", Some(text))])];
    let gone = "Status: purge ok not-installed\n";
    for (what, layers) in [
        ("another version", one(&record("a", two))),
        ("a new package", one(&record("new", two))),
        (
            "the last number counts",
            vec![layer(&[
                status,
                ("updates/0010", a2),
                ("updates/0009", Some(&record("a", "Architecture: amd64\nVersion: 3\n"))),
            ])],
        ),
        (
            "gone",
            one(&format!(
                "Package: a\n{gone}Architecture: amd64\nMaintainer: m\nDescription: d\n\n"
            )),
        ),
        ("gone without an architecture", one(&format!("Package: a\n{gone}\n"))),
        ("gone with a version", one(&record("a", &format!("{gone}{two}")))),
        (
            "configuration files stay",
            one(&record("a", &format!("Status: deinstall ok config-files\n{amd64}"))),
        ),
        ("all becomes native", one(&record("c", two))),
        ("native becomes all", one(&record("a", "Architecture: all\nVersion: 2\n"))),
        ("another architecture instead", one(&record("a", "Architecture: i386\nVersion: 2\n"))),
        (
            "another architecture beside it",
            one(&record("lib", "Architecture: arm64\nMulti-Arch: same\nVersion: 2\n")),
        ),
        (
            "one of two architectures",
            one(&record("lib", "Architecture: i386\nMulti-Arch: same\nVersion: 2\n")),
        ),
        (
            "names that are no numbers",
            vec![layer(&[status, ("updates/tmp.i", a2), ("updates/0000~", a2), ("updates/x", a2)])],
        ),
        ("ten digits", vec![layer(&[status, ("updates/0000000000", a2)])]),
        ("two records in one file", one(&[record("a", two), record("b", two)].concat())),
        ("nothing in it", one("")),
        ("a blank line", one("\n\n")),
        ("no blank line at the end", one(record("a", two).strip_suffix('\n').unwrap())),
        ("a layer above", vec![layer(&[status]), layer(&[("updates/0000", a2)])]),
        (
            "hidden again",
            vec![
                layer(&[status]),
                layer(&[("updates/0000", a2)]),
                layer(&[("updates/0000", None)]),
            ],
        ),
        ("a database above the journal", vec![layer(&[("updates/0000", a2)]), layer(&[status])]),
        (
            "a journal of a hidden database",
            vec![layer(&[status, ("updates/0000", a2)]), layer(&[("status", None)])],
        ),
        (
            "replaced by a later one in a layer above",
            vec![
                layer(&[status, ("updates/0000", a2)]),
                layer(&[("updates/0001", Some(&record("a", "Architecture: amd64\nVersion: 3\n")))]),
                layer(&[("updates/0000", None)]),
            ],
        ),
    ] {
        let (found, complete, codes) = scanned(&layers);
        assert_eq!(Some(found), listed(&layers), "{what} {codes:?}");
        assert!(complete, "{what} {codes:?}");
    }
}

#[test]
fn what_dpkg_refuses_is_an_error() {
    if no_dpkg_query() {
        return;
    }
    let status = record("a", "Architecture: amd64\n");
    let two = record("a", "Architecture: amd64\nVersion: 2\n");
    let (status, two) = (("status", Some(status.as_str())), two.as_str());
    for (what, files) in [
        (
            "cut in a field",
            [("updates/0000", two.strip_suffix(" d\n\n").unwrap()), ("updates/0001", two)],
        ),
        (
            "cut in the status",
            [("updates/0000", "Package: a\nStatus: inst"), ("updates/0001", two)],
        ),
        ("no field", [("updates/0000", "hello\n"), ("updates/0001", two)]),
        ("names of two lengths", [("updates/0000", two), ("updates/00001", two)]),
        ("eleven digits", [("updates/00000000000", two), ("updates/00000000001", two)]),
    ] {
        let files = files.map(|(path, text)| (path, Some(text)));
        let layers = [layer(&[status, files[0], files[1]])];
        assert_eq!(listed(&layers), None, "{what}");
        let (_, complete, codes) = scanned(&layers);
        assert!(!complete, "{what} {codes:?}");
    }
}

/// A file of some layer: the database, or one of four of the journal; or one of these hidden.
fn file() -> impl Strategy<Value = (String, Option<String>)> {
    let of = prop::sample::select::<&str>;
    let names = (of(vec!["a", "b", "c"]), of(vec!["amd64", "all", "i386", "amd64"]));
    let package = (names, 1..4_u8, any::<bool>(), 0..8_usize).prop_map(
        |((name, arch), version, same, state)| {
            let state = match state {
                0 => "purge ok not-installed",
                1 => "deinstall ok config-files",
                2 => "install ok half-configured",
                _ => "install ok installed",
            };
            let same = if same && arch != "all" { "Multi-Arch: same\n" } else { "" };
            let text = format!("Status: {state}\nArchitecture: {arch}\n{same}Version: {version}\n");
            ((name, arch), record(name, &text))
        },
    );
    // A database with two records of one package is none that dpkg wrote.
    let records = prop::collection::btree_map(0..6_u8, package.clone(), 0..5).prop_map(|it| {
        let by_key: BTreeMap<_, String> = it.into_values().collect();
        by_key.into_values().collect::<String>()
    });
    let package = package.prop_map(|(_, text)| text);
    prop_oneof![
        2 => records.prop_map(|text| ("status".to_owned(), Some(text))),
        6 => (0..4_u8, package).prop_map(|(at, text)| (format!("updates/000{at}"), Some(text))),
        2 => (0..4_u8).prop_map(|at| (format!("updates/000{at}"), None)),
    ]
}

#[test]
fn random_journals_are_read_as_dpkg_reads_them() {
    if no_dpkg_query() {
        return;
    }
    let layers = prop::collection::vec(prop::collection::vec(file(), 1..5), 1..4);
    let mut runner = TestRunner::new(Config { cases: 400, ..Config::default() });
    let (compared, cases) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    let result = runner.run(&layers, |layers| {
        let mut layers: Vec<Layer> =
            layers.into_iter().map(|it| it.into_iter().collect()).collect();
        layers.iter_mut().for_each(|layer| {
            layer.entry("info/format".into()).or_insert(Some("1\n".into()));
        });
        cases.set(cases.get() + 1);
        // What dpkg refuses has no answer that could be compared.
        if let Some(expected) = listed(&layers) {
            compared.set(compared.get() + 1);
            prop_assert_eq!(scanned(&layers).0, expected);
        }
        Ok(())
    });
    result.unwrap();
    assert!(compared.get() * 3 > cases.get(), "{} of {}", compared.get(), cases.get());
}

#[test]
fn more_records_than_dpkg_writes_are_read() {
    if no_dpkg_query() {
        return;
    }
    let version = |number| record("a", &format!("Architecture: amd64\nVersion: {number}\n"));
    let texts: Vec<(String, String)> =
        (0..600).map(|at| (format!("updates/{at:04}"), version(at))).collect();
    let mut files: Vec<(&str, Option<&str>)> =
        texts.iter().map(|(path, text)| (path.as_str(), Some(text.as_str()))).collect();
    let status = version(0);
    files.push(("status", Some(&status)));
    let layers = [layer(&files)];
    let (found, complete, codes) = scanned(&layers);
    assert_eq!((Some(found), complete), (listed(&layers), true), "{codes:?}");
}

/// Each layer adds a file to the journal: behind those there are, or before them, where all are looked at
/// anew until that was too often.
#[test]
fn a_journal_that_many_layers_change_is_read_or_told() {
    if no_dpkg_query() {
        return;
    }
    for (backwards, complete) in [(false, true), (true, false)] {
        let number = |at: usize| if backwards { 900 - at } else { at };
        let one = |at: usize| {
            let text = record("a", &format!("Architecture: amd64\nVersion: {at}\n"));
            layer(&[(&format!("updates/{:04}", number(at)), Some(&text))])
        };
        let layers: Vec<Layer> = (0..300).map(one).collect();
        let (found, is_complete, codes) = scanned(&layers);
        assert_eq!(is_complete, complete, "{backwards} {codes:?}");
        assert_eq!(Some(found) == listed(&layers), complete, "{backwards}");
        assert_eq!(codes.iter().any(|code| code == "dpkg-journal-odd"), backwards);
    }
}
