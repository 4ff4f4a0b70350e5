//! Archives on standard input, through a pipe: what they may cost, and the limits that hold for them.
#![expect(clippy::arithmetic_side_effects, reason = "numbers of this file alone")]

use std::io::Write as _;
use std::process::{Command, Output};

use cutaway_fixtures::{
    Compression, DockerArchive, Entry, ImageBuilder, LayerBuilder, LayerNames, compress, image,
    tarball,
};
use serde_json::json as value;

use crate::meter::Metered;
use crate::support::{OnDisk, alpine, cutaway, json, run, run_with, status, stderr};

/// Members that no image lists, each of which looks like the end of an empty layer.
const MEMBERS: usize = 100_000;

/// Runs a command with `members` members on standard input before `archive`.
fn piped(mut command: Command, members: usize, archive: Vec<u8>) -> Metered {
    let (reader, mut writer) = std::io::pipe().unwrap();
    command.stdin(reader);
    let feeding = std::thread::spawn(move || -> std::io::Result<()> {
        const AT_ONCE: usize = 1_000;
        for start in (0..members).step_by(AT_ONCE) {
            let few = start..(start + AT_ONCE).min(members);
            let few: Vec<Entry> = few.map(|n| Entry::file(format!("m{n}"), [0; 512])).collect();
            let mut tar = tarball(&few);
            tar.truncate(tar.len() - 1024);
            writer.write_all(&tar)?;
        }
        writer.write_all(&archive)
    });
    let metered = Metered::run(command);
    // A run that ends early does not read all of it; its exit status says so.
    let _ = feeding.join().unwrap();
    metered
}

#[test]
fn members_that_no_image_lists_take_no_memory() {
    let archive = DockerArchive::new().image(&["app:1"], &alpine()).archive();
    let wanted = json(&run_with(&["scan", "-", "--format", "json"], &archive));
    let metered = piped(cutaway(&["scan", "-", "--format", "json"]), MEMBERS, archive);
    let report = json(&metered.output);
    assert_eq!(report["packages"], wanted["packages"]);
    metered.was_frugal("members of zeros");
}

/// A classic archive whose one layer is at the end of a chain of so many links.
fn chained(links: usize) -> Vec<u8> {
    let layer = tarball(&[Entry::file("lib/apk/db/installed", "P:a\nV:1-r0\nA:x86_64\n\n")]);
    let plain = LayerBuilder::from_stored("x/y", layer.clone(), layer.clone());
    let config = ImageBuilder::new().layer(plain).build().config.bytes;
    let manifest =
        value!([{"Config": "c.json", "RepoTags": ["a:1"], "Layers": [format!("l{links}")]}]);
    let mut members = vec![Entry::file("l0", layer)];
    members.extend((1..=links).map(|n| Entry::symlink(format!("l{n}"), format!("l{}", n - 1))));
    members.push(Entry::file("c.json", config));
    members.push(Entry::file("manifest.json", manifest.to_string()));
    tarball(&members)
}

#[test]
fn links_between_members_are_followed_as_far_as_the_limit_says() {
    let archive = chained(30);
    let file = OnDisk::archive(&archive);
    let says = |output: &Output, links: u32| {
        let said = stderr(output);
        assert_eq!((status(output), output.stdout.len()), (4, 0), "{said}");
        assert!(said.contains(&format!("over more than member_links = {links} links")), "{said}");
    };
    for (limit, refused) in [
        (None, Some(8)),
        (Some("member_links=3"), Some(3)),
        (Some("member_links=29"), Some(29)),
        (Some("member_links=30"), None),
        (Some("member_links=100"), None),
    ] {
        let limit: Vec<&str> = limit.iter().flat_map(|limit| ["--limit", limit]).collect();
        let scan = |name: &str| {
            let words = [&["scan", name, "--format", "json"], &limit[..]].concat();
            run_with(&words, &archive)
        };
        for output in [scan("-"), scan(&file.file())] {
            match refused {
                Some(links) => says(&output, links),
                None => assert_eq!(json(&output)["packages"][0]["name"], "a", "{limit:?}"),
            }
        }
    }
}

#[test]
fn a_layer_that_begins_as_a_document_does_is_read() {
    for name in ["[", "{}", "[1]", "{\"layers\":[]}"] {
        let layer = LayerBuilder::new(Compression::Plain)
            .file(name, "x")
            .file("lib/apk/db/installed", "P:a\nV:1-r0\n\n");
        let image = ImageBuilder::new().layer(layer).build();
        for names in [LayerNames::Classic, LayerNames::Skopeo, LayerNames::Docker25] {
            let archive = DockerArchive::new().layer_names(names).image(&["a:1"], &image).archive();
            let report = json(&run_with(&["scan", "-", "--format", "json"], &archive));
            assert_eq!(report["packages"][0]["name"], "a", "{name} {names:?}");
        }
    }
}

#[test]
fn a_tag_of_two_images_is_refused() {
    let [one, two] = ["1", "2"].map(|text| image(&format!("layer gzip\n  a 0644 \"{text}\"\n")));
    for (first, second, tag) in [("app:1", "app:1", "app:1"), ("one:1", "two:1", "1")] {
        let archive = DockerArchive::new().image(&[first], &one).image(&[second], &two).archive();
        let file = OnDisk::archive(&archive);
        let output = run(&["ls", &format!("docker-archive:{}:{tag}", file.file())]);
        assert_eq!((status(&output), output.stdout.len()), (2, 0), "{tag}");
        let said = stderr(&output);
        assert!(said.contains("it holds several images under that name"), "{said}");
    }
}

/// Compresses with a program; none where it is absent.
fn through(program: &str, input: &[u8]) -> Option<Vec<u8>> {
    if Command::new(program).arg("--version").output().is_err() {
        eprintln!("skipped: no {program}");
        return None;
    }
    let mut command = Command::new(program);
    command.arg("-c");
    Some(crate::support::run_command_with(command, input).stdout)
}

#[test]
fn what_oci_has_no_type_for_is_compressed_again_and_said() {
    let tar = image("layer plain\n  etc/a 0644 \"one\\n\"\n").layers[0].tar.to_vec();
    for program in ["xz", "bzip2"] {
        let Some(stored) = through(program, &tar) else { continue };
        let fixture = ImageBuilder::new()
            .layer(LayerBuilder::new(Compression::GZIP).file("b", "b"))
            .layer(LayerBuilder::from_stored("x/y", stored, tar.clone()))
            .build();
        let archive = DockerArchive::new().layer_names(LayerNames::Stored);
        let archive = archive.image(&["app:1"], &fixture).archive();
        let place = tempfile::tempdir().unwrap();
        for (quiet, target) in [(None, "loud"), (Some("-q"), "quiet")] {
            let target = place.path().join(target).display().to_string();
            let words = ["pull", "-", &target, "--format", "oci"];
            let words: Vec<&str> = words.into_iter().chain(quiet).collect();
            let output = run_with(&words, &compress(&archive, Compression::GZIP));
            assert_eq!((status(&output), output.stdout.len()), (0, 0), "{}", stderr(&output));
            let says = format!(
                "warning: layer 1 is compressed with {program}, for which OCI has no media type; \
                 it was compressed again with gzip\n"
            );
            assert_eq!(stderr(&output), if quiet.is_some() { String::new() } else { says });
            let layout = format!("oci:{target}");
            assert_eq!(run(&["cat", &layout, "etc/a"]).stdout, b"one\n");
            assert_eq!(status(&run(&["validate", &layout])), 0);
            let shown = json(&run(&["inspect", &layout, "--format", "json"]));
            let kinds = ["application/vnd.oci.image.layer.v1.tar+gzip"; 2];
            let layers = shown["layers"].as_array().unwrap();
            assert!(layers.iter().map(|layer| &layer["media_type"]).eq(kinds), "{shown}");
        }
    }
}
