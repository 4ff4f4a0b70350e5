//! The rules of the overlay as the binary shows them: every row that the tree is held to, through `ls`,
//! `cat` and `stat`, and what a hostile layer must not get out of them.

use std::fmt::Write as _;
use std::process::{Command, Stdio};

use cutaway_fixtures::image;
use serde_json::Value;

use crate::rows::ROWS;
use crate::support::{OnDisk, json, run, status, stderr, stdout};

/// Returns the image text of a stack in the notation of the rows.
fn text_of(stack: &str) -> String {
    let mut text = String::new();
    for layer in stack.split('|') {
        text.push_str("layer gzip\n");
        for entry in layer.split_whitespace() {
            let line = if let Some((name, target)) = entry.split_once('→') {
                format!("{name} -> {target}")
            } else if let Some((name, target)) = entry.split_once('⇒') {
                format!("{name} => {target}")
            } else if let Some(name) = entry.strip_prefix("g:") {
                format!("{name} global")
            } else if let Some((name, content)) = entry.split_once('=') {
                format!("{name} 0644 \"{content}\"")
            } else if let Some((name, device)) = entry.split_once('@') {
                format!("{name} char {}", device.replace(',', ":"))
            } else if entry.ends_with('/') {
                format!("{entry} 0755")
            } else {
                format!("{entry} 0644")
            };
            writeln!(text, "  {line}").unwrap();
        }
    }
    text
}

/// Returns a file as the rows write it, its content as `cat` prints it.
fn line_of(oci: &str, entry: &Value) -> String {
    let path = entry["path"].as_str().unwrap();
    match entry["type"].as_str().unwrap() {
        "directory" => format!("{path}/"),
        "symlink" => format!("{path}→{}", entry["link"].as_str().unwrap()),
        "char" => format!("{path}@"),
        "file" => {
            let cat = run(&["cat", oci, path]);
            // Where other runtimes have another file, that is said.
            assert!(matches!(status(&cat), 0 | 5), "{path}: {}", stderr(&cat));
            assert_eq!(stderr(&cat).is_empty(), status(&cat) == 0, "{path}");
            assert_eq!(entry["size"].as_u64(), u64::try_from(cat.stdout.len()).ok(), "{path}");
            format!("{path}={}", stdout(&cat))
        }
        other => format!("{path}?{other}"),
    }
}

fn holds(row: &str, stack: &str, result: &str) {
    let disk = OnDisk::layout(&image(&text_of(stack)));
    let oci = disk.oci();
    let listed = json(&run(&["ls", "-R", &oci, "--format", "json"]));
    let entries = listed["entries"].as_array().unwrap();
    let mut lines: Vec<String> = entries.iter().map(|entry| line_of(&oci, entry)).collect();
    lines.sort();
    let mut expected: Vec<&str> = result.split_whitespace().collect();
    expected.sort_unstable();
    assert_eq!(lines, expected, "{row}: {stack}");
    for entry in entries {
        let path = entry["path"].as_str().unwrap();
        let stat: Value = crate::support::document(&run(&["stat", &oci, path, "--format", "json"]));
        assert_eq!(stat["entry"], *entry, "{row}: {stack}");
        assert_eq!(stat["verified"], true, "{row}: {stack}");
    }
    // What a lower layer had and nobody sees any more.
    let below: Vec<&str> = stack
        .split_whitespace()
        .filter_map(|entry| entry.split_once('=').map(|(name, _)| name))
        .filter(|name| !name.contains("..") && !name.starts_with(['.', '/']))
        .filter(|name| !entries.iter().any(|entry| entry["path"] == *name))
        .collect();
    for path in below {
        let cat = run(&["cat", &oci, path]);
        if status(&cat) == 1 {
            assert_eq!(cat.stdout.len(), 0, "{row}: {path}");
            assert!(stderr(&cat).starts_with(&format!("error: {path} is not in the image")));
        }
    }
}

#[test]
fn every_row_is_what_is_listed_and_read() {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let work = || {
        while let Some((row, stack, result, _)) =
            ROWS.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
        {
            holds(row, stack, result);
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(work)).collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn paths_that_runtimes_read_in_different_ways_are_told() {
    for (stack, path, shown, others) in [
        ("a=1 b=1 | .wh..wh..opq b=2", "a", None, "a file of layer 0"),
        ("d/ d/x=1 | .wh.d d/ d/y=2", "d/x", None, "a file of layer 0"),
        ("d/ d/x=1 l→d | l/x=2", "d/x", Some("2"), "a file of layer 0"),
        ("d/ d/x=1 l→d | l/y=2", "d/y", Some("2"), "nothing"),
        ("a=1 | a=2 g:a", "a", Some("2"), "nothing"),
        ("a=1 | a=2 g:a b=3 | a=4", "a", Some("4"), ""),
        // A global header takes away in one reading what drivers show in another.
        ("d/ d/f=1 | .wh..wh..opq d/ g:d/f", "d/f", None, "a file of layer 0"),
        // Two that cancel each other out to some, at a link in the middle of the way.
        ("x/ x/f=1 y/ y/z→../x l→y/z | g:y/.wh.z g:y/z", "l/f", Some("1"), "y/z in different ways"),
        ("a=1 b=1 | .wh..wh..opq b=2", "b", Some("2"), ""),
        ("d/ d/x=1 l→d | l/y=2", "l/y", Some("2"), ""),
    ] {
        let disk = OnDisk::layout(&image(&text_of(stack)));
        let oci = disk.oci();
        let expected = if others.is_empty() { 0 } else { 5 };
        for command in ["cat", "stat"] {
            let output = run(&[command, &oci, path]);
            assert_eq!(status(&output), expected, "{command} {stack}: {}", stderr(&output));
            assert!(stderr(&output).contains(others), "{stack}: {}", stderr(&output));
            assert_eq!(output.stdout.is_empty(), shown.is_none(), "{stack}");
        }
        assert_eq!(stdout(&run(&["cat", &oci, path])), shown.unwrap_or_default(), "{stack}");
        for command in [&["ls"][..], &["find"], &["tree"], &["du"], &["export"]] {
            let output = run(&[command, &[&oci]].concat());
            assert_eq!(status(&output), 0, "{command:?}: {}", stderr(&output));
            assert!(
                stderr(&output).contains("layer-ambiguous"),
                "{command:?}: {}",
                stderr(&output)
            );
        }
        let output = run(&["diff", &oci, &oci, "--read-base"]);
        assert!(stderr(&output).contains("layer-ambiguous"), "diff: {}", stderr(&output));
    }
}

#[test]
fn bare_whiteouts_are_errors_everywhere() {
    for bare in ["d/.wh.", "d/.wh..", ".wh..."] {
        let disk = OnDisk::layout(&image(&text_of(&format!("d/ d/a=1 | {bare}"))));
        for command in [&["ls"][..], &["stat"], &["cat"], &["find"], &["du"], &["history"]] {
            let mut arguments = command.to_vec();
            let oci = disk.oci();
            arguments.push(&oci);
            if matches!(command, ["stat" | "cat"]) {
                arguments.push("d/a");
            }
            let output = run(&arguments);
            assert_eq!((status(&output), output.stdout.len()), (4, 0), "{bare} {command:?}");
            assert!(stderr(&output).contains(&format!("whiteout {bare} hides nothing")), "{bare}");
        }
    }
}

#[test]
fn loops_end_and_the_rest_is_read() {
    let stack = "a→b b→a self→self d/ d/up→../e e/ e/up→../d/up d/ok=1 etc→etc x=2";
    let disk = OnDisk::layout(&image(&text_of(stack)));
    let oci = disk.oci();
    let all = "a\nb\nd\nd/ok\nd/up\ne\ne/up\netc\nself\nx\n";
    assert_eq!(stdout(&run(&["ls", "-R", &oci])), all);
    assert_eq!(run(&["cat", &oci, "d/ok"]).stdout, b"1");
    assert_eq!(run(&["cat", &oci, "x"]).stdout, b"2");
    for path in ["a", "a/x", "self", "self/x", "etc/os-release"] {
        for command in ["cat", "ls"] {
            let output = run(&[command, &oci, path]);
            assert_eq!((status(&output), output.stdout.len()), (4, 0), "{command} {path}");
            assert!(stderr(&output).contains("symlink_hops = 40"), "{}", stderr(&output));
        }
    }
    // The links themselves are there all the same.
    let stat = json(&run(&["stat", &oci, "self", "--format", "json"]));
    assert_eq!(stat["entry"]["link"], "self");
    // A database or release file behind a loop is said, never passed over.
    for (stack, path) in [
        ("lib→lib", "lib/apk/db/installed"),
        ("var/ var/lib→lib2 var/lib2→lib", "var/lib/dpkg/status"),
        ("etc/ etc/os-release→os-release", "etc/os-release"),
    ] {
        let disk = OnDisk::layout(&image(&text_of(stack)));
        let output = run(&["scan", &disk.oci(), "--format", "json"]);
        assert_eq!(status(&output), 5, "{stack}");
        assert!(stderr(&output).contains("loop of symbolic links"), "{}", stderr(&output));
        let report: Value = crate::support::document(&output);
        let diagnostics = report["diagnostics"].as_array().unwrap();
        assert!(diagnostics.iter().any(|said| said["path"] == path), "{diagnostics:?}");
    }
}

#[test]
fn databases_are_found_behind_links() {
    let apk = "\"P:a\\nV:1-r0\\nA:x86_64\\n\\n\"";
    for (row, layers) in [
        (
            "F11, same layer",
            format!("layer gzip\n  x/real 0644 {apk}\n  lib/apk/db/installed => x/real\n"),
        ),
        (
            "F11, earlier layer",
            format!(
                "layer gzip\n  x/real 0644 {apk}\nlayer gzip\n  lib/apk/db/installed => x/real\n"
            ),
        ),
        (
            "F12, linked directory",
            format!(
                "layer gzip\n  usr/lib/apk/db/installed 0644 {apk}\n  lib/apk -> ../usr/lib/apk\n"
            ),
        ),
        (
            "F12, merged usr",
            format!(
                "layer gzip\n  usr/lib/ 0755\n  lib -> usr/lib\nlayer gzip\n  lib/apk/db/installed 0644 {apk}\n"
            ),
        ),
    ] {
        let disk = OnDisk::layout(&image(&layers));
        let scan = run(&["scan", &disk.oci(), "--format", "json"]);
        let report: Value = serde_json::from_slice(&scan.stdout).unwrap();
        // What is put through a link of a lower layer, overlay drivers put elsewhere.
        let ambiguous = row == "F12, merged usr";
        assert_eq!(status(&scan), if ambiguous { 5 } else { 0 }, "{row}: {}", stderr(&scan));
        assert_eq!(report["complete"], !ambiguous, "{row}");
        assert_eq!(report["packages"][0]["name"], "a", "{row}");
        let cat = run(&["cat", &disk.oci(), "lib/apk/db/installed"]);
        assert_eq!(stdout(&cat), "P:a\nV:1-r0\nA:x86_64\n\n", "{row}");
    }
}

#[test]
fn no_path_of_an_image_is_opened_on_the_host() {
    let there = Command::new("strace").arg("-V").stdout(Stdio::null()).status();
    if !there.is_ok_and(|status| status.success()) {
        eprintln!("skipped: no strace");
        return;
    }
    let secret = tempfile::tempdir().unwrap();
    let host = secret.path().join("host-secret");
    std::fs::write(&host, "host").unwrap();
    let host = host.display().to_string();
    let text = format!(
        "layer gzip\n  abs -> {host}\n  up -> ../../../../../../../..{host}\n  hard => {host}\n\
         \x20 etc/os-release -> {host}\n  dir -> {}\nlayer gzip\n  dir/host-secret2 0644 \"x\"\n",
        secret.path().display()
    );
    let disk = OnDisk::layout(&image(&text));
    let oci = disk.oci();
    let trace = secret.path().join("trace");
    for arguments in [
        &["cat", oci.as_str(), "abs"][..],
        &["cat", &oci, "up"],
        &["cat", &oci, "hard"],
        &["cat", &oci, "dir/host-secret"],
        &["ls", &oci, "abs"],
        &["ls", "-R", &oci],
        &["stat", &oci, "abs"],
        &["du", &oci],
        &["history", &oci],
        &["scan", &oci],
    ] {
        let output = Command::new("strace")
            .env("CUTAWAY_NO_CACHE", "1")
            .args(["-f", "-qq", "-e", "trace=file", "-o"])
            .arg(&trace)
            .arg(env!("CARGO_BIN_EXE_cutaway"))
            .args(arguments)
            .output()
            .unwrap();
        assert!(!stdout(&output).contains("host\n"), "{arguments:?}");
        let calls = std::fs::read_to_string(&trace).unwrap();
        let named = calls.lines().filter(|call| !call.contains("execve("));
        let opened: Vec<&str> = named.filter(|call| call.contains("host-secret")).collect();
        assert_eq!(opened, [""; 0], "{arguments:?}");
        assert!(calls.contains("index.json"), "{arguments:?}");
    }
    assert!(!secret.path().join("host-secret2").exists());
}
