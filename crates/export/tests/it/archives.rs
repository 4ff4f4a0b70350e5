//! Archives, read again by the model and by skopeo.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use cutaway_export::{Limits, to_docker_archive, to_oci_archive};
use cutaway_fixtures::image;
use cutaway_model::source::{self, Archive, Files, Form, Selector};
use cutaway_ref::Platform;

use crate::support::{item, layout, open};

const TEXT: &str =
    "layer gzip\n  a 0644 \"1\"\nlayer zstd\n  b 0644 \"2\"\nlayer plain\n  c 0644 \"3\"\n";

/// Opens the only image of an archive, and reads every layer of it.
async fn read(path: &Path, form: Form) -> (String, usize) {
    let limits = Limits::default();
    let files: Arc<dyn Files> = Arc::new(Archive::open(path, &limits.model).unwrap());
    let (selector, platform) = (Selector::Tag("1".into()), Platform::linux("amd64"));
    let image = source::open(files, form, &selector, &platform, &limits.model).await.unwrap();
    for layer in image.layers() {
        let mut stream = layer.uncompressed(&limits.model).await.unwrap();
        tokio::io::copy(&mut stream, &mut tokio::io::sink()).await.unwrap();
    }
    (image.id().to_string(), image.layers().len())
}

#[tokio::test]
async fn both_forms_hold_the_image() {
    let fixture = image(TEXT);
    let (source, target) = (layout(&fixture), tempfile::tempdir().unwrap());
    let wanted = (fixture.id().to_string(), 3);
    let oci = target.path().join("oci.tar");
    let out = tokio::fs::File::create(&oci).await.unwrap();
    let items = [item(source.path()).await];
    to_oci_archive(&items, &Limits::default(), out, "oci.tar").await.unwrap();
    assert_eq!(read(&oci, Form::Oci).await, wanted);
    let docker = target.path().join("docker.tar");
    let out = tokio::fs::File::create(&docker).await.unwrap();
    let opened = open(source.path()).await;
    to_docker_archive(&[(opened, vec!["example.org/app:1".into()])], out, "docker.tar")
        .await
        .unwrap();
    assert_eq!(read(&docker, Form::Docker).await, wanted);
    if Command::new("skopeo").arg("--version").output().is_err() {
        eprintln!("skipped: no skopeo");
        return;
    }
    for (kind, path) in [("oci-archive", &oci), ("docker-archive", &docker)] {
        let from = format!("{kind}:{}", path.display());
        let to = format!("dir:{}", target.path().join(kind).display());
        let copied =
            Command::new("skopeo").args(["copy", "-q", "--insecure-policy", &from, &to]).output();
        let copied = copied.unwrap();
        assert!(copied.status.success(), "{kind}: {}", String::from_utf8_lossy(&copied.stderr));
    }
}

#[tokio::test]
async fn a_blob_that_is_not_its_digest_leaves_no_end() {
    let fixture = image(TEXT);
    let source = layout(&fixture);
    let blob = source.path().join("blobs/sha256").join(fixture.layers[1].blob.digest.encoded());
    let mut bytes = std::fs::read(&blob).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&blob, bytes).unwrap();
    let items = [item(source.path()).await];
    let mut tar = Vec::new();
    let error = to_oci_archive(&items, &Limits::default(), &mut tar, "x").await.unwrap_err();
    assert!(error.to_string().contains("has the digest"), "{error}");
    assert!(!tar.ends_with(&[0; 1024]));
}
