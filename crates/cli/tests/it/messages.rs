//! What is said of mistakes: what, where and which rule, on one line that leads to the right spelling.

use std::process::{Output, Stdio};

use crate::support::{OnDisk, alpine, cutaway, run, status, stderr};

/// Checks that a run failed with this status, and that its only line on standard error says all this.
fn says(output: &Output, code: i32, parts: &[&str]) {
    let error = stderr(output);
    assert_eq!(status(output), code, "{error}");
    assert!(output.stdout.is_empty(), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(error.starts_with("error: ") && error.len() <= 1025, "{error}");
    assert!(!error.trim_end().chars().any(char::is_control), "{error:?}");
    for part in parts {
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[test]
fn wrong_usage_is_one_sentence() {
    for (arguments, parts) in [
        (&["scan"][..], &["were not provided: <IMAGE>... (usage: cutaway scan"][..]),
        (&["scan", "a", "--format", "yaml"], &["invalid value 'yaml'", "[possible values: table"]),
        (&["scan", "a", "--json"], &["--json", "--format json"]),
        (&["inspect", "a", "--table"], &["--format table"]),
        (&["scan", "a", "--plattform", "x"], &["(tip: a similar argument exists: '--platform')"]),
        (&["scann"], &["unrecognized subcommand 'scann' (tip: "]),
    ] {
        let output = run(arguments);
        says(&output, 2, parts);
        assert!(!stderr(&output).contains(';'), "{}", stderr(&output));
    }
}

#[test]
fn a_short_option_chooses_the_form() {
    let image = OnDisk::layout(&alpine());
    for arguments in [["scan", "-f", "json"], ["-f", "json", "inspect"], ["ls", "-f", "json"]] {
        let mut all = arguments.to_vec();
        let oci = image.oci();
        all.push(&oci);
        crate::support::json(&run(&all));
    }
}

#[test]
fn names_of_other_places_are_not_sent_to_a_registry() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("rootfs")).unwrap();
    std::fs::write(folder.path().join("notes"), "no archive").unwrap();
    cutaway_fixtures::Layout::new()
        .image("1", &alpine())
        .write_dir(&folder.path().join("layout"))
        .unwrap();
    for (arguments, parts) in [
        (&["tags", "oci:layout"][..], &["oci:layout", "asks a registry"][..]),
        (&["catalog", "docker:alpine"], &["docker:alpine", "asks a registry"]),
        (&["auth", "explain", "oci-archive:a.tar"], &["oci-archive:a.tar"]),
        (&["tags", "layout"], &["layout is an OCI layout here, oci:layout"]),
        (&["tags", "rootfs"], &["rootfs is a directory here", "registry:rootfs"]),
        (&["tags", "-R", "rootfs"], &["rootfs is a directory here"]),
        (&["auth", "explain", "notes"], &["notes is a file here"]),
        (&["scan", "rootfs"], &["a directory that holds no OCI layout", "registry:rootfs"]),
        (&["ls", "notes"], &["a file that is no archive of an image", "registry:notes"]),
        (&["scan", "docker-daemon:alpine"], &["spelled \"docker:\" here: docker:alpine"]),
        (&["digest", "oci-dir:layout"], &["oci:layout"]),
        (&["scan", "docker://alpine"], &["docker:// is a transport"]),
        (&["tags", "docker://alpine"], &["docker:// is a transport"]),
    ] {
        let output = cutaway(arguments).current_dir(folder.path()).output().unwrap();
        says(&output, 2, parts);
    }
    let found = cutaway(&["digest", "layout"]).current_dir(folder.path()).output().unwrap();
    assert_eq!(status(&found), 0, "{}", stderr(&found));
}

#[test]
fn where_a_report_cannot_go_is_said_before_anything_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    // The image is nowhere, which is found out later.
    for file in [at("none/report"), at("."), "/proc/report".to_owned()] {
        let output = run(&["scan", "127.0.0.1:1/a:1", "-o", &file]);
        says(&output, 1, &["cannot write"]);
        let output =
            cutaway(&["scan", "127.0.0.1:1/a:1"]).env("CUTAWAY_OUTPUT", &file).output().unwrap();
        says(&output, 1, &["cannot write"]);
    }
    says(&run(&["scan", "127.0.0.1:1/a:1", "-o", &at("report")]), 3, &["127.0.0.1:1"]);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_file_that_is_called_as_a_form_is_written_and_pointed_out() {
    let image = OnDisk::layout(&alpine());
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let mut command = cutaway(arguments);
        command.current_dir(folder.path()).output().unwrap()
    };
    let output = run(&["scan", &image.oci(), "-o", "json"]);
    assert_eq!(status(&output), 0);
    assert!(stderr(&output).starts_with("warning: the report is in the file json; --format json"));
    assert!(folder.path().join("json").is_file());
    assert_eq!(stderr(&run(&["scan", &image.oci(), "-q", "-o", "json"])), "");
}

#[test]
fn variables_are_named() {
    let image = OnDisk::layout(&alpine());
    let with = |name: &str, value: &str| {
        cutaway(&["scan", &image.oci()]).env(name, value).stdin(Stdio::null()).output().unwrap()
    };
    for (name, value) in [
        ("CUTAWAY_FORMAT", "yaml"),
        ("CUTAWAY_COLOR", "purple"),
        ("CUTAWAY_TIMEOUT", "soon"),
        ("CUTAWAY_INSECURE", "flase"),
        ("CUTAWAY_PLATFORM", "linux"),
        ("CUTAWAY_CACHE_DIR", "/proc/cache"),
    ] {
        let output = with(name, value);
        let part = if name == "CUTAWAY_CACHE_DIR" { value } else { name };
        says(&output, 2, &[part]);
    }
    let output = with("CUTAWAY_FROMAT", "json");
    assert_eq!(status(&output), 0);
    assert_eq!(stderr(&output), "warning: CUTAWAY_FROMAT is no variable that is known here\n");
    // A cluster has such ones for a service of this name.
    for name in ["CUTAWAY_SERVICE_HOST", "CUTAWAY_PORT_80_TCP"] {
        assert_eq!(stderr(&with(name, "10.0.0.1")), "");
    }
    assert_eq!(status(&with("CUTAWAY_INSECURE", "no")), 0);
}

#[test]
fn a_wrong_file_of_certificates_is_named() {
    let keys = crate::front::KEYS;
    let key = format!("{keys}/server.key");
    let output = run(&["digest", "127.0.0.1:1/a:1", "--ca-cert", &key]);
    says(&output, 2, &["server.key", "PRIVATE KEY", "a CERTIFICATE is wanted"]);
    let output = run(&["digest", "127.0.0.1:1/a:1", "--ca-cert", "/etc/hostname"]);
    says(&output, 2, &["/etc/hostname is no certificate in PEM"]);
}
