//! Scans of several images: a line each, in order, whatever becomes of the others.

use std::path::Path;
use std::process::{Output, Stdio};

use cutaway_fixtures::registry::Fault;
use cutaway_fixtures::{FixtureImage, image};
use serde_json::Value;

use crate::client::{hold, with_fake};
use crate::support::{OnDisk, alpine, cutaway, run, run_with, status, stderr, stdout};

/// Returns the lines of a run, each held to its schema.
fn lines(output: &Output) -> Vec<Value> {
    let schema = cutaway_report::schema("fleet").unwrap().text;
    let schema = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
    let lines = stdout(output);
    assert!(lines.is_empty() || lines.ends_with('\n'));
    let lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.inspect(|line| assert!(schema.is_valid(line), "{line}")).collect()
}

fn summary(line: &Value) -> (String, i64, bool) {
    let text = |key: &str| line[key].as_str().unwrap().to_owned();
    (
        format!("{} {}", text("input"), text("status")),
        line["exit"].as_i64().unwrap(),
        line["report"].is_object(),
    )
}

fn broken() -> FixtureImage {
    image("layer gzip\n  lib/apk/db/installed 0644 \"P:a\\n\\n\"\n")
}

#[test]
fn a_line_each_in_order_whatever_becomes_of_the_others() {
    let (good, bad) = (OnDisk::layout(&alpine()), OnDisk::layout(&broken()));
    let (good, bad) = (good.oci(), bad.oci());
    let list = format!("# all of them\n{good}\n\n{bad} # not whole\noci:/nowhere\n{good}\n:-/\n");
    let output = run_with(&["scan", "--from", "-", "--format", "json"], list.as_bytes());
    assert_eq!(status(&output), 5);
    let told = lines(&output);
    let expected = [
        (format!("{good} ok"), 0, true),
        (format!("{bad} failed"), 5, true),
        ("oci:/nowhere failed".to_owned(), 3, false),
        (format!("{good} ok"), 0, true),
        (":-/ failed".to_owned(), 2, false),
    ];
    assert_eq!(told.iter().map(summary).collect::<Vec<_>>(), expected);
    let alone: Value =
        serde_json::from_slice(&run(&["scan", &good, "--format", "json"]).stdout).unwrap();
    assert_eq!(told[0]["report"], alone);
    assert_eq!(told[0]["digest"], alone["image"]["digest"]);
    for line in &told {
        let alone = run(&["scan", line["input"].as_str().unwrap(), "--format", "json"]);
        assert_eq!(line["exit"], status(&alone));
        let error = stderr(&alone)
            .lines()
            .last()
            .and_then(|it| it.strip_prefix("error: "))
            .map(str::to_owned);
        assert_eq!(line["error"].as_str(), error.as_deref());
    }
    assert!(
        stderr(&output).ends_with("error: 5 images, 2 different: 2 done, 0 refused, 3 failed\n")
    );
    let table = run(&["scan", &good, &good]);
    assert_eq!((status(&table), stdout(&table).lines().count()), (0, 2));
    for wrong in [
        &["--format", "purls"][..],
        &["--shard", "2/2"],
        &["--resume", "/dev/null", "--format", "json"],
    ] {
        assert_eq!(status(&run(&[&["scan", &good, &good][..], wrong].concat())), 2, "{wrong:?}");
    }
}

/// What several images share is asked for once, with a cache and without one.
#[test]
fn layers_that_images_share_are_fetched_once() {
    let base = "layer gzip\n  etc/os-release 0644 \"ID=alpine\\n\"\n";
    let above = |number: usize| image(&format!("{base}layer gzip\n  a 0644 \"{number}\"\n"));
    with_fake(|registry| {
        let images: Vec<FixtureImage> = (0..12).map(above).collect();
        let mut names = Vec::new();
        for image in &images {
            hold(registry, image);
            registry.manifest(
                image.digest().as_str(),
                &image.manifest.media_type,
                image.manifest.bytes.to_vec(),
            );
            names.push(format!("{}/team/image@{}", registry.host(), image.digest()));
        }
        let words: Vec<&str> = names.iter().map(String::as_str).collect();
        let before = registry.requests().len();
        let output = run(&[&["scan", "--format", "json", "--no-cache"][..], &words].concat());
        assert_eq!((status(&output), lines(&output).len()), (0, 12), "{}", stderr(&output));
        let asked = registry.requests().split_off(before);
        let shared = images[0].layers[0].blob.digest.to_string();
        assert_eq!(asked.iter().filter(|it| it.target.ends_with(&shared)).count(), 1);
        // A manifest, a config and a layer each, and the one that they share.
        let asked = asked.iter().filter(|it| it.target.contains("/team/image/")).count();
        assert_eq!(asked, 12 * 3 + 1);
    });
}

#[test]
fn a_run_goes_on_where_it_was_ended() {
    let images = ["a", "b", "c"].map(|id| {
        OnDisk::layout(&image(&format!("layer gzip\n  etc/os-release 0644 \"ID={id}\\n\"\n")))
    });
    let names: Vec<String> = images.iter().map(OnDisk::oci).collect();
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out.jsonl");
    let words: Vec<&str> = names.iter().map(String::as_str).collect();
    let words =
        [&["scan", "--format", "json", "--resume", out.to_str().unwrap()][..], &words].concat();
    assert_eq!(status(&run(&words)), 0);
    let whole = std::fs::read(&out).unwrap();
    for cut in [0, 1, whole.len() / 2, whole.len() - 1, whole.len()] {
        std::fs::write(&out, &whole[..cut]).unwrap();
        let output = run(&words);
        assert_eq!((status(&output), stdout(&output)), (0, String::new()), "{}", stderr(&output));
        assert!(stderr(&output).contains("3 images, 3 different: 3 done"), "{}", stderr(&output));
        assert!(std::fs::read(&out).unwrap() == whole, "cut at {cut}");
    }
    let other = run(&["scan", "--format", "json", "--resume", out.to_str().unwrap(), &names[1]]);
    assert_eq!((status(&other), std::fs::read(&out).unwrap() == whole), (2, true));
    // Killed at any moment, too.
    for pause in 0..8 {
        std::fs::remove_file(&out).unwrap();
        let mut child =
            cutaway(&words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(3 * pause));
        // One that has ended cannot be killed.
        let _ = child.kill();
        child.wait().unwrap();
        assert_eq!(status(&run(&words)), 0);
        assert!(std::fs::read(&out).unwrap() == whole, "after {pause}");
    }
}

/// Every image is of one part; by base, those on one base are of the same.
#[test]
fn parts_are_all_together() {
    let folder = tempfile::tempdir().unwrap();
    let mut names = Vec::new();
    for number in 0..12 {
        let text = format!(
            "layer gzip\n  base 0644 \"{}\"\nlayer gzip\n  a 0644 \"{number}\"\n",
            number % 3
        );
        let path = folder.path().join(number.to_string());
        cutaway_fixtures::Layout::new().image("1", &image(&text)).write_dir(&path).unwrap();
        names.push(format!("oci:{}", path.display()));
    }
    let list = folder.path().join("list");
    std::fs::write(&list, names.join("\n")).unwrap();
    for by in ["manifest", "base"] {
        let mut seen = Vec::new();
        for part in 0..4 {
            let mine = part_of(&list, part, by);
            if by == "base" {
                let bases = |names: &[usize]| {
                    (0..3).filter(|base| names.iter().any(|it| it % 3 == *base)).count()
                };
                assert_eq!(mine.len(), bases(&mine) * 4, "{mine:?}");
            }
            assert!(mine.is_sorted());
            seen.extend(mine);
        }
        seen.sort_unstable();
        assert_eq!(seen, (0..12).collect::<Vec<_>>(), "{by}");
    }
}

fn part_of(list: &Path, part: usize, by: &str) -> Vec<usize> {
    let (list, shard) = (list.to_str().unwrap(), format!("{part}/4"));
    let output =
        run(&["scan", "--from", list, "--format", "json", "--shard", &shard, "--shard-by", by]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let name =
        |line: &Value| line["input"].as_str().unwrap().rsplit('/').next().unwrap().parse().unwrap();
    lines(&output).iter().map(name).collect()
}

/// What a registry lists is chosen by pattern; when it asks for time, it gets it.
#[test]
fn a_registry_lists_its_images_and_is_given_time() {
    with_fake(|registry| {
        let image = alpine();
        hold(registry, &image);
        for tag in ["2", "10"] {
            registry.manifest(tag, &image.manifest.media_type, image.manifest.bytes.to_vec());
        }
        let repositories = r#"{"repositories": ["team/image", "team/deep/er", "other/x"]}"#;
        registry.page("/v2/_catalog?n=1000", repositories, &[]);
        let tags = r#"{"name": "team/image", "tags": ["1", "10", "2", "latest"]}"#;
        registry.page("/v2/team/image/tags/list?n=1000", tags, &[]);
        registry.script("/manifests/10", [Fault::retry_after(429, "1")]);
        let host = registry.host();
        let words = ["--repositories", "team/*", "--tags", "latest:2", "--format", "json"];
        let output = run(&[&["scan", "--registry", &host][..], &words].concat());
        let told: Vec<_> = lines(&output).iter().map(summary).collect();
        let line = |tag: u8| (format!("{host}/team/image:{tag} ok"), 0, true);
        assert_eq!(told, [line(10), line(2)], "{}", stderr(&output));
        assert_eq!(
            (status(&output), registry.count("other/x"), registry.count("deep/er")),
            (0, 0, 0)
        );
        assert_eq!(registry.unplayed(), 0);
    });
}
