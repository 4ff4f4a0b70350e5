//! Options stand before and after the command, and have variables.

use crate::support::{OnDisk, alpine, cutaway, json, run, status, stdout};

#[test]
fn options_stand_anywhere() {
    let image = OnDisk::layout(&alpine());
    let oci = image.oci();
    for arguments in [
        &["-vv", "scan", &oci][..],
        &["scan", "-vv", &oci],
        &[
            "scan",
            &oci,
            "--username",
            "u",
            "--insecure",
            "--plain-http",
            "--no-cache",
            "--timeout",
            "60s",
        ],
        &["--platform", "linux/amd64", "--quiet", "scan", &oci, "--color", "never"],
        &["--limit", "layers=10,depth=64", "scan", &oci],
        &["--format", "json", "--skip", "{etc,opt}/**", "scan", &oci],
    ] {
        assert_eq!(status(&run(arguments)), 0, "{arguments:?}");
    }
}

#[test]
fn options_have_variables() {
    let image = OnDisk::layout(&alpine());
    let output = cutaway(&["scan", &image.oci()])
        .env("CUTAWAY_FORMAT", "json")
        .env("CUTAWAY_QUIET", "1")
        .output();
    assert_eq!(json(&output.unwrap())["schema"], "cutaway.scan/1");
    let output =
        cutaway(&["scan", &image.oci()]).env("CUTAWAY_LIMIT", "layers=1").output().unwrap();
    assert_eq!(status(&output), 4);
}

#[test]
fn a_limit_names_itself_in_its_error() {
    let image = OnDisk::layout(&alpine());
    for (limit, says) in [
        ("layers=1", "over the limit layers of 1"),
        ("manifest_bytes=10", "limit manifest_bytes"),
        ("config_bytes=10", "limit config_bytes"),
        ("entries=1", "entries"),
        ("path_bytes=4", "path_bytes"),
    ] {
        let output = run(&["scan", &image.oci(), "--limit", limit]);
        assert_eq!(status(&output), 4, "{limit}");
        assert!(
            crate::support::stderr(&output).contains(says),
            "{limit}: {}",
            crate::support::stderr(&output)
        );
    }
}

#[test]
fn limits_are_printed() {
    let text = stdout(&run(&["limits", "--limit", "layers=7"]));
    assert!(text.lines().any(|line| line.starts_with("layers ") && line.contains(" 7 ")), "{text}");
    assert!(text.lines().count() > 15);
}

#[test]
fn another_platform_is_read_with_a_warning() {
    let image = OnDisk::layout(&alpine());
    let report =
        json(&run(&["scan", &image.oci(), "--format", "json", "--platform", "linux/s390x"]));
    assert_eq!(report["diagnostics"][0]["code"], "other-platform");
    assert_eq!(report["complete"], true);
}

#[test]
fn an_existing_path_needs_no_prefix() {
    let image = OnDisk::layout(&alpine());
    let path = image.path().to_str().unwrap();
    assert_eq!(json(&run(&["scan", path, "--format", "json"]))["image"]["source"], "oci");
    assert_eq!(
        json(&run(&["scan", &format!("{path}:1"), "--format", "json"]))["image"]["source"],
        "oci"
    );
    let digest = alpine().digest().to_string();
    assert_eq!(
        json(&run(&["scan", &format!("{path}@{digest}"), "--format", "json"]))["image"]["digest"],
        digest
    );
}

#[test]
fn an_empty_variable_is_not_set() {
    let image = OnDisk::layout(&alpine());
    let mut command = cutaway(&["scan", &image.oci()]);
    for name in [
        "TIMEOUT",
        "PLATFORM",
        "OUTPUT",
        "LIMIT",
        "CACHE_DIR",
        "CA_CERT",
        "COLOR",
        "VERBOSE",
        "FORMAT",
        "SKIP",
    ] {
        command.env(format!("CUTAWAY_{name}"), "");
    }
    let output = command.output().unwrap();
    assert_eq!(status(&output), 0, "{}", crate::support::stderr(&output));
    // A form that another command has does not stop this one.
    let output =
        cutaway(&["inspect", &image.oci()]).env("CUTAWAY_FORMAT", "purls").output().unwrap();
    assert_eq!(status(&output), 0, "{}", crate::support::stderr(&output));
}

#[test]
fn the_cache_directory_is_made() {
    let image = OnDisk::layout(&alpine());
    let folder = image.path().join("a/b");
    let folder = folder.to_str().unwrap();
    assert_eq!(status(&run(&["scan", &image.oci(), "--cache-dir", folder, "--no-cache"])), 0);
    assert!(!std::path::Path::new(folder).exists());
    assert_eq!(status(&run(&["scan", &image.oci(), "--cache-dir", folder])), 0);
    assert!(std::path::Path::new(folder).is_dir());
}
