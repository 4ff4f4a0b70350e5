//! Every shape in which archives, layouts and documents come, as the binary answers it.
//!
//! The rules are proved beside their code; here each shape is seen once from the outside.

use std::path::Path;
use std::process::Output;

use cutaway_fixtures::{
    ArchiveShape, Blob, Compression, DockerArchive, Entry, FixtureImage, FixtureIndex,
    LayerBuilder, LayerNames, Layout, MemberOrder, compress, image, tarball,
};
use serde_json::{Value, json as value};
use tempfile::TempDir;

use crate::support::{alpine, corpus, run, run_with, status, stderr, stdout};

mod archives;
mod documents;
mod inspection;
mod layouts;

/// Something on disk, by a path that commands take in the place of `{}`.
struct Shape {
    directory: TempDir,
    file: bool,
}

impl Shape {
    fn archive(bytes: &[u8]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("x"), bytes).unwrap();
        Self { directory, file: true }
    }

    fn members(entries: &[Entry]) -> Self {
        Self::archive(&tarball(entries))
    }

    fn layout(layout: &Layout) -> Self {
        let directory = tempfile::tempdir().unwrap();
        layout.write_dir(directory.path()).unwrap();
        Self { directory, file: false }
    }

    fn of(image: &FixtureImage) -> Self {
        Self::layout(&Layout::new().image("1", image))
    }

    fn edit(self, name: &str, change: impl FnOnce(&mut Value)) -> Self {
        let path = self.path().join(name);
        let mut document = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        change(&mut document);
        std::fs::write(path, document.to_string()).unwrap();
        self
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn blob(&self, digest: &cutaway_ref::Digest) -> std::path::PathBuf {
        self.path().join("blobs/sha256").join(digest.encoded())
    }

    /// Runs a command line whose words are parted by blanks.
    fn run(&self, line: &str) -> Output {
        let path = if self.file { self.path().join("x") } else { self.path().to_owned() };
        let line = line.replace("{}", path.to_str().unwrap());
        run(&line.split(' ').collect::<Vec<_>>())
    }

    /// Runs a command that has to end well, and returns its JSON.
    #[track_caller]
    fn json(&self, row: &str, line: &str) -> Value {
        let output = self.run(&format!("{line} --format json"));
        assert_eq!(status(&output), 0, "{row}: {line}: {}", stderr(&output));
        crate::support::document(&output)
    }

    /// Runs a command that has to end with `exit` and one line of an error that says all of `words`.
    #[track_caller]
    fn fails(&self, row: &str, line: &str, exit: i32, words: &[&str]) {
        fails(row, line, &self.run(line), exit, words);
    }

    /// Holds a scan and an inspection to the same end.
    #[track_caller]
    fn is_refused(&self, row: &str, exit: i32, words: &[&str]) {
        self.fails(row, "scan {} --format json", exit, words);
        self.fails(row, "inspect {} --format json", exit, words);
    }

    /// Holds a scan to an error of which an inspection makes a finding.
    #[track_caller]
    fn is_only_inspected(&self, row: &str, words: &[&str], code: &str) -> Value {
        self.fails(row, "scan {} --format json", 4, words);
        let shown = self.json(row, "inspect {}");
        let found = codes(&shown);
        assert!(found.contains(&code.to_owned()), "{row}: {found:?}");
        for layer in shown["layers"].as_array().unwrap() {
            assert_eq!(layer["status"], "claimed", "{row}");
        }
        let table = stdout(&self.run("inspect {}"));
        assert!(table.contains(&format!("[{code}]")), "{row}: {table}");
        shown
    }

    /// Holds a scan to the packages of [`alpine`] and an inspection to its ID, with diagnostics of these codes.
    #[track_caller]
    fn is_alpine(&self, row: &str, argument: &str, warnings: &[&str]) -> Value {
        let report = self.json(row, &format!("scan {argument}"));
        assert_eq!(names(&report), ["b", "c"], "{row}");
        assert_eq!(report["image"]["id"], alpine().id().as_str(), "{row}");
        assert_eq!(codes(&report), warnings, "{row}");
        let shown = self.json(row, &format!("inspect {argument}"));
        assert_eq!(shown["image"]["id"], report["image"]["id"], "{row}");
        assert_eq!(shown["image"]["digest"], report["image"]["digest"], "{row}");
        report
    }
}

#[track_caller]
fn fails(row: &str, line: &str, output: &Output, exit: i32, words: &[&str]) {
    let said = stderr(output);
    assert_eq!(status(output), exit, "{row}: {line}: {said}{}", stdout(output));
    assert_eq!(stdout(output), "", "{row}: {line}");
    let error = said.lines().last().unwrap();
    assert!(error.len() <= 1024 && !error.chars().any(char::is_control), "{row}: {error}");
    for word in words {
        assert!(error.contains(word), "{row}: {line}: {word:?} is not in: {error}");
    }
}

fn names(report: &Value) -> Vec<&str> {
    let packages = report["packages"].as_array().unwrap();
    packages.iter().map(|package| package["name"].as_str().unwrap()).collect()
}

/// Returns the codes of the diagnostics; that there is no manifest goes without saying in a form without one.
fn codes(report: &Value) -> Vec<String> {
    let all = report["diagnostics"].as_array().unwrap();
    let codes = all.iter().map(|said| said["code"].as_str().unwrap().to_owned());
    codes.filter(|code| code != "no-manifest").collect()
}

/// An image that nobody wants to have taken for [`alpine`].
fn evil() -> FixtureImage {
    image("layer gzip\n  lib/apk/db/installed 0644 \"P:evil\\nV:1-r0\\nA:x86_64\\n\\n\"\n")
}

/// The members of an archive as `docker save` wrote them, by names of the test's own.
fn docker(layers: &[&str]) -> Vec<Entry> {
    let image = alpine();
    let entry = value!([{"Config": "config.json", "RepoTags": ["app:1"], "Layers": layers}]);
    vec![
        Entry::file("config.json", image.config.bytes.to_vec()),
        Entry::file("0.tar", image.layers[0].tar.to_vec()),
        Entry::file("1.tar", image.layers[1].tar.to_vec()),
        Entry::file("manifest.json", entry.to_string()),
    ]
}

fn sound() -> Vec<Entry> {
    docker(&["0.tar", "1.tar"])
}

/// The members of a layout.
fn members(layout: &Layout) -> Vec<Entry> {
    layout.files().into_iter().map(|(path, content)| Entry::file(path, content)).collect()
}
