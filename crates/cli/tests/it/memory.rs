//! Large images: memory that does not grow with them, and no temporary byte.
#![expect(clippy::arithmetic_side_effects, reason = "numbers of this file alone")]

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::process::Stdio;

use cutaway_fixtures::{Entry, tarball};
use cutaway_ref::{Algorithm, Digest};
use serde_json::json as value;

use crate::engine::FakeEngine;
use crate::meter::Metered;
use crate::support::{cutaway, json, stderr};

/// The bytes of the one large file.
const LARGE: u64 = 840_000_000;
const BLOCK: u64 = 512;

/// Returns members without the end marker.
fn members(entries: &[Entry]) -> Vec<u8> {
    let mut tar = tarball(entries);
    tar.truncate(tar.len() - 1024);
    tar
}

/// Returns the header of a file of `size` bytes that are not there (POSIX.1-2017 `pax`, "ustar Interchange Format").
fn header(path: &str, size: u64) -> Vec<u8> {
    let mut header = members(&[Entry::file(path, "")]);
    header[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes());
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

/// Writes what Docker saves of an image with one layer and a hole of zeros in it; returns the image's ID.
pub(crate) fn write(path: &Path) -> Digest {
    let database = "P:a\nV:1-r0\nA:x86_64\n\n";
    let release = "ID=alpine\nVERSION_ID=3.20.1\n";
    let mut start = members(&[
        Entry::file("etc/os-release", release),
        Entry::file("lib/apk/db/installed", database),
    ]);
    start.extend(header("srv/large", LARGE));
    let zeros = LARGE.next_multiple_of(BLOCK) + 1024;
    let mut hasher = Algorithm::Sha256.hasher();
    hasher.update(&start);
    let chunk = vec![0; 1 << 20];
    let mut left = zeros;
    while left > 0 {
        let count = left.min(1 << 20);
        hasher.update(&chunk[..usize::try_from(count).unwrap()]);
        left -= count;
    }
    let config = value!({"os": "linux", "architecture": "amd64", "config": {},
        "rootfs": {"type": "layers", "diff_ids": [hasher.finish()]}});
    let config = config.to_string();
    let id = Digest::sha256(config.as_bytes());
    let name = format!("{}.json", id.encoded());
    let manifest = value!([{"Config": name, "RepoTags": ["large:1"], "Layers": ["layer.tar"]}]);
    let mut file = File::create(path).unwrap();
    let length = u64::try_from(start.len()).unwrap() + zeros;
    file.write_all(&header("layer.tar", length)).unwrap();
    file.write_all(&start).unwrap();
    file.seek(SeekFrom::Current(i64::try_from(zeros).unwrap())).unwrap();
    let documents = [Entry::file(name, config), Entry::file("manifest.json", manifest.to_string())];
    file.write_all(&tarball(&documents)).unwrap();
    id
}

#[test]
fn a_large_image_takes_little_memory_and_no_file() {
    let place = tempfile::tempdir().unwrap();
    let archive = place.path().join("large.tar");
    let id = write(&archive);
    assert!(archive.metadata().unwrap().len() > 800_000_000);
    let temporary = tempfile::tempdir().unwrap();
    let saved = archive.clone();
    let engine = FakeEngine::start(&value!({"Id": id}), move || File::open(&saved).unwrap());
    let file = format!("docker-archive:{}", archive.display());
    for name in [file.as_str(), "-", "docker:large:1"] {
        let mut command = cutaway(&["scan", name, "--format", "json"]);
        command.env("DOCKER_HOST", engine.host()).env("TMPDIR", temporary.path());
        command.stdin(Stdio::from(File::open(&archive).unwrap()));
        let run = Metered::run(command);
        let report = json(&run.output);
        assert_eq!(report["image"]["id"], id.to_string(), "{name}");
        assert_eq!(report["packages"][0]["name"], "a", "{name}");
        run.was_frugal(name);
        assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0, "{name}");
    }
    // One that can be read newest first, and one that passes twice.
    for name in [file.as_str(), "docker:large:1"] {
        let mut command = cutaway(&["export", name, "/dev/null"]);
        command.env("DOCKER_HOST", engine.host()).env("TMPDIR", temporary.path());
        let run = Metered::run(command);
        assert!(run.output.status.success(), "{}", stderr(&run.output));
        run.took_little(name);
        assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0, "{name}");
    }
}
