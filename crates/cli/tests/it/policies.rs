//! `check` and `policy`: the examples of the documentation, each with an image that passes and one that
//! does not, and exit statuses.

use std::path::{Path, PathBuf};

use cutaway_fixtures::{FixtureImage, ImageBuilder, Push, image};
use jiff::{ToSpan as _, Zoned};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{OnDisk, provided, run, status, stderr, stdout};

/// The folder of the examples.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/policies")
}

fn example(name: &str) -> String {
    folder().join(format!("{name}.yaml")).display().to_string()
}

/// An Alpine image that keeps to all examples, with more lines in front.
fn good(more: &str) -> FixtureImage {
    image(&format!(
        r#"
config User "1000"
config Labels {{"org.opencontainers.image.source": "https://git.example/a/b", "team": "x"}}
{more}
layer gzip created_by="ADD rootfs.tar /"
  etc/os-release 0644 "ID=alpine\nVERSION_ID=3.20.1\n"
  lib/apk/db/installed 0644 "P:a\nV:1-r0\nA:x86_64\nL:MIT\n\nP:b\nV:2-r0\nA:x86_64\nL:MIT\n\n"
"#
    ))
}

/// One that breaks all but a few of them.
fn bad() -> FixtureImage {
    image(
        r#"
layer gzip created_by="ADD rootfs.tar /"
  etc/os-release 0644 "ID=alpine\nVERSION_ID=2.7\n"
  lib/apk/db/installed 0644 "P:b\nV:1-r0\nA:x86_64\nL:AGPL-3.0-only\n\n"
layer gzip created_by="RUN a"
  a 0644 "a"
layer gzip created_by="RUN b"
  b 0644 "b"
"#,
    )
}

fn check(image: &str, policies: &[&str]) -> (i32, Value) {
    let mut words = vec!["check", image, "--format", "json"];
    words.extend(policies.iter().flat_map(|policy| ["--policy", policy]));
    let output = run(&words);
    let json =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", stderr(&output)));
    (status(&output), json)
}

#[test]
fn examples_pass_and_block() {
    let passes = OnDisk::layout(&good(""));
    let blocks = OnDisk::layout(&bad());
    let (directory, excepted) = excepted_until_soon();
    let names = ["size", "distributions", "packages", "required", "user", "labels", "licences"];
    let mut policies: Vec<String> = names.into_iter().map(example).collect();
    policies.push(excepted);
    for policy in policies {
        let (exit, verdict) = check(&passes.oci(), &[&policy]);
        assert_eq!((exit, &verdict["verdict"]), (0, &json!("pass")), "{policy}: {verdict}");
        let (exit, verdict) = check(&blocks.oci(), &[&policy]);
        assert_eq!((exit, &verdict["verdict"]), (1, &json!("block")), "{policy}: {verdict}");
        assert_eq!(verdict["allowed"], json!(false), "{policy}");
    }
    drop(directory);
    let watched = example("watched");
    let (exit, verdict) = check(&blocks.oci(), &[&watched]);
    let told = (&verdict["verdict"], &verdict["allowed"], &verdict["enforced"]);
    assert_eq!((exit, told), (0, (&json!("block"), &json!(true), &json!(false))));
    // All policies have to let it pass.
    let user = example("user");
    assert_eq!(check(&blocks.oci(), &[&watched, &user]).0, 1);
    let base = ImageBuilder::new()
        .annotation("org.opencontainers.image.base.name", "registry.example/base/1");
    let (exit, verdict) = check(&OnDisk::layout(&base.build()).oci(), &[&example("base")]);
    assert_eq!((exit, &verdict["verdict"]), (0, &json!("pass")), "{verdict}");
    let (exit, verdict) = check(&blocks.oci(), &[&example("base")]);
    assert_eq!((exit, &verdict["verdict"]), (5, &json!("undecided")), "{verdict}");
}

/// The example with an exception, which ends a month from now, whatever day it is.
fn excepted_until_soon() -> (TempDir, String) {
    let text = std::fs::read_to_string(example("excepted")).unwrap();
    let soon = Zoned::now().date().saturating_add(30.days()).to_string();
    let (before, behind) = text.split_once("until: ").unwrap();
    let text = format!("{before}until: {soon}{}", behind.get(soon.len()..).unwrap());
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("excepted.yaml");
    std::fs::write(&file, text).unwrap();
    (directory, file.display().to_string())
}

#[test]
fn every_example_is_right() {
    let files = std::fs::read_dir(folder()).unwrap();
    let files: Vec<String> = files.map(|file| file.unwrap().path().display().to_string()).collect();
    assert_eq!(files.len(), 12);
    let mut words = vec!["policy", "check"];
    words.extend(files.iter().map(String::as_str));
    let output = run(&words);
    assert_eq!((status(&output), stdout(&output).lines().count()), (0, 12), "{}", stderr(&output));
    let explained = stdout(&run(&["policy", "explain", &example("packages")]));
    assert!(explained.contains("no-compilers  warn       packages"), "{explained}");
}

#[test]
fn names_of_a_registry_are_judged() {
    let Some(registry) = provided("CUTAWAY_TEST_REGISTRY", "registry") else { return };
    let image = good("");
    Push::to(&registry, "policies/app").image("1", &image).unwrap();
    let tagged = format!("{registry}/policies/app:1");
    let pinned = format!("{registry}/policies/app@{}", image.digest());
    let (registries, wants_digest) = (example("registries"), example("pinned"));
    assert_eq!(check(&tagged, &[&registries]).0, 0);
    let (exit, verdict) = check(&tagged, &[&registries, &wants_digest]);
    assert_eq!((exit, &verdict["image"]["digest"]), (1, &json!(image.digest().to_string())));
    assert_eq!(check(&pinned, &[&registries, &wants_digest]).0, 0);
}

#[test]
fn what_is_not_known_is_no_pass() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("p.yaml").display().to_string();
    let write = |rule: &str| {
        let text = format!("schema: cutaway.policy/1\nname: p\nrules:\n  - {{id: r, {rule}}}\n");
        std::fs::write(&policy, text).unwrap();
    };
    let named = |lines: &str| {
        OnDisk::layout(&image(&format!(
            "config User \"app\"\nlayer gzip\n  etc/os-release 0644 \"ID=alpine\\nVERSION_ID=3.20\\n\"\n{lines}"
        )))
    };
    write("config.user: {not_root: true}");
    for (lines, exit) in [
        ("  etc/passwd 0644 \"root:x:0:0\\napp:x:7:7\\n\"\n", 0),
        ("  etc/passwd 0644 \"app:x:0:0\\n\"\n", 1),
        ("  etc/passwd 0644 \"other:x:7:7\\n\"\n", 5),
        ("", 5),
        // A database that cannot be read: whatever the rule says, the report is not whole.
        (
            "  etc/passwd 0644 \"app:x:7:7\\n\"\n  var/lib/rpm/rpmdb.sqlite 0644 \"no database\"\n",
            5,
        ),
    ] {
        let (status, verdict) = check(&named(lines).oci(), &[&policy]);
        assert_eq!(status, exit, "{lines}: {verdict}");
    }
    let image = named("");
    write("config.user: {not_rot: true}");
    let refused = run(&["check", &image.oci(), "--policy", &policy]);
    assert_eq!((status(&refused), refused.stdout.len()), (2, 0));
    let place = format!("{policy}:4:27: config.user knows no \"not_rot\"");
    assert!(stderr(&refused).contains(&place), "{}", stderr(&refused));
    // A policy is read before anything is asked for.
    let nowhere = run(&["check", "127.0.0.1:1/a", "--policy", &policy]);
    assert_eq!(status(&nowhere), 2, "{}", stderr(&nowhere));
    write("config.user: {not_root: true}");
    let nowhere = run(&["check", "--plain-http", "127.0.0.1:1/a", "--policy", &policy]);
    assert_eq!(status(&nowhere), 3, "{}", stderr(&nowhere));
    // Options may stand in front.
    let front = run(&["check", "--policy", &policy, "oci:/nowhere"]);
    assert!(stderr(&front).contains("/nowhere"), "{}", stderr(&front));
    let table = stdout(&run(&["check", &image.oci(), "--policy", &policy]));
    assert!(table.starts_with("undecided: ") && table.contains("p/r"), "{table}");
}
