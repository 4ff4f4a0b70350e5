//! Running the binary.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use cutaway_fixtures::{FixtureImage, Layout, image};
use serde_json::Value;
use tempfile::TempDir;

/// Returns the binary, alone with its arguments: no variable of ours, no home.
pub(crate) fn cutaway(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cutaway"));
    command.args(arguments).env_clear().env("PATH", "/usr/bin:/bin").env("HOME", "/nonexistent");
    command
}

/// Runs the binary with nothing on standard input.
pub(crate) fn run(arguments: &[&str]) -> Output {
    cutaway(arguments).stdin(Stdio::null()).output().unwrap()
}

/// Runs the binary with `input` on standard input.
pub(crate) fn run_with(arguments: &[&str], input: &[u8]) -> Output {
    run_command_with(cutaway(arguments), input)
}

/// Runs a command with `input` on standard input.
pub(crate) fn run_command_with(mut command: Command, input: &[u8]) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // A run that ends early does not read all of it.
    let writer = std::thread::spawn(move || stdin.write_all(&input).is_ok());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

pub(crate) fn status(output: &Output) -> i32 {
    output.status.code().unwrap()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

pub(crate) fn json(output: &Output) -> Value {
    assert_eq!(status(output), 0, "{}", stderr(output));
    document(output)
}

/// Reads the JSON that a run printed, however it ended, and holds it to its schema; a report must be
/// the same, byte for byte, when it is read and written again.
pub(crate) fn document(output: &Output) -> Value {
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let name = match document["schema"].as_str() {
        Some(stated) => stated.strip_prefix("cutaway.").unwrap().strip_suffix("/1").unwrap(),
        // The one that is an index as OCI has it.
        None => "referrers",
    };
    let schema = cutaway_report::schema(name).unwrap().text;
    let schema = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
    let wrong: Vec<String> =
        schema.iter_errors(&document).map(|it| format!("{}: {it}", it.instance_path)).collect();
    assert!(wrong.is_empty(), "{name}: {wrong:?}");
    if name == "scan" {
        let report = cutaway_report::Report::read(output.stdout.as_slice()).unwrap();
        let mut again = Vec::new();
        cutaway_report::write_json(&report, &mut again).unwrap();
        assert!(again == output.stdout, "the report is another one when it was read");
    }
    document
}

/// An image in a directory of its own.
pub(crate) struct OnDisk {
    directory: TempDir,
}

impl OnDisk {
    /// Writes an OCI layout with `image` under the tag `1`.
    pub(crate) fn layout(image: &FixtureImage) -> Self {
        let directory = tempfile::tempdir().unwrap();
        Layout::new().image("1", image).write_dir(directory.path()).unwrap();
        Self { directory }
    }

    /// Writes one file called `archive`.
    pub(crate) fn archive(bytes: &[u8]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("archive"), bytes).unwrap();
        Self { directory }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Returns the source argument for the layout.
    pub(crate) fn oci(&self) -> String {
        format!("oci:{}", self.path().display())
    }

    /// Returns the path of the archive.
    pub(crate) fn file(&self) -> String {
        self.path().join("archive").display().to_string()
    }
}

/// Returns a small Alpine image of two layers: `b` is upgraded, `a` goes, `c` comes.
pub(crate) fn alpine() -> FixtureImage {
    image(
        r#"
layer gzip created_by="ADD rootfs.tar /"
  etc/os-release 0644 "ID=alpine\nVERSION_ID=3.20.1\nPRETTY_NAME=\"Alpine Linux v3.20\"\n"
  lib/apk/db/installed 0644 "P:a\nV:1-r0\nA:x86_64\n\nP:b\nV:1-r0\nA:x86_64\nL:MIT\no:src\n\n"
layer zstd created_by="RUN apk add c"
  lib/apk/db/installed 0644 "P:b\nV:2-r0\nA:x86_64\nL:MIT\no:src\n\nP:c\nV:1-r0\nA:x86_64\n\n"
"#,
    )
}

/// Returns the folder of the corpus, or says that tests are skipped for want of it.
#[expect(clippy::disallowed_methods, reason = "tests find the corpus")]
pub(crate) fn corpus() -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus");
    let folder =
        std::env::var_os("CUTAWAY_CORPUS").map_or_else(|| PathBuf::from(default), PathBuf::from);
    if !folder.is_dir() {
        eprintln!("skipped: no corpus");
        return None;
    }
    Some(folder)
}

/// Returns a variable that the test run sets, or says what is skipped for want of it.
#[expect(clippy::disallowed_methods, reason = "the test run says what it has started")]
pub(crate) fn provided(variable: &str, what: &str) -> Option<String> {
    let value = std::env::var(variable).ok().filter(|value| !value.is_empty());
    if value.is_none() {
        eprintln!("skipped: no {what}");
    }
    value
}
