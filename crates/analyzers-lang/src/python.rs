//! Python distributions: `NAME-VERSION.dist-info/METADATA`, and what came before it: `.egg-info` as a file
//! or a directory, and directories `.egg`.
//!
//! ```text
//! Metadata-Version: 2.1
//! Name: six
//! Version: 1.16.0
//! ```
//!
//! Format: core metadata (PyPA), of which only the header is read: a description may hold anything.

use std::borrow::Cow;

use cutaway_analyze::{Analyzer, AnalyzerId, Candidate, File, Findings, Interest, Outcome, Want};

use crate::header;
use crate::place::{Parts, name_and_version};
use crate::record::{add_details, record, set_licenses, warn};

/// The type of the package URLs.
pub(crate) const KIND: &str = "pypi";
/// The largest file that is read: descriptions of some MiB occur.
const MAX: u64 = 16 << 20;
/// What the interpreter brings and notes as if it were installed.
const OF_INTERPRETER: &[&str] = &["Python", "argparse", "wsgiref"];
/// Directories in which a distribution keeps copies of others.
const VENDORED: &[&str] = &["_vendor", "_vendored", "vendored"];

/// The reader of distributions.
#[derive(Debug)]
pub(crate) struct Python;

/// How a distribution is noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A file in a directory of its own, so many levels below where distributions lie.
    Directory(usize),
    /// A single file.
    File,
}

impl Analyzer for Python {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("python", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().named("METADATA").named("PKG-INFO").ending(".egg-info")
    }

    fn wants(&self, file: &Candidate<'_>) -> Want {
        match form(&Parts::new(file.path)) {
            Some(_) => Want::Whole { max: MAX },
            None => Want::No,
        }
    }

    fn analyze(&self, file: &File<'_>, found: &mut Findings) -> Outcome {
        let parts = Parts::new(file.path());
        if let Some(form) = form(&parts) {
            read(file.start(), &parts, form, found);
        }
        Outcome::Done
    }
}

fn form(parts: &Parts<'_>) -> Option<Form> {
    let ends = |number: usize, ending: &[u8]| {
        let name = parts.back(number);
        let start = name.len().saturating_sub(ending.len());
        name.get(start..).is_some_and(|end| end.eq_ignore_ascii_case(ending))
    };
    match parts.back(0) {
        b"METADATA" if ends(1, b".dist-info") || ends(1, b".egg-info") => Some(Form::Directory(2)),
        b"PKG-INFO" if ends(1, b".egg-info") => Some(Form::Directory(2)),
        b"METADATA" | b"PKG-INFO" if parts.back(1) == b"EGG-INFO" && ends(2, b".egg") => {
            Some(Form::Directory(3))
        }
        _ if ends(0, b".egg-info") => Some(Form::File),
        _ => None,
    }
}

fn read(content: &[u8], parts: &Parts<'_>, form: Form, found: &mut Findings) {
    let levels = match form {
        Form::Directory(levels) => levels,
        Form::File => 1,
    };
    let stated =
        metadata(content, found, |name| form == Form::File && OF_INTERPRETER.contains(&name));
    let Some(mut package) = stated else { return };
    check_name(&parts.text(levels.saturating_sub(1)), &package.name, found);
    package.place = Some(parts.above(levels));
    let above = parts.all().iter().rev().skip(levels);
    let mut above = above.map(|part| String::from_utf8_lossy(part));
    if above.by_ref().any(|part| VENDORED.contains(&&*part)) {
        let parent = above.next().map(Cow::into_owned);
        add_details(&mut package, |it| it.parent = parent.map(Into::into));
    }
    found.package(package);
}

/// Returns the distribution that a header is of; none where it is left out, or has no name or version.
pub(crate) fn metadata(
    content: &[u8],
    found: &mut Findings,
    is_left_out: impl Fn(&str) -> bool,
) -> Option<cutaway_analyze::Package> {
    let field = |name: &str| header::first(content, name);
    let name = field("Name").unwrap_or_default();
    if is_left_out(&name) {
        return None;
    }
    let mut package = record(found, KIND, &name, &field("Version").unwrap_or_default())?;
    let license = field("License-Expression").or_else(|| field("License"));
    match license.filter(|text| !text.eq_ignore_ascii_case("unknown")) {
        Some(license) => set_licenses(&mut package, [&*license]),
        None => {
            let classifiers =
                header::fields(content).filter(|(name, _)| header::is(name, "Classifier"));
            let licenses: Vec<String> = classifiers
                .filter_map(|(_, value)| {
                    let rest = value.strip_prefix("License ::")?;
                    Some(rest.rsplit("::").next().unwrap_or(rest).trim().to_owned())
                })
                .filter(|it| it != "OSI Approved")
                .take(20)
                .collect();
            set_licenses(&mut package, licenses.iter().map(String::as_str));
        }
    }
    let homepage = field("Home-page").filter(|it| *it != "UNKNOWN").map(|it| (*it).into());
    add_details(&mut package, |it| it.homepage = homepage);
    Some(package)
}

/// Says so where a directory is called after another distribution than its metadata name.
fn check_name(directory: &str, name: &str, found: &mut Findings) {
    let stem = directory.rsplit_once('.').map_or(directory, |(stem, _)| stem);
    let called = name_and_version(stem).map_or(stem, |(name, _)| name);
    if !called.is_empty() && stem != "EGG-INFO" && normal(called) != normal(name) {
        let (called, name) = (cut(called), cut(name));
        let message = format!("the name of the file says {called}, its content {name}");
        warn(found, "language-name-differs", message);
    }
}

/// Returns a name as it is compared (PEP 503).
fn normal(name: &str) -> String {
    let parts = name.split(['-', '_', '.']).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

fn cut(text: &str) -> String {
    text.chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{rows, wants};

    #[test]
    fn places() {
        for (path, wanted) in [
            ("usr/lib/python3/dist-packages/six-1.16.0.dist-info/METADATA", true),
            ("a/six-1.16.0.DIST-INFO/METADATA", true),
            ("a/six.egg-info/PKG-INFO", true),
            ("a/six-1.egg-info", true),
            ("a/six-1.egg/EGG-INFO/PKG-INFO", true),
            ("a/six-1/EGG-INFO/PKG-INFO", false),
            ("src/PKG-INFO", false),
            ("a/METADATA", false),
        ] {
            assert_eq!(wants(&Python, path), wanted, "{path}");
        }
    }

    #[test]
    fn distributions() {
        let path = "l/site-packages/a_b-1.0.dist-info/METADATA";
        let of = |content: &str| rows(&Python, path, content.as_bytes());
        assert_eq!(of("Name: A.B\nVersion: 1.0\n"), ["A.B 1.0 l/site-packages"]);
        assert_eq!(
            of("Name: a-b\nName: c\nVersion: 1!1+x\n\nVersion: 2\n"),
            ["a-b 1!1+x l/site-packages"]
        );
        assert_eq!(
            of("Name: other\nVersion: 1\n"),
            ["other 1 l/site-packages", "Warning language-name-differs"]
        );
        assert_eq!(of("Name: a-b\n\nVersion: 2\n"), ["Warning language-record-incomplete"]);
        assert_eq!(of(""), ["Warning language-record-incomplete"]);
        let file = "usr/lib/python2.7/Python-2.7.egg-info";
        assert!(rows(&Python, file, b"Name: Python\nVersion: 2.7\n").is_empty());
    }

    #[test]
    fn licenses_and_parents() {
        let path = cutaway_layerfs::EntryPath::clean(
            b"s/setuptools/_vendor/more_itertools-1.dist-info/METADATA",
        );
        let path = path.unwrap();
        let content = b"Name: more-itertools\nVersion: 1\nHome-page: https://x\nLicense: UNKNOWN\nClassifier: License :: OSI Approved :: MIT License\nClassifier: License :: OSI Approved\n";
        let mut found = Findings::default();
        let _ = Python.analyze(&File::new(&path, content), &mut found);
        let package = &found.packages()[0];
        assert_eq!(package.licenses, ["MIT License"]);
        let details = package.details.as_ref().unwrap();
        assert_eq!(details.parent.as_deref(), Some("setuptools"));
        assert_eq!(details.homepage.as_deref(), Some("https://x"));
    }
}
