//! The same image gives the same bytes: each time, with one thread and with many, from a registry and a layout.

use std::process::Stdio;

use cutaway_fixtures::image;
use cutaway_fixtures::registry::FakeRegistry;
use serde_json::Value;

use crate::support::{OnDisk, cutaway, json, run, status, stderr};

/// An image whose layers are read in any order, and in which there is something of every list.
fn sample() -> cutaway_fixtures::FixtureImage {
    let package = |name: &str, version: &str| format!("P:{name}\\nV:{version}\\nA:x86_64\\n\\n");
    let many: String = (0..200).map(|number| package(&format!("p{number}"), "1-r0")).collect();
    let fewer: String = (50..250).map(|number| package(&format!("p{number}"), "2-r0")).collect();
    image(&format!(
        "layer gzip\n  etc/os-release 0644 \"ID=alpine\\nVERSION_ID=3.20.1\\n\"\n  lib/apk/db/installed 0644 \"{many}\"\n\
         layer zstd\n  srv/data 0644 zeros=700000\n  y 0644 \"up\"\n\
         layer plain\n  var/lib/dpkg/status 0644 \"Package: d\\nVersion: 1\\nStatus: install ok installed\\n\\n\"\n\
         layer gzip\n  lib/apk/db/installed 0644 \"{fewer}\"\n  srv/.wh.data 0644 \"\"\n"
    ))
}

#[test]
fn a_hundred_runs_print_the_same() {
    let image = OnDisk::layout(&sample());
    let oci = image.oci();
    let first = run(&["scan", &oci, "--format", "json", "--history", "--owned"]);
    assert!([0, 5].contains(&status(&first)), "{}", stderr(&first));
    for number in 0..100 {
        let threads = ["1", "2", "3", "16"][number % 4];
        let again = cutaway(&["scan", &oci, "--format", "json", "--history", "--owned"])
            .env("RAYON_NUM_THREADS", threads)
            .env("TOKIO_WORKER_THREADS", threads)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(first.stdout == again.stdout, "run {number} with {threads} threads differs");
        assert_eq!(stderr(&first), stderr(&again));
    }
}

#[test]
fn a_registry_and_a_layout_differ_in_name_and_source_alone() {
    let image = sample();
    let layout = OnDisk::layout(&image);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let registry = runtime.block_on(FakeRegistry::start());
    for blob in image.blobs() {
        registry.blob(blob.bytes.clone());
    }
    registry.manifest("1", &image.manifest.media_type, image.manifest.bytes.clone());
    let name = format!("{}/team/image:1", registry.host());
    for command in ["scan", "inspect", "ls", "history", "du"] {
        let [mut one, mut other]: [Value; 2] = [name.as_str(), &layout.oci()].map(|name| {
            json(&run(&[command, name, "--platform", "linux/amd64", "--format", "json"]))
        });
        for document in [&mut one, &mut other] {
            document["image"]["name"] = Value::Null;
            document["image"]["source"] = Value::Null;
        }
        assert_eq!(one, other, "{command}");
    }
}
