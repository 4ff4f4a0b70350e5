//! Everything that is written may fail to be: the run says so in one line, and is no success.

use std::fs::OpenOptions;
use std::process::Stdio;

use crate::support::{OnDisk, alpine, cutaway, run, status, stderr};

/// What prints to standard output.
const PRINT: [&[&str]; 12] = [
    &["scan", "IMAGE"],
    &["scan", "IMAGE", "--format", "json"],
    &["scan", "IMAGE", "--history"],
    &["inspect", "IMAGE"],
    &["manifest", "IMAGE"],
    &["config", "IMAGE"],
    &["ls", "-R", "IMAGE"],
    &["cat", "IMAGE", "etc/os-release"],
    &["find", "IMAGE"],
    &["tree", "IMAGE"],
    &["du", "IMAGE"],
    &["export", "IMAGE"],
];

/// What writes to a place that is named.
const WRITE: [&[&str]; 5] = [
    &["scan", "IMAGE", "-o", "PLACE"],
    &["export", "IMAGE", "PLACE"],
    &["pull", "IMAGE", "PLACE"],
    &["pull", "--format", "oci", "IMAGE", "PLACE"],
    &["pull", "--format", "oci-archive", "IMAGE", "PLACE"],
];

fn put(words: &[&str], image: &str, place: &str) -> Vec<String> {
    let put = |word: &&str| word.replace("IMAGE", image).replace("PLACE", place);
    words.iter().map(put).collect()
}

fn check(words: &[String], output: &std::process::Output) {
    let error = stderr(output);
    let told = status(output);
    assert!(![0, 141].contains(&told), "{words:?}: {told}");
    assert!(error.lines().count() == 1 && error.starts_with("error: "), "{words:?}: {error}");
    assert!(error.len() <= 1024, "{words:?}: {error}");
}

/// A full disk (ENOSPC) behind standard output.
#[test]
fn a_disk_that_is_full() {
    let image = OnDisk::layout(&alpine());
    for words in PRINT {
        let words = put(words, &image.oci(), "");
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = cutaway(&words.iter().map(String::as_str).collect::<Vec<_>>());
        let output = command.stdin(Stdio::null()).stdout(full).output().unwrap();
        check(&words, &output);
        assert!(stderr(&output).contains("No space left"), "{words:?}: {}", stderr(&output));
    }
}

/// A pipe that nobody reads (EPIPE).
#[test]
fn a_pipe_that_is_closed() {
    let image = OnDisk::layout(&alpine());
    for words in PRINT {
        let words = put(words, &image.oci(), "");
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = cutaway(&words.iter().map(String::as_str).collect::<Vec<_>>());
        let output = command.stdin(Stdio::null()).stdout(writer).output().unwrap();
        assert_eq!((status(&output), stderr(&output).as_str()), (141, ""), "{words:?}");
    }
}

/// Places that cannot be written: in file systems of the kernel, where nobody may make files (ENOENT, EPERM,
/// EACCES), below a file (ENOTDIR), and a device that is full (ENOSPC).
#[test]
fn places_that_cannot_be_written() {
    let image = OnDisk::layout(&alpine());
    let file = tempfile::NamedTempFile::new().unwrap();
    let below = file.path().join("x").display().to_string();
    for place in ["/proc/x", "/sys/x", &below, "/dev/full"] {
        for words in WRITE {
            let words = put(words, &image.oci(), place);
            let output = run(&words.iter().map(String::as_str).collect::<Vec<_>>());
            check(&words, &output);
        }
    }
    assert_eq!(file.path().metadata().unwrap().len(), 0);
}
