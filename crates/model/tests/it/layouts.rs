//! OCI layouts on disk: special files, missing and unknown things side by side.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use cutaway_fixtures::{FixtureImage, FixtureIndex, Layout, image};
use cutaway_model::source::Form;
use cutaway_model::{Class, MediaType};
use cutaway_ref::Digest;
use serde_json::{Value, json};

use crate::support::{OnDisk, amd64, assert_error, open_form, read_all, sample, unpacked};

fn layout() -> OnDisk {
    OnDisk::layout(&Layout::new().image("t", &sample()))
}

fn blob(disk: &OnDisk, digest: &Digest) -> PathBuf {
    disk.path().join("blobs/sha256").join(digest.encoded())
}

/// Makes a named pipe as mkfifo(1) does.
fn fifo(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status().unwrap();
    assert!(made.success(), "{:?}", CString::new(path.as_os_str().as_bytes()));
}

#[test]
fn only_regular_files_are_opened() {
    let image = sample();
    type Put = fn(&Path);
    let kinds: [(&str, Put, &str); 5] = [
        ("pipe", fifo, "is not a regular file"),
        ("device", |path| symlink("/dev/zero", path).unwrap(), "is not a regular file"),
        ("directory", |path| std::fs::create_dir(path).unwrap(), "is not a regular file"),
        ("socket", |path| drop(UnixListener::bind(path).unwrap()), "is not a regular file"),
        ("link to itself", |path| symlink(path, path).unwrap(), "a symbolic link in a cycle"),
    ];
    for (kind, put, says) in kinds {
        for target in ["index.json", "oci-layout", "manifest", "config", "layer"] {
            let disk = layout();
            let path = match target {
                "manifest" => blob(&disk, image.digest()),
                "config" => blob(&disk, image.id()),
                "layer" => blob(&disk, &image.layers[0].blob.digest),
                file => disk.path().join(file),
            };
            std::fs::remove_file(&path).unwrap();
            // A short way to the place, since the path of a socket may have 108 bytes only.
            let short = disk.path().join("x");
            put(&short);
            if kind == "link to itself" {
                symlink(&path, &path).unwrap();
            } else {
                std::fs::rename(&short, &path).unwrap();
            }
            let result = read_all(open_form(&disk.files, Form::Oci, "", &amd64()));
            assert_error(result, Class::Malformed, &[says]);
        }
    }
}

#[test]
fn links_to_regular_files_are_followed() {
    let disk = layout();
    let path = blob(&disk, &sample().layers[0].blob.digest);
    std::fs::rename(&path, disk.path().join("elsewhere")).unwrap();
    symlink("../../elsewhere", &path).unwrap();
    read_all(disk.open("")).unwrap();
}

#[test]
fn a_layout_says_its_version() {
    for (text, says) in [
        (Some(r#"{"imageLayoutVersion":"1.0.0"}"#), None),
        (Some(r#"{"imageLayoutVersion":"1.1.0","more":1}"#), None),
        (Some("{}"), Some("missing field `imageLayoutVersion`")),
        (Some("1.0.0"), Some("is no JSON document")),
    ] {
        let disk = layout();
        let path = disk.path().join("oci-layout");
        match text {
            Some(text) => std::fs::write(path, text).unwrap(),
            None => std::fs::remove_file(path).unwrap(),
        }
        match says {
            None => assert_eq!(disk.open("").unwrap().remarks(), [], "{text:?}"),
            Some(says) => assert_error(disk.open(""), Class::Malformed, &["oci-layout in ", says]),
        }
    }
    for (text, says) in [
        (None, "there is no oci-layout"),
        (Some(r#"{"imageLayoutVersion":"2.0.0"}"#), "says version \"2.0.0\", which is not 1.x"),
        (Some(r#"{"imageLayoutVersion":"\n"}"#), "says version \"\\n\""),
    ] {
        let disk = layout();
        let path = disk.path().join("oci-layout");
        match text {
            Some(text) => std::fs::write(path, text).unwrap(),
            None => std::fs::remove_file(path).unwrap(),
        }
        let opened = read_all(disk.open("")).unwrap();
        assert_eq!(opened.id(), sample().id());
        let [remark] = opened.remarks() else { panic!("{:?}", opened.remarks()) };
        assert_eq!(remark.code, "layout-version");
        assert!(remark.message.contains(says), "{remark:?}");
    }
}

#[test]
fn what_is_listed_has_to_be_there() {
    let image = sample();
    for (digest, says) in [
        (image.digest(), format!("manifest {} is listed but missing", image.digest())),
        (image.id(), format!("config {} is listed but missing", image.id())),
        (
            &image.layers[1].blob.digest,
            format!("layer 1 of 4 {} is listed but missing", image.layers[1].blob.digest),
        ),
    ] {
        let disk = OnDisk::layout(&Layout::new().image("t", &image).without(digest));
        assert_error(read_all(disk.open("")), Class::Malformed, &[&says]);
    }
    let disk = layout();
    std::fs::remove_file(disk.path().join("index.json")).unwrap();
    let words = ["has neither index.json (OCI) nor manifest.json (docker save)"];
    assert_error(
        disk.open(""),
        Class::Malformed,
        &words.map(|word| word.trim_start_matches("has ")),
    );
    let words = ["has no index.json"];
    assert_error(open_form(&disk.files, Form::Oci, "", &amd64()), Class::Malformed, &words);
}

#[test]
fn other_bytes_under_a_digest_are_found() {
    let disk = layout();
    let evil = image("layer gzip\n  evil 0644 \"evil\"\n");
    let path = blob(&disk, &sample().layers[0].blob.digest);
    std::fs::write(path, &evil.layers[0].blob.bytes).unwrap();
    let result = read_all(disk.open(""));
    assert_error(result, Class::Malformed, &["layer 0 of 4 sha256:", "not the"]);
}

#[test]
fn a_large_index_json_is_refused_unread() {
    let disk = layout();
    let path = disk.path().join("index.json");
    std::fs::File::create(&path).unwrap().set_len(20 << 20).unwrap();
    let words = ["index.json in ", "with 20971520 bytes", "over the limit manifest_bytes"];
    assert_error(disk.open(""), Class::Malformed, &words);
}

fn edit_index(disk: &OnDisk, change: impl FnOnce(&mut Value)) {
    let path = disk.path().join("index.json");
    let mut index: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    change(&mut index);
    std::fs::write(path, index.to_string()).unwrap();
}

#[test]
fn manifests_may_be_null() {
    let disk = layout();
    edit_index(&disk, |index| index["manifests"] = json!(null));
    assert_error(disk.open(""), Class::Malformed, &["holds no image: its index is empty"]);
    std::fs::copy(
        disk.path().join("blobs/sha256").join(sample().digest().encoded()),
        disk.path().join("index.json"),
    )
    .unwrap();
    assert_error(disk.open(""), Class::Malformed, &["is a manifest, not an index"]);
}

/// What real layouts hold side by side; each is read or refused for a reason, none crashes.
#[test]
fn strange_neighbours() {
    let plain = image("layer gzip\n  a 0644 \"a\"\n");
    let docker_body = plain.clone().edit_manifest(|manifest| {
        manifest["mediaType"] = json!(MediaType::DOCKER_MANIFEST);
    });
    let nested = FixtureIndex::nested([], [FixtureIndex::new([plain.clone()])]);
    let list = FixtureIndex::new([sample()]).edit_manifest(|index| {
        index["mediaType"] = json!(MediaType::DOCKER_LIST);
    });
    let odd_manifest = plain.clone().edit_manifest(|manifest| {
        manifest["mediaType"] = json!("application/vnd.example.manifest+json");
    });
    let helm = helm_chart();
    let layout = Layout::new()
        .image("docker-body", &docker_body)
        .image("unknown-descriptor", &plain)
        .index("nested", &nested)
        .index("list", &list)
        .image("odd-manifest", &odd_manifest)
        .image("helm", &helm);
    let disk = OnDisk::layout(&layout);
    edit_index(&disk, |index| {
        index["manifests"][1]["mediaType"] = json!("application/vnd.example");
        index["manifests"][3]["mediaType"] = json!(MediaType::DOCKER_LIST);
    });
    // Blobs that nobody refers to are nobody's business.
    std::fs::write(disk.path().join("blobs/sha256/unreferenced"), "{").unwrap();
    for (name, image) in [
        ("docker-body", &docker_body),
        ("unknown-descriptor", &plain),
        ("nested", &plain),
        ("list", &sample()),
        ("odd-manifest", &odd_manifest),
    ] {
        let opened = read_all(disk.open(&format!(":{name}"))).unwrap();
        assert_eq!(opened.digest(), Some(image.digest()), "{name}");
        for (layer, fixture) in opened.layers().iter().zip(&image.layers) {
            assert_eq!(unpacked(layer).unwrap(), fixture.tar, "{name}");
        }
    }
    let words =
        ["is of type application/vnd.cncf.helm.config.v1+json", "an artifact, not an image"];
    assert_error(disk.open(":helm"), Class::Malformed, &words);
    assert_error(disk.open(""), Class::Usage, &["name one of \"docker-body\""]);
}

fn helm_chart() -> FixtureImage {
    let mut chart = image("layer gzip\n  chart/Chart.yaml 0644 \"name: chart\"\n");
    chart.config = cutaway_fixtures::Blob::new(
        "application/vnd.cncf.helm.config.v1+json",
        br#"{"name":"chart","version":"1.0.0","apiVersion":"v2"}"#.to_vec(),
    );
    let config = chart.config.descriptor();
    chart.layers[0].blob.media_type = "application/tar+gzip".into();
    let layer = chart.layers[0].blob.descriptor();
    chart.edit_manifest(|manifest| {
        manifest["config"] = config;
        manifest["layers"] = json!([layer]);
    })
}

#[test]
fn names_of_documents_lead_nowhere_else() {
    let disk = layout();
    for name in [
        "../secret",
        "/etc/hostname",
        "blobs/../../secret",
        "./index.json",
        "a//b",
        "",
        ".",
        "x\0y",
    ] {
        assert!(disk.files.open(name).unwrap().is_none(), "{name:?}");
    }
    assert!(disk.files.open("index.json/x").unwrap().is_none());
}

#[test]
fn a_digest_is_looked_for_in_nested_indexes() {
    let deep = image("layer plain\n  deep 0644 \"1\"\n");
    let other = image("layer plain\n  other 0644 \"2\"\n");
    let inner = FixtureIndex::nested([deep.clone()], []);
    let outer = FixtureIndex::nested([other], [FixtureIndex::nested([], [inner.clone()])]);
    let disk = OnDisk::layout(&Layout::new().index("1", &outer));
    let found = disk.open(&format!("@{}", deep.digest())).unwrap();
    assert_eq!(found.digest(), Some(deep.digest()));
    let index = disk.open(&format!("@{}", inner.manifest.digest)).unwrap();
    assert_eq!(index.digest(), Some(deep.digest()));
    let absent = format!("@sha256:{}", "0".repeat(64));
    assert_error(disk.open(&absent), Class::Transport, &["is not in the index of"]);
}
