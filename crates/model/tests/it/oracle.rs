//! Our documents against the types of oci-spec, which read the same bytes with rules of their own.

use cutaway_fixtures::{FixtureImage, image};
use cutaway_model::{Config, Descriptor, Document, Index, Limits, Manifest};
use cutaway_ref::{Digest, Platform};
use oci_spec::image as spec;
use serde_json::json;

use crate::support::{open_image, sample};

fn ours(bytes: &[u8]) -> Manifest {
    match Document::parse(bytes, None, &Limits::default(), "manifest").unwrap() {
        Document::Manifest(manifest) => manifest,
        Document::Index(_) => panic!("a manifest is none"),
    }
}

fn manifests() -> Vec<FixtureImage> {
    let annotated = sample().edit_manifest(|manifest| {
        manifest["annotations"] = serde_json::json!({"a": "b", "c": "d\n"});
        manifest["layers"][1]["annotations"] = serde_json::json!({"x": "y"});
        manifest["layers"][2]["urls"] = serde_json::json!(["https://example.com/"]);
    });
    let artifact = sample().edit_manifest(|manifest| {
        let config = manifest["config"].clone();
        manifest["artifactType"] = json!("application/vnd.example");
        manifest["subject"] = config;
        manifest["layers"][0]["artifactType"] = json!("application/vnd.example.part");
        manifest["layers"][1]["data"] = json!("aGVsbG8=");
        manifest["layers"][2]["platform"] =
            json!({"os": "linux", "architecture": "arm", "variant": "v7"});
    });
    vec![
        sample(),
        annotated,
        artifact,
        image(""),
        image("docker\nlayer gzip\n  a 0644\n"),
        sample().uncompressed(),
    ]
}

#[test]
fn manifests_say_the_same() {
    for fixture in manifests() {
        let ours = ours(&fixture.manifest.bytes);
        let theirs = spec::ImageManifest::from_reader(&fixture.manifest.bytes[..]).unwrap();
        assert_eq!(spec::ImageManifest::try_from(&ours).unwrap(), theirs);
        assert_eq!(Manifest::try_from(&theirs).unwrap(), ours);
        for (ours, theirs) in ours.layers.iter().zip(theirs.layers()) {
            assert_eq!(spec::Descriptor::try_from(ours).unwrap(), *theirs);
            assert_eq!(Descriptor::try_from(theirs).unwrap(), *ours);
        }
    }
}

#[test]
fn indexes_say_the_same() {
    let entry = |kind: &str| {
        let platform =
            Some(Platform { os_version: Some("10.0.1".into()), ..crate::support::amd64() });
        let annotations = [("a".to_owned(), "b".to_owned())].into();
        let (data, artifact_type) = (Some(b"hello".to_vec()), Some(format!("{kind}+x")));
        let plain = Descriptor::new(kind, Digest::sha256(b"hello"), 5);
        Descriptor { platform, annotations, data, artifact_type, ..plain }
    };
    let index = Index {
        media_type: Some("application/vnd.oci.image.index.v1+json".into()),
        manifests: vec![entry("application/vnd.oci.image.manifest.v1+json"), entry("x/y")],
        annotations: [("c".to_owned(), "d".to_owned())].into(),
        subject: Some(entry("x/subject")),
        artifact_type: Some("x/artifact".into()),
    };
    let theirs = spec::ImageIndex::try_from(&index).unwrap();
    assert_eq!(Index::try_from(&theirs).unwrap(), index);
    let text = r#"{"schemaVersion":2,"manifests":[],"artifactType":"x/y","subject":{"mediaType":"x/z",
        "digest":"sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824","size":5}}"#;
    let parsed = Document::parse(text.as_bytes(), None, &Limits::default(), "index").unwrap();
    let Document::Index(ours) = parsed else { panic!("an index is none") };
    let theirs = spec::ImageIndex::from_reader(text.as_bytes()).unwrap();
    assert_eq!(spec::ImageIndex::try_from(&ours).unwrap(), theirs);
    assert!(ours.subject.is_some() && ours.artifact_type.is_some());
}

#[test]
fn configs_say_the_same() {
    let images = manifests();
    let corpus = crate::corpus::configs();
    let texts = images.iter().map(|image| image.config.bytes.to_vec()).chain(corpus);
    for text in texts {
        let ours = Config::parse(&text, "config").unwrap();
        let theirs = spec::ImageConfiguration::from_reader(&text[..]).unwrap();
        assert_eq!(ours.platform.os, theirs.os().to_string());
        assert_eq!(ours.platform.architecture, theirs.architecture().to_string());
        let diff_ids: Vec<String> = ours.diff_ids.iter().map(ToString::to_string).collect();
        assert_eq!(diff_ids, *theirs.rootfs().diff_ids());
        let run = theirs.config().clone().unwrap_or_default();
        assert_eq!(ours.run.env, run.env().clone().unwrap_or_default());
        assert_eq!(ours.run.cmd, run.cmd().clone().unwrap_or_default());
        let steps = theirs.history().clone().unwrap_or_default();
        assert_eq!(ours.history.len(), steps.len());
        for (ours, theirs) in ours.history.iter().zip(&steps) {
            assert_eq!(ours.created_by, theirs.created_by().clone().unwrap_or_default());
            assert_eq!(ours.empty_layer, theirs.empty_layer().unwrap_or_default());
        }
    }
}

#[test]
fn an_opened_image_is_one_of_theirs() {
    let opened = open_image(&sample()).unwrap();
    let config = spec::ImageConfiguration::try_from(&opened).unwrap();
    assert_eq!(config.rootfs().diff_ids().len(), opened.layers().len());
    let manifest = spec::ImageManifest::try_from(&opened.manifest().unwrap().manifest).unwrap();
    assert_eq!(manifest.config().digest().to_string(), opened.id().to_string());
}
