//! Docker with containerd's image store, as it describes and saves an image.

use std::io::Cursor;
use std::process::Stdio;

use cutaway_fixtures::{Entry, FixtureImage, FixtureIndex, Layout, image, tarball};
use cutaway_ref::Digest;
use serde_json::{Value, json as value};

use crate::daemons::essence;
use crate::engine::FakeEngine;
use crate::support::{OnDisk, alpine, cutaway, json, run, status};

/// Describes an index as the engine does: its ID is the digest of the index.
fn description(index: &FixtureIndex) -> Value {
    let (id, size) = (index.manifest.digest.to_string(), index.manifest.bytes.len());
    let kind = "application/vnd.oci.image.index.v1+json";
    value!({
        "Id": id,
        "RepoTags": ["cutaway/app:1"],
        "RepoDigests": [format!("cutaway/app@{id}")],
        "Descriptor": {"mediaType": kind, "digest": id, "size": size},
        "Architecture": "amd64", "Os": "linux", "RootFS": {"Type": "layers"},
    })
}

/// Saves an index as the engine does: blobs stand before the documents that name them, other platforms
/// are not there, and `manifest.json` is there beside `index.json`.
fn save(index: &FixtureIndex, here: &FixtureImage, others: &[FixtureImage]) -> Vec<u8> {
    let mut layout = Layout::new().index("", index);
    for other in others {
        for digest in other.blobs().map(|blob| &blob.digest).chain([other.digest()]) {
            layout = layout.without(digest);
        }
    }
    let blob = |digest: &Digest| format!("blobs/sha256/{}", digest.encoded());
    let layers: Vec<_> = here.layers.iter().map(|layer| blob(&layer.blob.digest)).collect();
    let manifest = value!([{"Config": blob(here.id()), "RepoTags": null, "Layers": layers}]);
    let mut members = layout.files();
    members.push(("manifest.json".into(), manifest.to_string().into_bytes()));
    members.sort();
    let folders = ["blobs/", "blobs/sha256/"].map(Entry::directory);
    let files = members.into_iter().map(|(path, content)| Entry::file(path, content));
    tarball(&folders.into_iter().chain(files).collect::<Vec<_>>())
}

#[test]
fn an_engine_that_keeps_manifests_gives_digests_too() {
    let here = alpine();
    let other = image("platform linux/s390x\nlayer gzip\n  a 0644 \"1\"\n");
    let index = FixtureIndex::new([here.clone(), other.clone()]);
    let archive = save(&index, &here, &[other]);
    let engine = FakeEngine::start(&description(&index), move || Cursor::new(archive.clone()));
    let ask = |arguments: &[&str]| {
        let mut command = cutaway(arguments);
        command.args(["--platform", "linux/amd64"]).env("DOCKER_HOST", engine.host());
        command.stdin(Stdio::null()).output().unwrap()
    };
    let name = "docker:cutaway/app:1";
    let report = json(&ask(&["scan", name, "--format", "json"]));
    let disk = OnDisk::layout(&here);
    let wanted = json(&run(&["scan", &disk.oci(), "--format", "json"]));
    assert_eq!(essence(&report), essence(&wanted));
    assert_eq!(report["layers"], wanted["layers"]);
    assert_eq!(report["image"]["source"], "docker");
    assert_eq!(report["image"]["digest"], here.digest().to_string());
    assert_eq!(ask(&["digest", name]).stdout, format!("{}\n", here.digest()).into_bytes());
    assert_eq!(ask(&["manifest", name]).stdout, here.manifest.bytes);
    assert_eq!(ask(&["config", name]).stdout, here.config.bytes);
    assert_eq!(ask(&["export", name]).stdout, run(&["export", &disk.oci()]).stdout);
    assert_eq!(status(&ask(&["validate", name])), 0);
}
