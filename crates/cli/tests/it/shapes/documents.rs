//! Manifests, indexes and configs: two meanings, wrong numbers, wrong types, and artifacts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

fn edited(change: impl FnOnce(&mut Value)) -> Shape {
    Shape::of(&alpine().edit_manifest(change))
}

fn configured(change: impl FnOnce(&mut Value)) -> Shape {
    Shape::of(&alpine().edit_config(change))
}

/// A manifest whose text is that of [`alpine`] with something put in behind its first brace.
fn with_text(text: &str) -> Shape {
    let image = alpine();
    let manifest = String::from_utf8(image.manifest.bytes.to_vec()).unwrap();
    Shape::of(&image.replace_manifest(manifest.replacen('{', &format!("{{{text},"), 1)))
}

/// A chart as Helm stores it.
pub(super) fn helm() -> FixtureImage {
    artifact(
        "application/vnd.cncf.helm.config.v1+json",
        br#"{"name":"chart","version":"1.0.0"}"#,
        &[(
            "application/tar+gzip",
            compress(&tarball(&[Entry::file("chart/Chart.yaml", "a")]), Compression::GZIP),
        )],
    )
}

fn artifact(kind: &str, config: &[u8], blobs: &[(&str, Vec<u8>)]) -> FixtureImage {
    let mut image = image("");
    image.config = Blob::new(kind, config.to_vec());
    let config = image.config.descriptor();
    let blobs: Vec<Blob> =
        blobs.iter().map(|(kind, bytes)| Blob::new(*kind, bytes.clone())).collect();
    let layers: Vec<Value> = blobs.iter().map(Blob::descriptor).collect();
    image.layers = blobs
        .into_iter()
        .map(|blob| cutaway_fixtures::FixtureLayer {
            diff_id: blob.digest.clone(),
            tar: blob.bytes.clone(),
            blob,
            entries: Vec::new(),
            created_by: String::new(),
        })
        .collect();
    image.edit_manifest(|manifest| {
        manifest["config"] = config;
        manifest["layers"] = layers.into();
    })
}

#[test]
fn two_readers_and_one_digest() {
    let other = evil();
    let entry = other.descriptor();
    edited(|manifest| {
        manifest["manifests"] = value!([entry]);
        manifest.as_object_mut().unwrap().remove("mediaType");
    })
    .is_refused("a manifest that is an index, too (C1)", 4, &["is ambiguous"]);
    let layers = value!([other.layers[0].blob.descriptor()]);
    with_text(&format!("\"Layers\":{layers}")).is_refused(
        "keys that differ in case only (C2)",
        4,
        &["key \"Layers\" is \"layers\" in another case"],
    );
    with_text(&format!("\"layers\":{layers}")).is_refused(
        "a key twice (C3)",
        4,
        &["duplicate field `layers`"],
    );
    let deep = format!("\"x\":{}{}", "[".repeat(200_000), "]".repeat(200_000));
    with_text(&deep).is_refused("200,000 levels of JSON (C4)", 4, &["nesting deeper than 128"]);
    with_text("\"schemaVersion\":1,\"fsLayers\":[]").is_refused(
        "a key twice, and schema 1 (C20)",
        4,
        &["manifest sha256:"],
    );
    edited(|manifest| {
        *manifest = value!({"schemaVersion": 1, "fsLayers": [], "history": [], "signatures": [], "extra": 1});
    })
    .is_refused("a manifest of schema 1 (C20)", 4, &["schema 1"]);
}

#[test]
fn digests_and_sizes() {
    let digest = |text: &str| {
        let text = text.to_owned();
        edited(|manifest| manifest["layers"][0]["digest"] = text.into())
    };
    let hex = alpine().layers[0].blob.digest.encoded().to_owned();
    for (row, text) in [
        ("a digest that leads elsewhere (C5)", "sha256:../../../etc/hostname".to_owned()),
        ("a short digest (C6)", "sha256:abc".to_owned()),
        ("a digest in capitals (C6)", format!("sha256:{}", hex.to_uppercase())),
    ] {
        digest(&text).is_refused(row, 4, &["manifest sha256:", "digest"]);
    }
    let row = "an algorithm that is unknown is listed and never read (C6)";
    let shape = digest("md5:d41d8cd98f00b204e9800998ecf8427e");
    shape.fails(row, "scan {}", 4, &["cannot verify algorithm md5"]);
    let shown = shape.json(row, "inspect {}");
    assert_eq!(shown["layers"][0]["digest"], "md5:d41d8cd98f00b204e9800998ecf8427e", "{row}");
    shape.fails(row, "inspect {} --verify", 4, &["cannot verify algorithm md5"]);

    edited(|manifest| manifest["layers"][0]["size"] = value!(-1)).is_refused(
        "a size of -1 (C7)",
        4,
        &["manifest sha256:", "-1"],
    );
    let row = "a config of 2^60 bytes (C8)";
    let shape = edited(|manifest| manifest["config"]["size"] = value!(1u64 << 60));
    shape.is_refused(row, 4, &["1152921504606846976", "config_bytes of 8388608"]);
    let size = alpine().layers[0].blob.size;
    for (row, wrong) in [("a size too small (C9)", size - 50), ("a size too large (C9)", size + 50)]
    {
        let shape = Shape::of(&alpine().wrong_size(0, wrong));
        let words = ["layer 0 of 2".to_owned(), wrong.to_string()];
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        shape.fails(row, "scan {}", 4, &words);
        shape.fails(row, "inspect {} --verify", 4, &words);
    }
    let row = "a manifest of 20 MB (C10)";
    let shape = edited(|manifest| {
        manifest["annotations"] = value!({"x": "a".repeat(20 << 20)});
    });
    shape.is_refused(row, 4, &["over the limit manifest_bytes of 4194304"]);
    shape.is_alpine_within(row, "--limit manifest_bytes=32MiB");
}

impl Shape {
    fn is_alpine_within(&self, row: &str, options: &str) {
        let report = self.json(row, &format!("scan {{}} {options}"));
        assert_eq!(names(&report), ["b", "c"], "{row}");
    }
}

#[test]
fn indexes() {
    let row = "indexes in indexes (C11)";
    let deep = |depth: usize| {
        let index = FixtureIndex::new([alpine()]);
        let index = (1..depth).fold(index, |inner, _| FixtureIndex::nested([], [inner]));
        Shape::layout(&Layout::new().index("1", &index))
    };
    deep(8).is_alpine(row, "{} --platform linux/amd64", &[]);
    deep(500).is_refused(row, 4, &["over the limit index_depth of 8"]);

    let row = "an index of 10,000 entries (C12)";
    let entry = image("platform linux/arm64\n").descriptor();
    let many = FixtureIndex::new([alpine()]).edit_manifest(|index| {
        let list = index["manifests"].as_array_mut().unwrap();
        list.splice(0..0, std::iter::repeat_n(entry, 10_000));
    });
    let shape = Shape::layout(&Layout::new().index("1", &many));
    shape.is_alpine(row, "{} --platform linux/amd64", &[]);

    let row = "attestations are never chosen, two that match: the first, none that matches: what there is (C24)";
    let of = |platform: &str, text: &str| {
        image(&format!("platform {platform}\nlayer plain\n  a 0644 \"{text}\"\n"))
    };
    let index = FixtureIndex::new([
        of("unknown/unknown", "attestation"),
        of("linux/arm/v6", "6"),
        of("linux/arm/v7", "7"),
        alpine(),
        of("linux/amd64", "second"),
    ])
    .edit_manifest(|index| {
        index["manifests"][0]["annotations"] =
            value!({"vnd.docker.reference.type": "attestation-manifest"});
    });
    let shape = Shape::layout(&Layout::new().index("1", &index));
    shape.is_alpine(row, "{} --platform linux/amd64", &[]);
    for (wanted, variant) in [("linux/arm/v8", "v7"), ("linux/arm/v6", "v6"), ("linux/arm", "v7")] {
        let shown = shape.json(row, &format!("inspect {{}} --platform {wanted}"));
        assert_eq!(shown["image"]["platform"]["variant"], variant, "{row}: {wanted}");
    }
    shape.fails(
        row,
        "scan {} --platform linux/s390x",
        3,
        &["which has linux/amd64, linux/arm/v6, linux/arm/v7"],
    );
    let lone = Shape::of(&alpine()).json(row, "scan {} --platform linux/s390x");
    assert_eq!(codes(&lone), ["other-platform"], "a single image is read whatever its platform");
}

#[test]
fn layers_and_the_config() {
    for (row, ids, words) in [
        ("more layers than diffIDs (C13)", 1, "lists 1 diffIDs, but the image has 2 layers"),
        (
            "layers and no diffID (C13)",
            0,
            "has no diffIDs (rootfs.diff_ids), but the image has 2 layers",
        ),
    ] {
        let shape = configured(|config| {
            config["rootfs"]["diff_ids"].as_array_mut().unwrap().truncate(ids);
        });
        let shown = shape.is_only_inspected(row, &[words], "layer-count");
        assert_eq!(shown["layers"].as_array().unwrap().len(), 2, "{row}");
        assert_eq!(shown["layers"][1]["diff_id"], Value::Null, "{row}");
    }
    let row = "a diffID and no layers (C13)";
    let shape = edited(|manifest| manifest["layers"] = value!([]));
    let words = ["lists 2 diffIDs, but the image has 0 layers"];
    let shown = shape.is_only_inspected(row, &words, "layer-count");
    assert_eq!(shown["layers"][1]["digest"], Value::Null, "{row}");

    let row = "a wrong diffID (C14)";
    let shape = Shape::of(&alpine().wrong_diff_id(1));
    shape.fails(row, "scan {}", 4, &["layer 1 of 2", "unpacks to diffID"]);

    let row = "the same layer twice (C15)";
    let mut twice = alpine();
    let again = twice.layers[1].clone();
    twice.layers.push(again);
    twice.reseal();
    let shape = Shape::of(&twice);
    let report = shape.json(row, "scan {}");
    assert_eq!((names(&report), report["layers"].as_array().unwrap().len()), (vec!["b", "c"], 3));
    let shown = shape.json(row, "inspect {} --verify");
    assert_eq!(shown["layers"][1]["digest"], shown["layers"][2]["digest"], "{row}");
    assert_ne!(shown["layers"][1]["chain_id"], shown["layers"][2]["chain_id"], "{row}");

    let row = "zero layers (C16)";
    let shape = Shape::of(&image(""));
    let report = shape.json(row, "scan {}");
    assert_eq!((names(&report), codes(&report)), (vec![], vec!["no-layers".to_owned()]), "{row}");
    assert!(stdout(&shape.run("inspect {}")).contains("no layers"), "{row}");

    let row = "more layers than an image may have";
    let many = image(&"layer plain\n  a 0644 \"a\"\n".repeat(1025));
    let shape = Shape::of(&many);
    shape.fails(row, "scan {}", 4, &["over the limit layers of 512"]);
    shape.fails(
        row,
        "scan {} --limit layers=1025",
        2,
        &["limit layers: 1025 is over its maximum of 1024"],
    );
    shape.fails(row, "scan {} --limit layers=1024", 4, &["over the limit layers of 1024"]);

    let row = "history longer, shorter, all empty, undated (C17)";
    for (history, aligned) in [
        (value!([]), false),
        (value!(null), false),
        (value!([{"created_by": "only"}]), false),
        (
            value!([{"created_by": "a", "empty_layer": true}, {"created_by": "b", "empty_layer": true}]),
            false,
        ),
        (
            value!([{"created_by": "x"}, {"created_by": "ENV", "empty_layer": true}, {"created_by": "y"}]),
            true,
        ),
    ] {
        let shape = configured(|config| config["history"] = history.clone());
        let report = shape.json(row, "scan {}");
        assert_eq!(names(&report), ["b", "c"], "{row}");
        assert_eq!(
            report["layers"][1]["created_by"],
            if aligned { value!("y") } else { Value::Null }
        );
        let table = stdout(&shape.run("inspect {}"));
        assert_eq!(table.contains("unknown"), !aligned, "{row}: {table}");
        assert_eq!(table.contains("empty") && table.contains("ENV"), aligned, "{row}: {table}");
    }

    let row = "config values of the wrong type (C18)";
    for (key, wrong) in [("Env", value!(5)), ("Labels", value!([])), ("User", value!({}))] {
        let shape = configured(|config| config["config"] = value!({key: wrong}));
        shape.fails(row, "scan {}", 4, &["config sha256:", "invalid type"]);
        assert_eq!(codes(&shape.json(row, "inspect {}")), ["config-unreadable"], "{row}");
    }
    for (key, odd) in [
        ("os", Value::Null),
        ("created", value!("0000-00-00T00:00:00Z")),
        ("created", value!("-1")),
    ] {
        let shape = configured(|config| config[key] = odd.clone());
        assert_eq!(names(&shape.json(row, "scan {}")), ["b", "c"], "{row}");
        shape.json(row, "inspect {}");
    }
    let labels: serde_json::Map<_, _> = (0..100_000).map(|n| (n.to_string(), value!(""))).collect();
    let shape = configured(|config| config["config"] = value!({"Labels": labels}));
    assert_eq!(names(&shape.json(row, "scan {}")), ["b", "c"], "{row}");

    let row = "what moves a cursor is escaped (C19)";
    let bad = "\u{1b}[2J\u{202e}\n\u{0}x";
    let shape = configured(|config| {
        config["config"] = value!({"Labels": {bad: bad}, "Env": [bad], "User": bad});
        config["history"][0]["created_by"] = bad.into();
    });
    let manifest = edited(|manifest| {
        manifest["annotations"] = value!({bad: bad, "org.opencontainers.image.title": "../../x"});
    });
    for shape in [&shape, &manifest] {
        for line in ["inspect {}", "inspect {} --format json", "scan {}"] {
            let text = stdout(&shape.run(line));
            assert!(!text.is_empty(), "{row}: {line}");
            let raw = text.chars().find(|c| {
                (c.is_control() && *c != '\n') || (*c == '\u{202e}' && !line.contains("json"))
            });
            assert_eq!(raw, None, "{row}: {line}: {text:?}");
        }
    }
    assert_eq!(std::fs::read_dir(manifest.path()).unwrap().count(), 3, "a title is no path (C22)");

    let row = "data in a descriptor, right and wrong (C21)";
    let right = STANDARD.encode(&alpine().config.bytes);
    for data in [right, "AAAA".to_owned(), "?".to_owned()] {
        let shape = edited(|manifest| manifest["config"]["data"] = data.into());
        assert_eq!(names(&shape.json(row, "scan {}")), ["b", "c"], "{row}");
    }
    let row = "data of 3 MB counts against the manifest (C21)";
    let shape = edited(|manifest| manifest["config"]["data"] = "A".repeat(5 << 20).into());
    shape.is_refused(row, 4, &["over the limit manifest_bytes"]);

    let row =
        "a subject that is itself cannot be, one that leads in a circle is not followed (C23)";
    let other = evil();
    let about = edited(|manifest| manifest["subject"] = other.manifest.descriptor());
    assert_eq!(about.json(row, "inspect {}")["subject"], other.digest().as_str(), "{row}");
    assert_eq!(names(&about.json(row, "scan {}")), ["b", "c"], "{row}");
}

const NO_DIFF_IDS: &[u8] = br#"{"rootfs":{"type":"layers","diff_ids":[]}}"#;
const COSIGN: &str = "application/vnd.dev.cosign.simplesigning.v1+json";

/// An attestation in the documents of an image, whose diffID is the digest of its statement.
fn attestation() -> FixtureImage {
    let statement = br#"{"_type":"https://in-toto.io/Statement/v0.1"}"#.to_vec();
    let config = value!({
        "architecture": "unknown", "os": "unknown",
        "rootfs": {"type": "layers", "diff_ids": [cutaway_ref::Digest::sha256(&statement)]},
    });
    let kind = "application/vnd.oci.image.config.v1+json";
    artifact(kind, config.to_string().as_bytes(), &[("application/vnd.in-toto+json", statement)])
}

#[test]
fn artifacts_are_shown_from_every_kind_of_source() {
    let text = |kind: &str| vec![(kind.to_owned(), b"some text".to_vec())];
    let of = |kind: &str, config: &[u8], blobs: Vec<(String, Vec<u8>)>| {
        let blobs: Vec<(&str, Vec<u8>)> =
            blobs.iter().map(|(kind, bytes)| (kind.as_str(), bytes.clone())).collect();
        artifact(kind, config, &blobs)
    };
    let empty = "application/vnd.oci.empty.v1+json";
    let image_config = "application/vnd.oci.image.config.v1+json";
    for (row, artifact, scanned) in [
        ("a Helm chart", helm(), false),
        (
            "a config and layers of unknown types",
            of("application/vnd.x", b"{}", text("application/vnd.y")),
            false,
        ),
        ("an empty config and an unknown blob", of(empty, b"{}", text("text/plain")), false),
        ("zero layers", of("application/vnd.x", b"{}", vec![]), true),
        ("an empty blob (C16)", of(empty, b"{}", vec![(empty.to_owned(), b"{}".to_vec())]), true),
        ("an image config that is empty", of(image_config, b"{}", vec![]), true),
        (
            "an image config without diffIDs, and a blob",
            of(image_config, b"{}", text("text/plain")),
            false,
        ),
        ("a signature as cosign writes it", of(image_config, NO_DIFF_IDS, text(COSIGN)), false),
        ("an attestation as BuildKit writes it", attestation(), false),
    ] {
        let layout = Layout::new().image("1", &artifact);
        let archive = layout.archive(&ArchiveShape::default());
        let shapes = [
            Shape::layout(&layout),
            Shape::archive(&archive),
            Shape::archive(&compress(&archive, Compression::GZIP)),
        ];
        let mut all = Vec::new();
        for shape in &shapes {
            let output = shape.run("scan {}");
            let wanted = if scanned { 0 } else { 4 };
            assert_eq!(status(&output), wanted, "{row}: {}", stderr(&output));
            let shown = shape.json(row, "inspect {}");
            assert_eq!(shown["image"]["digest"], artifact.digest().as_str(), "{row}");
            let blobs = shown["layers"].as_array().unwrap();
            for (layer, fixture) in blobs.iter().zip(&artifact.layers) {
                assert_eq!(layer["digest"], fixture.blob.digest.as_str(), "{row}");
                assert_eq!(layer["media_type"], fixture.blob.media_type.as_str(), "{row}");
                assert_eq!(layer["status"], "claimed", "{row}");
            }
            assert_eq!(status(&shape.run("inspect {}")), 0, "{row}");
            all.push((
                shown["layers"].clone(),
                shown["artifact_type"].clone(),
                shown["image"]["id"].clone(),
            ));
        }
        assert!(all.iter().all(|shown| *shown == all[0]), "{row}: {all:?}");
        let passing = run_with(&["inspect", "-"], &archive);
        assert_eq!(status(&passing), 0, "{row}: {}", stderr(&passing));
    }
    let row = "a config that is no JSON: a finding, where it can be looked at again";
    let layout = Layout::new().image("1", &of(image_config, b"text", vec![]));
    let archive = layout.archive(&ArchiveShape::default());
    for shape in [Shape::layout(&layout), Shape::archive(&archive)] {
        shape.is_only_inspected(
            row,
            &["config sha256:", "is no JSON document"],
            "config-unreadable",
        );
    }
    let passing = Shape::archive(&compress(&archive, Compression::GZIP));
    passing.is_refused(row, 4, &["is no JSON document", "has passed"]);
    let row = "the blobs of an artifact are verified where that is asked for";
    let shown = Shape::of(&attestation()).json(row, "inspect {} --verify");
    assert_eq!(shown["layers"][0]["status"], "verified", "{row}");
    let shape = Shape::of(&helm());
    assert_eq!(shape.json(row, "inspect {} --verify")["layers"][0]["status"], "verified", "{row}");
    let mut bytes = helm().layers[0].blob.bytes.to_vec();
    bytes[20] ^= 1;
    std::fs::write(shape.blob(&helm().layers[0].blob.digest), bytes).unwrap();
    shape.fails(row, "inspect {} --verify", 4, &["its bytes were changed"]);
    assert_eq!(artifact("x", b"{}", &[]).manifest.media_type, MANIFEST);
}
