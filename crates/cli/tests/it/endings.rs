//! How a run ends: the exit statuses, one line on standard error, nothing on standard output.

use std::io::Read as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use cutaway_fixtures::{Compression, ImageBuilder, LayerBuilder, Layout, image};

use crate::support::{OnDisk, alpine, cutaway, run, run_with, status, stderr};

/// Checks that a run gave nothing but one line, and how it ended.
fn fails(output: &std::process::Output, expected: i32, says: &str) {
    let error = stderr(output);
    assert_eq!(status(output), expected, "{error}");
    assert!(output.stdout.is_empty(), "{says}");
    let last = error.lines().last().unwrap_or_default();
    assert!(last.starts_with("error: ") && last.contains(says), "{error}");
    assert!(last.len() <= 1024 && error.lines().count() == 1, "{error}");
}

#[test]
fn wrong_usage_is_2() {
    let two = alpine();
    let layout = tempfile::tempdir().unwrap();
    let other = image("layer gzip\n");
    Layout::new().image("1", &two).image("2", &other).write_dir(layout.path()).unwrap();
    let several = format!("oci:{}", layout.path().display());
    fails(&run(&["scan", &several]), 2, "holds several images; name one of \"1\"");
    assert_eq!(status(&run(&["scan", &format!("{several}:1")])), 0);
    fails(&run(&["scan", "docker://alpine"]), 2, "docker:// is a transport");
    fails(&run(&["scan", "UPPER/case:"]), 2, "");
    fails(&run(&["scan", &several, "--limit", "nonsense=1"]), 2, "there is no limit \"nonsense\"");
    fails(&run(&["scan", &format!("{several}:1"), "--skip", "a["]), 2, "pattern");
    for (arguments, says) in [
        (&["scan"][..], "required arguments"),
        (&["scan", "a", "--format", "yaml"], "invalid value 'yaml'"),
        (&["nonsense"], "unrecognized subcommand"),
        (&["scan", "a", "--timeout", "x"], "invalid value 'x'"),
        (&["scan", "a", "--platform", "linux"], "os/architecture"),
        (&["scan", "a", "--timeout", &"9".repeat(3000)], "invalid value"),
    ] {
        fails(&run(arguments), 2, says);
    }
    let nothing = run(&[]);
    assert_eq!(status(&nothing), 2);
    assert_eq!(stderr(&nothing).lines().last(), Some("error: no command is given"));
}

#[test]
fn what_cannot_be_had_is_3() {
    let image = OnDisk::layout(&alpine());
    fails(&run(&["scan", &format!("{}:nonsense", image.oci())]), 3, "\"nonsense\" is not in");
    fails(&run(&["scan", "oci:/nonexistent/layout"]), 3, "/nonexistent/layout");
    fails(&run(&["scan", "./nonexistent"]), 3, "there is no file or directory ./nonexistent");
    fails(&run(&["scan", "127.0.0.1:1/app:1"]), 3, "127.0.0.1:1");
}

/// What the system says of a stream is no verdict on an image, whoever reads it and how.
#[test]
fn what_the_system_refuses_is_3() {
    let directory = tempfile::tempdir().unwrap();
    let target = directory.path().join("out").display().to_string();
    for arguments in [
        &["scan", "-"][..],
        &["scan", "--history", "-"],
        &["ls", "-"],
        &["cat", "-", "etc/os-release"],
        &["inspect", "-"],
        &["config", "-"],
        &["export", "-", &target],
        &["validate", "-"],
        &["pull", "-", &target],
        &["pull", "--format", "oci", "-", &target],
    ] {
        let stdin = std::fs::File::open(directory.path()).unwrap();
        let output = cutaway(arguments).stdin(stdin).output().unwrap();
        fails(&output, 3, "cannot read standard input: Is a directory");
    }
}

#[test]
fn what_is_not_what_it_claims_is_4() {
    for (broken, says) in [
        (alpine().flip_byte(0, 30), "layer 0 of 2"),
        (alpine().wrong_diff_id(1), "unpacks to diffID"),
        (alpine().cut_stream(1, 10), "layer 1 of 2"),
        (alpine().wrong_size(0, 5), "layer 0 of 2"),
    ] {
        let image = OnDisk::layout(&broken);
        fails(&run(&["scan", &image.oci(), "--format", "json"]), 4, says);
        fails(&run(&["inspect", &image.oci(), "--verify"]), 4, says);
    }
    let lacks = OnDisk::layout(&alpine());
    let blobs = lacks.path().join("blobs/sha256");
    let digest = alpine().layers[1].blob.digest.encoded().to_owned();
    std::fs::remove_file(blobs.join(digest)).unwrap();
    fails(&run(&["scan", &lacks.oci()]), 4, "is listed but missing");
    fails(&run(&["scan", &OnDisk::archive(b"not an archive").file()]), 4, "archive");
    fails(&run_with(&["scan", "-"], b"{\"not\": \"a tar\"}"), 4, "standard input");
    fails(&run_with(&["scan", "-"], b""), 4, "is empty");
}

#[test]
fn a_special_file_in_a_layout_is_refused() {
    let image = OnDisk::layout(&alpine());
    let blob = image.path().join("blobs/sha256").join(alpine().layers[0].blob.digest.encoded());
    std::fs::remove_file(&blob).unwrap();
    std::os::unix::fs::symlink("/dev/zero", &blob).unwrap();
    fails(&run(&["scan", &image.oci()]), 4, "is not a regular file");
}

#[test]
fn an_incomplete_analysis_is_5_and_still_a_report() {
    let image = OnDisk::layout(&image(
        "layer gzip\n  var/lib/rpm/rpmdb.sqlite 0644 \"SQLite format 3\\0 and no more\"\n",
    ));
    let output = run(&["scan", &image.oci(), "--format", "json"]);
    assert_eq!(status(&output), 5);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["complete"], false);
    assert_eq!(report["diagnostics"][0]["severity"], "error");
    assert!(
        stderr(&output).starts_with("error: the analysis is incomplete: var/lib/rpm/rpmdb.sqlite")
    );
}

#[test]
fn an_image_without_anything_is_0() {
    for text in ["", "layer gzip\n", "layer gzip\n  bin/app 0755 \"x\"\n"] {
        let image = OnDisk::layout(&image(text));
        assert_eq!(status(&run(&["scan", &image.oci()])), 0, "{text}");
    }
}

#[test]
fn the_time_of_a_run_is_bounded() {
    let started = Instant::now();
    let mut child = cutaway(&["scan", "-", "--timeout", "300ms"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let held_open = child.stdin.take();
    let output = child.wait_with_output().unwrap();
    drop(held_open);
    fails(&output, 3, "longer than the --timeout of 300ms");
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn signals_end_a_run() {
    for (signal, expected) in [("INT", 130), ("TERM", 143)] {
        let mut child =
            cutaway(&["scan", "-"]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // Waiting for the child would close what is not held.
        let _held_open = child.stdin.take();
        std::thread::sleep(Duration::from_millis(300));
        let kill = std::process::Command::new("kill")
            .args([format!("-{signal}"), child.id().to_string()])
            .status();
        assert!(kill.unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(expected), "{signal}");
    }
}

/// Returns a header block and the blocks of its content.
fn member(flag: u8, name: &str, content: &[u8]) -> Vec<u8> {
    let mut block = vec![0; 512];
    let fields = [(0, name.to_owned()), (100, "0000644".into()), (108, "0000000".into())];
    let more = [(116, "0000000".into()), (124, format!("{:011o}", content.len()))];
    let last = [(136, "00000000000".into()), (148, " ".repeat(8)), (257, "ustar\x0000".into())];
    for (at, text) in fields.into_iter().chain(more).chain(last) {
        block.iter_mut().skip(at).zip(text.bytes()).for_each(|(into, byte)| *into = byte);
    }
    block[156] = flag;
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    block.extend_from_slice(content);
    block.resize(block.len().next_multiple_of(512), 0);
    block
}

/// Returns a layer with a file `big` that is one hole of so many bytes, which have eleven digits.
pub(crate) fn hole(size: &str) -> Vec<u8> {
    let records = format!(
        "22 GNU.sparse.major=0\n22 GNU.sparse.minor=1\n23 GNU.sparse.name=big\n\
         31 GNU.sparse.size={size}\n26 GNU.sparse.numblocks=1\n22 GNU.sparse.map=0,0\n"
    );
    [member(b'x', "x", records.as_bytes()), member(b'0', "big", b""), vec![0; 1024]].concat()
}

/// A hole counts as if it were written: it costs nothing to name one of any size.
#[test]
fn a_hole_over_the_limit_is_not_written() {
    let layer = LayerBuilder::from_tar(hole("99999999999"), Compression::Plain);
    let image = OnDisk::layout(&ImageBuilder::new().layer(layer).build());
    fails(
        &run(&["cat", &image.oci(), "big"]),
        4,
        "big is over the limit unpacked_bytes of 68719476736",
    );
}

/// Writing a hole never waits for anything.
#[test]
fn a_run_that_does_not_listen_is_ended() {
    let layer = LayerBuilder::from_tar(hole("34359738368"), Compression::Plain);
    let image = OnDisk::layout(&ImageBuilder::new().layer(layer).build());
    for (signal, options, expected) in
        [("INT", &[][..], 130), ("TERM", &[], 143), ("", &["--timeout", "600ms"], 3)]
    {
        let mut child = cutaway(&[&["cat", &image.oci(), "big"], options].concat())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(400));
        assert!(child.try_wait().unwrap().is_none(), "{signal}: the hole is still written");
        if !signal.is_empty() {
            let mut kill = std::process::Command::new("kill");
            let kill = kill.args([format!("-{signal}"), child.id().to_string()]).status();
            assert!(kill.unwrap().success());
        }
        let told = Instant::now();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(expected), "{signal}: {}", stderr(&output));
        assert!(told.elapsed() < Duration::from_secs(3), "{signal}: {:?}", told.elapsed());
    }
}

#[test]
fn a_closed_pipe_is_141_and_silent() {
    let text = (0..20_000)
        .fold(String::from("layer gzip\n  lib/apk/db/installed 0644\n"), |text, n| {
            text + &format!("    | P:p{n}\n    | V:1-r0\n    | \n")
        });
    let image = OnDisk::layout(&image(&text));
    let mut child = cutaway(&["scan", &image.oci()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.len()), (Some(141), 0));
}

#[test]
fn a_full_disk_is_an_error() {
    let image = OnDisk::layout(&alpine());
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = cutaway(&["scan", &image.oci()]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).starts_with("error: cannot write standard output"));
}
