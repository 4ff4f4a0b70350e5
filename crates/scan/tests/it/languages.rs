//! Packages of languages: every case of the corpus as an image, and whose their files are.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::PathBuf;

use cutaway_analyze::Severity;
use cutaway_fixtures::{Compression, DockerArchive, Entry, ImageBuilder, LayerBuilder};
use cutaway_report::{PackageReport, Report};
use cutaway_scan::Options;

use crate::support::{codes, options, scan_bytes, scan_image};

/// Rows of which the corpus lacks the file: case, and row.
const LACKING: &[(&str, &str)] =
    &[("node-modules", "@types/ms\t0.7.34\tpkg:npm/%40types/ms@0.7.34")];

const OS_RELEASE: &str =
    "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\nVERSION_ID=\"12\"\n";

fn with_languages() -> Options {
    let system = cutaway_analyzers_os::analyzers_with_owners();
    let analyzers = cutaway_analyzers_lang::add_to(system.extend()).build().unwrap();
    Options { analyzers, ..options() }
}

fn corpus() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "tests find the corpus")]
    let given = std::env::var_os("CUTAWAY_CORPUS").map(PathBuf::from);
    let root = given
        .unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus").into());
    let lang = root.join("lang");
    if lang.join("INDEX.tsv").is_file() {
        return Some(lang);
    }
    skipped();
    None
}

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn skipped() {
    eprintln!("skipped: no corpus");
}

fn rows<'a>(packages: impl IntoIterator<Item = &'a PackageReport>) -> Vec<String> {
    let rows = packages.into_iter().map(|it| format!("{}\t{}\t{}", it.name, it.version, it.purl));
    let mut rows: Vec<String> = rows.collect();
    rows.sort();
    rows
}

#[test]
fn every_case_of_the_corpus() {
    let Some(corpus) = corpus() else { return };
    let index = std::fs::read_to_string(corpus.join("INDEX.tsv")).unwrap();
    let mut cases: BTreeMap<&str, (&str, Vec<Entry>)> = BTreeMap::new();
    for line in index.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [case, path, file, stored, mode, _, _, exit, ..] = columns[..] else {
            panic!("{line}")
        };
        let bytes = std::fs::read(corpus.join(file)).unwrap();
        let mut content = Vec::new();
        match stored {
            "gz" => flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut content).unwrap(),
            _ => bytes.as_slice().read_to_end(&mut content).unwrap(),
        };
        let entry = Entry::file(path, content).with_mode(u32::from_str_radix(mode, 8).unwrap());
        cases.entry(case).or_insert((exit, Vec::new())).1.push(entry);
    }
    let mut wrong = Vec::new();
    for (case, (exit, entries)) in cases {
        let mut layer = LayerBuilder::new(Compression::Plain).file("etc/os-release", OS_RELEASE);
        for entry in entries {
            layer = layer.entry(entry);
        }
        let image = ImageBuilder::new().layer(layer).build();
        let report = scan_image(&image, &with_languages()).unwrap();
        let expected = |name: String| -> Option<Vec<String>> {
            let text = std::fs::read_to_string(corpus.join("expected").join(name)).ok()?;
            let is_there = |row: &&str| !LACKING.contains(&(case, *row));
            let mut rows: Vec<String> = text.lines().filter(is_there).map(str::to_owned).collect();
            rows.sort();
            Some(rows)
        };
        let found = rows(&report.packages);
        let bundled = rows(report.bundled.iter().map(|it| &it.package));
        if let Some(rows) = expected(format!("{case}.tsv")).filter(|rows| *rows != found) {
            wrong.push(format!("{case}: {found:#?} and not {rows:#?}\n{:#?}", report.diagnostics));
        }
        let of_owners = expected(format!("{case}.bundled.tsv")).unwrap_or_default();
        if of_owners != bundled {
            wrong.push(format!("{case}: bundled {bundled:#?} and not {of_owners:#?}"));
        }
        if exit == "0" && !report.complete {
            wrong.push(format!("{case}: incomplete: {:#?}", report.diagnostics));
        }
        let archive = DockerArchive::new().image(&["a:b"], &image).archive();
        let passing = scan_bytes(archive, &with_languages()).unwrap();
        if rows(&passing.packages) != found {
            wrong.push(format!("{case}: another answer from an archive that passes"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Returns the report of layers, each a list of files.
fn report(layers: &[&[(&str, &str)]]) -> Report {
    let mut image = ImageBuilder::new();
    for files in layers {
        let mut layer = LayerBuilder::new(Compression::Plain);
        for (path, content) in *files {
            layer = layer.file(*path, *content);
        }
        image = image.layer(layer);
    }
    scan_image(&image.build(), &with_languages()).unwrap()
}

const STATUS: (&str, &str) = (
    "var/lib/dpkg/status",
    "Package: python3-six\nStatus: install ok installed\nArchitecture: all\nVersion: 1.16.0-4\n\n",
);
const EVIDENCE: &str = "usr/lib/python3/dist-packages/six-1.16.0.egg-info/PKG-INFO";
const SIX: &str = "Name: six\nVersion: 1.16.0\n";
/// Its MD5.
const SUM: &str = "SUM  usr/lib/python3/dist-packages/six-1.16.0.egg-info/PKG-INFO\n";

fn list() -> (&'static str, String) {
    ("var/lib/dpkg/info/python3-six.list", format!("/.\n/{EVIDENCE}\n"))
}

#[test]
fn what_a_package_of_the_system_owns_is_bundled() {
    let (list, paths) = list();
    let sums = ("var/lib/dpkg/info/python3-six.md5sums", SUM.replace("SUM", &md5(SIX)));
    let base: &[(&str, &str)] = &[
        ("etc/os-release", OS_RELEASE),
        STATUS,
        (list, &paths),
        (sums.0, &sums.1),
        (EVIDENCE, SIX),
    ];
    let owned = report(&[base]);
    assert_eq!(
        rows(owned.bundled.iter().map(|it| &it.package)),
        ["six\t1.16.0\tpkg:pypi/six@1.16.0"]
    );
    let owner = &owned.bundled[0].owner;
    let of = (owner.kind.name(), owner.name.as_str(), owner.version.as_str());
    assert_eq!(of, ("deb", "python3-six", "1.16.0-4"));
    assert_eq!((owned.packages.len(), codes(&owned)), (1, vec![]));
    let mut table = Vec::new();
    cutaway_report::text::report(&owned, cutaway_report::text::Style::new(false, None), &mut table)
        .unwrap();
    let table = String::from_utf8(table).unwrap();
    let row = "six      1.16.0   pypi      0  python3-six 1.16.0-4";
    assert!(table.lines().any(|line| line == row), "{table}");
    // Somebody put another file in its place.
    let changed = report(&[base, &[(EVIDENCE, "Name: six\nVersion: 1.17.0\n")]]);
    assert!(changed.bundled.is_empty());
    let six = changed.packages.iter().find(|it| it.kind.name() == "pypi").unwrap();
    assert_eq!((six.version.as_str(), six.layer), ("1.17.0", 1));
    assert_eq!(codes(&changed), ["language-file-changed"]);
    // The same distribution elsewhere is one of its own.
    let pip = "usr/local/lib/python3.11/dist-packages/six-1.16.0.dist-info/METADATA";
    let beside = report(&[base, &[(pip, SIX)]]);
    assert_eq!((beside.packages.len(), beside.bundled.len()), (2, 1));
    // Without digests no change can be told.
    let without: Vec<_> = base.iter().filter(|it| it.0 != sums.0).copied().collect();
    assert_eq!(report(&[&without]).bundled.len(), 1);
    // Without a list nothing is known, and it says so.
    let unlisted: Vec<_> = without.iter().filter(|it| it.0 != list).copied().collect();
    let unlisted = report(&[&unlisted]);
    assert_eq!((unlisted.packages.len(), codes(&unlisted)), (2, vec!["file-owners-unknown"]));
}

#[test]
fn places_of_installation_are_told_apart() {
    let one = "a/node_modules/ms/package.json";
    let other = "b/node_modules/ms/package.json";
    let ms = |version: &str| format!(r#"{{"name":"ms","version":"{version}"}}"#);
    let (first, second) = (ms("1"), ms("2"));
    let told = report(&[
        &[(one, &first), (other, &first)],
        &[(one, &second)],
        &[("b/.wh.node_modules", "")],
    ]);
    let rows: Vec<_> = told
        .packages
        .iter()
        .map(|it| (it.version.as_str(), it.database.as_str(), it.layer))
        .collect();
    assert_eq!(rows, [("2", one, 1)]);
    let removed: Vec<_> = told
        .removed
        .iter()
        .map(|it| (it.package.version.as_str(), it.package.database.as_str(), it.hidden_by))
        .collect();
    assert_eq!(removed, [("1", other, 2)]);
    let upgraded = report(&[
        &[("l/six-1.dist-info/METADATA", "Name: six\nVersion: 1\n")],
        &[("l/.wh.six-1.dist-info", ""), ("l/six-2.dist-info/METADATA", "Name: six\nVersion: 2\n")],
    ]);
    assert_eq!((upgraded.packages.len(), upgraded.removed.len()), (1, 0));
}

#[test]
fn a_broken_artefact_leaves_the_others() {
    let told = report(&[&[
        ("a/node_modules/a/package.json", "{"),
        ("a/node_modules/b/package.json", r#"{"name":"b","version":"1"}"#),
        ("v/composer/installed.json", "["),
    ]]);
    assert_eq!(told.packages.len(), 1);
    let said: Vec<_> = told.diagnostics.iter().map(|it| (it.severity, it.code.as_str())).collect();
    let unreadable = "language-file-unreadable";
    assert_eq!(said, [(Severity::Warning, unreadable), (Severity::Error, unreadable)]);
}

fn md5(text: &str) -> String {
    use md5::Digest as _;
    let digest = md5::Md5::digest(text.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
