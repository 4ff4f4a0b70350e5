//! Documents that two readers could take for two images, that lie about sizes, or that are no documents.

use std::sync::atomic::Ordering;

use cutaway_fixtures::{FixtureImage, Layout, image};
use cutaway_model::{
    Class, Config, Descriptor, Document, Error, Image, Limits, MediaType, chain_ids,
};
use cutaway_ref::Digest;
use serde_json::{Value, json};

use crate::support::{
    Memory, OnDisk, assert_error, descriptor, open_image, open_limited, open_memory, read_all,
    sample, unpacked,
};

fn two_layers() -> FixtureImage {
    image("layer gzip\n  a 0644 \"a\"\nlayer gzip\n  b 0644 \"b\"\n")
}

/// Opens the sample with its manifest as text changed.
fn with_manifest(change: impl FnOnce(String) -> String) -> Result<Image, Error> {
    let image = two_layers();
    let text = String::from_utf8(image.manifest.bytes.to_vec()).unwrap();
    open_image(&image.replace_manifest(change(text)))
}

fn with_config(change: impl FnOnce(&mut Value)) -> Result<Image, Error> {
    open_image(&two_layers().edit_config(change))
}

fn parse(text: &str) -> Result<Document, Error> {
    Document::parse(text.as_bytes(), None, &Limits::default(), "manifest x")
}

#[test]
fn two_readings_are_refused() {
    let evil = r#"[{"mediaType":"x","digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000","size":1}]"#;
    let keyed =
        |key: &str| with_manifest(|text| text.replacen('{', &format!("{{\"{key}\":{evil},"), 1));
    let behind = |key: &str| {
        with_manifest(|text| format!("{},\"{key}\":{evil}}}", text.strip_suffix('}').unwrap()))
    };
    for (result, says) in [
        // One document as manifest and as index.
        (behind("manifests"), "is ambiguous"),
        (keyed("manifests"), "is ambiguous"),
        // Go takes the last key whatever its case.
        (behind("Layers"), "key \"Layers\" is \"layers\" in another case"),
        (keyed("LAYERS"), "key \"LAYERS\" is \"layers\" in another case"),
        (behind("layer\u{17f}"), "is \"layers\" in another case"),
        (behind("Manifests"), "is \"manifests\" in another case"),
        (behind("\\u004cayers"), "key \"Layers\" is \"layers\" in another case"),
        // The same key twice.
        (behind("layers"), "duplicate field `layers`"),
        (keyed("layers"), "duplicate field `layers`"),
        (with_manifest(|text| text.replacen("\"size\":", "\"Size\":1,\"size\":", 1)), "\"Size\""),
        (with_manifest(|text| text.replacen("\"size\":", "\"size\":1,\"size\":", 1)), "duplicate"),
        (
            with_manifest(|text| text.replacen("\"digest\":", "\"Digest\":\"x\",\"digest\":", 1)),
            "\"Digest\"",
        ),
        (with_config(|config| config["RootFS"] = json!({})), "key \"RootFS\" is \"rootfs\""),
        (with_config(|config| config["rootfs"]["Diff_IDs"] = json!([])), "key \"Diff_IDs\""),
        (with_config(|config| config["OS"] = json!("plan9")), "key \"OS\" is \"os\""),
        (with_config(|config| config["config"]["env"] = json!([])), "key \"env\" is \"Env\""),
        (with_config(|config| config["history"][0]["Created_By"] = json!("x")), "\"Created_By\""),
    ] {
        assert_error(result, Class::Malformed, &[says]);
    }
}

#[test]
fn keys_of_a_platform_are_read_in_one_way_only() {
    let child = |platform: &str| {
        parse(&format!(
            r#"{{"manifests":[{{"mediaType":"m","size":1,"digest":"{}","platform":{platform}}}]}}"#,
            Digest::sha256(b"x")
        ))
    };
    let both = r#"{"os":"linux","architecture":"amd64","Architecture":"arm64"}"#;
    assert_error(child(both), Class::Malformed, &["key \"Architecture\" is \"architecture\""]);
    let twice = r#"{"os":"linux","architecture":"amd64","architecture":"arm64"}"#;
    assert_error(child(twice), Class::Malformed, &["duplicate field"]);
    let Document::Index(index) = child(r#"{"os":null,"os.features":["x"]}"#).unwrap() else {
        panic!("an index is one")
    };
    assert_eq!(index.manifests[0].platform, Some(cutaway_ref::Platform::default()));
}

#[test]
fn what_is_no_document_is_refused() {
    let deep = format!("{{\"x\":{}{}}}", "[".repeat(200_000), "]".repeat(200_000));
    let schema1 = r#"{"schemaVersion":1,"name":"a","fsLayers":[{"blobSum":"x"}],"history":[],"signatures":[],"layers":[]}"#;
    for (text, says) in [
        (deep.as_str(), "nesting deeper than 128"),
        ("", "is no JSON document"),
        ("<html>\u{1b}[31m", "is no JSON document; it begins \"<html>"),
        ("null", "is no JSON document"),
        ("{", "EOF while parsing"),
        ("[]", "invalid"),
        ("{}", "is neither a manifest (no \"config\") nor an index (no \"manifests\")"),
        ("{\"layers\":[]}", "is neither a manifest"),
        ("{} {}", "trailing characters"),
        (schema1, "Docker's schema 1"),
        ("{\"schemaVersion\":1,\"config\":null}", "Docker's schema 1"),
        ("{\"schemaVersion\":\"2\"}", "invalid type"),
        ("{\"manifests\":[{}]}", "missing field `digest`"),
    ] {
        assert_error(parse(text), Class::Malformed, &["manifest x: ", says]);
    }
    assert!(parse("{\"manifests\":null}").is_ok_and(
        |document| matches!(document, Document::Index(index) if index.manifests.is_empty())
    ));
}

#[test]
fn digests_and_sizes_are_checked_where_they_are_read() {
    let digest = two_layers().layers[0].blob.digest.to_string();
    let with_digest = |text: &str| with_manifest(|manifest| manifest.replacen(&digest, text, 1));
    for (text, says) in [
        ("sha256:../../../etc/hostname", "digest \"sha256:../../../etc/hostname\""),
        ("sha256:abc", "digest \"sha256:abc\""),
        (&digest.to_uppercase(), "digest \"SHA256:"),
        (&digest.replace("sha256:", "sha256:A").replace('0', "A"), "digest \"sha256:A"),
        ("../x:abc", "digest \"../x:abc\""),
        ("md5:../x", "digest \"md5:../x\""),
        ("", "digest \"\""),
    ] {
        assert_error(with_digest(text), Class::Malformed, &["manifest sha256:", says]);
    }
    let size = format!("\"size\":{}", two_layers().layers[0].blob.size);
    for number in ["-1", "1.5", "\"1\"", "null", "18446744073709551616"] {
        let result = with_manifest(|text| text.replacen(&size, &format!("\"size\":{number}"), 1));
        assert_error(result, Class::Malformed, &["manifest sha256:", "u64"]);
    }
}

#[test]
fn an_unknown_algorithm_is_listed_and_never_consumed() {
    let fixture = two_layers();
    let digest = fixture.layers[0].blob.digest.to_string();
    let text = String::from_utf8(fixture.manifest.bytes.to_vec()).unwrap();
    let fixture =
        fixture.replace_manifest(text.replacen(&digest, "md5:d41d8cd98f00b204e9800998ecf8427e", 1));
    let opened = open_image(&fixture).unwrap();
    let layer = &opened.layers()[0];
    assert_eq!(layer.digest().unwrap().as_str(), "md5:d41d8cd98f00b204e9800998ecf8427e");
    assert_error(
        unpacked(layer),
        Class::Malformed,
        &["layer 0 of 2 md5:", "cannot verify algorithm md5"],
    );
    // Not even opened: there might be a file of that name.
    let mut memory = Memory::default();
    let mut root = memory.put(MediaType::OCI_MANIFEST, b"{}");
    root.digest = "md5:d41d8cd98f00b204e9800998ecf8427e".parse().unwrap();
    let memory = std::sync::Arc::new(memory);
    let limits = Limits::default();
    let read = cutaway_model::read_document(memory.as_ref(), &root, &limits);
    assert_error(
        crate::support::block_on(read),
        Class::Malformed,
        &["cannot verify algorithm md5"],
    );
    assert_eq!(memory.opened.load(Ordering::Relaxed), 0);
    // A diffID of an unknown algorithm cannot be checked, so nothing is unpacked.
    let image = with_config(|config| config["rootfs"]["diff_ids"][1] = json!("md5:abc")).unwrap();
    assert_error(unpacked(&image.layers()[1]), Class::Malformed, &["cannot verify algorithm md5"]);
}

#[test]
fn sha512_is_as_good_as_sha256() {
    let sha512 = |bytes: &[u8]| {
        let mut hasher = cutaway_ref::Algorithm::Sha512.hasher();
        hasher.update(bytes);
        hasher.finish()
    };
    let mut fixture = two_layers();
    for layer in &mut fixture.layers {
        layer.blob.digest = sha512(&layer.blob.bytes);
        layer.diff_id = sha512(&layer.tar);
    }
    fixture.reseal();
    read_all(open_image(&fixture)).unwrap();
    let disk = OnDisk::layout(&Layout::new().image("t", &fixture));
    let image = read_all(disk.open("")).unwrap();
    assert!(image.layers()[0].digest().unwrap().as_str().starts_with("sha512:"));
    let broken = fixture.flip_byte(0, 30);
    let disk = OnDisk::layout(&Layout::new().image("t", &broken));
    let error = crate::support::stored(&disk.open("").unwrap().layers()[0]).unwrap_err();
    assert!(matches!(error, Error::Digest { .. }), "{error}");
}

#[test]
fn sizes_are_limited_before_anything_is_read() {
    let huge =
        two_layers().edit_manifest(|manifest| manifest["config"]["size"] = json!(1u64 << 60));
    let words = ["config sha256:", "with 1152921504606846976 bytes", "config_bytes of 8388608"];
    assert_error(open_image(&huge), Class::Malformed, &words);
    let long = two_layers().edit_manifest(|manifest| {
        manifest["annotations"] = json!({"x": "a".repeat(20 << 20)});
    });
    let words = ["manifest sha256:", "manifest_bytes of 4194304"];
    assert_error(open_image(&long), Class::Malformed, &words);
    let limits = {
        let mut limits = Limits::default();
        limits.manifest_bytes = 32 << 20;
        limits
    };
    open_limited(Memory::of(&long), descriptor(&long.manifest), &limits).unwrap();
    // A descriptor that says less than there is: one byte more is read, not all.
    let mut root = descriptor(&long.manifest);
    root.size = 100;
    let words = ["has more than 100 bytes, not the 100"];
    assert_error(open_memory(Memory::of(&long), root), Class::Malformed, &words);
}

#[test]
fn claims_of_size_name_both_numbers() {
    let stored = two_layers().layers[0].blob.size;
    for wrong in [stored - 50, stored + 50] {
        let result = read_all(open_image(&two_layers().wrong_size(0, wrong)));
        assert_error(
            result,
            Class::Malformed,
            &["layer 0 of 2 sha256:", &format!("not the {wrong}")],
        );
    }
}

#[test]
fn layers_and_diff_ids_are_as_many() {
    for (diff_ids, layers, says) in [
        (1, 2, "lists 1 diffIDs, but the image has 2 layers"),
        (0, 2, "has no diffIDs (rootfs.diff_ids), but the image has 2 layers"),
        (2, 1, "lists 2 diffIDs, but the image has 1 layers"),
        (2, 0, "lists 2 diffIDs, but the image has 0 layers"),
    ] {
        let image = two_layers()
            .edit_config(|config| {
                config["rootfs"]["diff_ids"].as_array_mut().unwrap().truncate(diff_ids);
            })
            .edit_manifest(|manifest| {
                manifest["layers"].as_array_mut().unwrap().truncate(layers);
            });
        assert_error(open_image(&image), Class::Malformed, &["config sha256:", says]);
    }
    for rootfs in [json!(null), json!({}), json!({"diff_ids": null})] {
        let image = two_layers().edit_config(|config| config["rootfs"] = rootfs);
        assert_error(open_image(&image), Class::Malformed, &["has no diffIDs"]);
    }
    let many = image(&"layer plain\n".repeat(513));
    assert_error(open_image(&many), Class::Malformed, &["over the limit layers of 512"]);
    assert_eq!(open_image(&image(&"layer plain\n".repeat(512))).unwrap().layers().len(), 512);
}

#[test]
fn a_wrong_diff_id_withholds_the_layer() {
    let zeros = format!("sha256:{}", "0".repeat(64));
    let image = two_layers().edit_config(|config| config["rootfs"]["diff_ids"][0] = json!(zeros));
    let words = ["layer 0 of 2 sha256:", &format!("not the {zeros} of the config")];
    assert_error(read_all(open_image(&image)), Class::Malformed, &words);
}

#[test]
fn an_image_without_layers_is_one() {
    let empty = image("");
    let opened = open_image(&empty).unwrap();
    assert_eq!((opened.layers().len(), opened.config().history.len()), (0, 0));
    // What OCI calls an artifact: an empty config, an empty stand-in for a layer.
    let mut memory = Memory::default();
    let blank = memory.put("application/vnd.oci.empty.v1+json", b"{}");
    let text = json!({
        "schemaVersion": 2, "artifactType": "application/vnd.example",
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": blank.digest.as_str(), "size": 2},
        "layers": [{"mediaType": "application/vnd.oci.empty.v1+json", "digest": blank.digest.as_str(), "size": 2}],
    });
    let root = memory.put(MediaType::OCI_MANIFEST, text.to_string().as_bytes());
    let opened = open_memory(memory, root).unwrap();
    assert!(opened.layers().is_empty());
    let stated = &opened.manifest().unwrap().manifest;
    assert_eq!(stated.artifact_type.as_deref(), Some("application/vnd.example"));
    // An empty blob is no config.
    let mut memory = Memory::default();
    let blank = memory.put(MediaType::OCI_CONFIG, b"");
    let text = json!({"config": {"mediaType": MediaType::OCI_CONFIG, "digest": blank.digest.as_str(), "size": 0}});
    let root = memory.put(MediaType::OCI_MANIFEST, text.to_string().as_bytes());
    assert_error(
        open_memory(memory, root),
        Class::Malformed,
        &["config sha256:e3b0", "is no JSON"],
    );
}

#[test]
fn history_that_does_not_fit_says_nothing() {
    type Change = fn(&mut Value);
    let lines = |change: Change| -> Vec<Option<String>> {
        let image = open_image(&two_layers().edit_config(change)).unwrap();
        image
            .layers()
            .iter()
            .map(|layer| layer.history().map(|line| line.created_by.clone()))
            .collect()
    };
    let known = vec![Some("layer 0".into()), Some("layer 1".into())];
    let unknown = vec![None, None];
    let push =
        |config: &mut Value, step: Value| config["history"].as_array_mut().unwrap().push(step);
    let table: [(Change, &Vec<Option<String>>); 10] = [
        (|_| {}, &known),
        (|config| config["history"] = json!([]), &unknown),
        (|config| config["history"] = json!(null), &unknown),
        (|config| config["history"] = json!([null, null]), &vec![Some(String::new()); 2]),
        (|config| config["history"] = json!([{"created_by": "only"}]), &unknown),
        (
            |config| config["history"] = json!([{"empty_layer": true}, {"empty_layer": true}]),
            &unknown,
        ),
        (|config| config["history"][0]["created"] = json!(null), &known),
        (|config| config["history"][0]["empty_layer"] = json!(null), &known),
        (|config| config["created"] = json!("0000-00-00T99:99:99Z"), &known),
        (|config| config["created"] = json!("-1"), &known),
    ];
    for (change, wanted) in table {
        assert_eq!(lines(change), *wanted);
    }
    let longer = open_image(&two_layers().edit_config(|config| {
        push(config, json!({"created_by": "ENV", "empty_layer": true}));
    }));
    assert_eq!(longer.unwrap().layers()[1].history().unwrap().created_by, "layer 1");
    let unmarked =
        open_image(&two_layers().edit_config(|config| push(config, json!({"created_by": "ENV"}))));
    assert!(unmarked.unwrap().layers().iter().all(|layer| layer.history().is_none()));
}

#[test]
fn values_of_the_wrong_type_are_errors_or_let_pass() {
    for (key, value) in [
        ("Env", json!(5)),
        ("Env", json!({"PATH": "/bin"})),
        ("Labels", json!([])),
        ("Labels", json!({"a": 1})),
        ("Cmd", json!(5)),
        ("ExposedPorts", json!(["80/tcp"])),
    ] {
        let result = with_config(|config| config["config"][key] = value);
        assert_error(result, Class::Malformed, &["config sha256:"]);
    }
    for (key, value) in
        [("os", json!([])), ("rootfs", json!([])), ("history", json!("x")), ("created", json!(5))]
    {
        assert_error(
            with_config(|config| config[key] = value),
            Class::Malformed,
            &["config sha256:"],
        );
    }
    for (key, value, user) in [
        ("User", json!(-1), "-1"),
        ("User", json!(0), "0"),
        ("User", json!(null), ""),
        ("Labels", json!({"a": null, "b": "c"}), ""),
    ] {
        let image = with_config(|config| config["config"][key] = value).unwrap();
        assert_eq!(image.config().run.user, user);
    }
    let labels: serde_json::Map<_, _> = (0..100_000).map(|n| (n.to_string(), json!("x"))).collect();
    let image = with_config(|config| {
        config["os"] = json!(null);
        config["variant"] = json!("");
        config["config"] = json!({"Env": ["A=b", null], "Labels": labels, "Cmd": "one word", "Volumes": {"/data": {}}, "OnBuild": [1]});
    })
    .unwrap();
    let config = image.config();
    assert_eq!((config.platform.os.as_str(), &config.platform.variant), ("", &None));
    assert_eq!(config.run.labels.len(), 100_000);
    assert_eq!(config.run.env, ["A=b", ""]);
    assert_eq!(
        (config.run.cmd.as_slice(), config.run.volumes.as_slice()),
        (&["one word".to_owned()][..], &["/data".to_owned()][..])
    );
}

#[test]
fn text_in_documents_is_kept_and_never_obeyed() {
    let hostile = "\u{1b}[2J\u{202e}\0\n../../x";
    let image = two_layers()
        .edit_config(|config| {
            config["config"]["Labels"] = json!({"k": hostile});
            config["author"] = json!(hostile);
        })
        .edit_manifest(|manifest| {
            manifest["annotations"] = json!({"org.opencontainers.image.title": hostile});
            manifest["layers"][0]["annotations"] =
                json!({"org.opencontainers.image.title": "../../x"});
        });
    let opened = read_all(open_image(&image)).unwrap();
    assert_eq!(opened.config().run.labels["k"], hostile);
    assert_eq!(
        opened.manifest().unwrap().manifest.annotations["org.opencontainers.image.title"],
        hostile
    );
    let wrong = two_layers().edit_manifest(|manifest| manifest["mediaType"] = json!(hostile));
    assert!(open_image(&wrong).is_ok(), "an unknown media type is let pass");
    let wrong =
        two_layers().edit_config(|config| config[hostile] = json!(1)).edit_config(|config| {
            config["rootfs"]["diff_ids"] = json!([hostile]);
        });
    assert_error(open_image(&wrong), Class::Malformed, &["digest \"\\u{1b}[2J"]);
}

#[test]
fn bytes_in_a_descriptor_save_a_request_or_are_ignored() {
    let fixture = two_layers();
    let open = |data: &str| {
        let data = data.to_owned();
        let image =
            fixture.clone().edit_manifest(|manifest| manifest["config"]["data"] = json!(data));
        let memory = std::sync::Arc::new(Memory::of(&image));
        let opened = crate::support::block_on(cutaway_model::open(
            memory.clone(),
            descriptor(&image.manifest),
            None,
            &crate::support::amd64(),
            &Limits::default(),
        ));
        (opened.unwrap(), memory.opened.load(Ordering::Relaxed))
    };
    let encode = |bytes: &[u8]| crate::support::base64(bytes);
    for (data, requests) in [
        (encode(&fixture.config.bytes), 1),
        (encode(b"{\"evil\":true}"), 2),
        (encode(&vec![b' '; 2 << 20]), 2),
        ("no base64!".into(), 2),
        (String::new(), 2),
    ] {
        let (image, opened) = open(&data);
        assert_eq!(image.id(), fixture.id());
        assert_eq!(opened, requests, "{data:.40}");
    }
    // A layer too.
    let image = fixture.clone().edit_manifest(|manifest| {
        manifest["layers"][0]["data"] = json!(encode(&fixture.layers[0].blob.bytes));
    });
    let mut memory = Memory::of(&image);
    memory.blobs.remove(fixture.layers[0].blob.digest.as_str());
    let opened = open_memory(memory, descriptor(&image.manifest)).unwrap();
    assert_eq!(unpacked(&opened.layers()[0]).unwrap(), fixture.layers[0].tar);
    // The document that carries it is limited as any other.
    let image = fixture.clone().edit_manifest(|manifest| {
        manifest["config"]["data"] = json!(encode(&vec![0; 4 << 20]));
    });
    assert_error(open_image(&image), Class::Malformed, &["over the limit manifest_bytes"]);
}

#[test]
fn a_subject_is_a_word_and_no_way() {
    let fixture = two_layers();
    let image = fixture.clone().edit_manifest(|manifest| {
        manifest["subject"] = json!({"mediaType": MediaType::OCI_MANIFEST, "digest": fixture.digest().as_str(), "size": 7});
    });
    let memory = std::sync::Arc::new(Memory::of(&image));
    let root = descriptor(&image.manifest);
    let opened = crate::support::block_on(cutaway_model::open(
        memory.clone(),
        root,
        None,
        &crate::support::amd64(),
        &Limits::default(),
    ))
    .unwrap();
    let subject = opened.manifest().unwrap().manifest.subject.as_ref().unwrap();
    assert_eq!(subject.digest, *fixture.digest());
    assert_eq!(memory.opened.load(Ordering::Relaxed), 2, "the manifest and the config");
}

#[test]
fn what_a_document_calls_itself_and_what_it_is_called_agree() {
    let index = MediaType::from(MediaType::OCI_INDEX);
    let manifest = MediaType::from(MediaType::DOCKER_MANIFEST);
    let unknown = MediaType::from("application/vnd.example");
    let digest = Digest::sha256(b"x");
    let as_manifest = format!(r#""config":{{"mediaType":"c","digest":"{digest}","size":1}}"#);
    let limits = Limits::default();
    for (text, called, says) in [
        (format!(r#"{{"mediaType":"{index}","manifests":[]}}"#), &manifest, "calls itself"),
        (format!(r#"{{"mediaType":"{manifest}",{as_manifest}}}"#), &index, "calls itself"),
        (r#"{"manifests":[]}"#.into(), &manifest, "is called a manifest"),
        (format!("{{{as_manifest}}}"), &index, "is called an index"),
        (
            format!(r#"{{"mediaType":"{manifest}","manifests":[]}}"#),
            &unknown,
            "is called a manifest",
        ),
    ] {
        let result = Document::parse(text.as_bytes(), Some(called), &limits, "it");
        assert_error(result, Class::Malformed, &[says]);
    }
    for text in
        [format!(r#"{{"mediaType":"{manifest}",{as_manifest}}}"#), format!("{{{as_manifest}}}")]
    {
        let oci = MediaType::from(MediaType::OCI_MANIFEST);
        for called in [None, Some(&oci), Some(&manifest), Some(&unknown)] {
            assert!(matches!(
                Document::parse(text.as_bytes(), called, &limits, "it"),
                Ok(Document::Manifest(_))
            ));
        }
    }
}

#[test]
fn chain_ids_are_those_of_the_specification() {
    // config.md: ChainID(A|B) = Digest(ChainID(A) + " " + DiffID(B)).
    let ids: Vec<_> = [b"a", b"b", b"c"]
        .iter()
        .map(|text| cutaway_model::DiffId(Digest::sha256(*text)))
        .collect();
    let second = Digest::sha256(format!("{} {}", ids[0], ids[1]).as_bytes());
    let third = Digest::sha256(format!("{second} {}", ids[2]).as_bytes());
    assert_eq!(chain_ids(&ids), [ids[0].0.clone(), second, third]);
    assert!(chain_ids(&[]).is_empty());
}

#[test]
fn the_config_is_read_as_it_is() {
    let image = sample();
    let config = Config::parse(&image.config.bytes, "config").unwrap();
    assert_eq!(config.platform, crate::support::amd64());
    assert_eq!(config.history.len(), 5);
    assert_eq!(config.history_of_layers(4)[1].unwrap().created_by, "RUN rm");
    let plain = Descriptor::new("x", Digest::sha256(b""), 0);
    assert_eq!((plain.urls.len(), plain.data), (0, None));
}
