//! Archives, read again by the model and by skopeo.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use cutaway_export::{DockerArchive, Error, Item, OciArchive, Source, pull};
use cutaway_fixtures::image;
use cutaway_model::source::{self, Archive, Files, Form, Selector};
use cutaway_model::{BlobSink, Image, SinkError};
use cutaway_ref::Platform;

use crate::support::{item, layout, name, open, options};

const TEXT: &str =
    "layer gzip\n  a 0644 \"1\"\nlayer zstd\n  b 0644 \"2\"\nlayer plain\n  c 0644 \"3\"\n";

/// Opens the only image of an archive, and reads every layer of it.
async fn read(path: &Path, form: Form) -> (String, usize) {
    let limits = options().limits;
    let files: Arc<dyn Files> = Arc::new(Archive::open(path, &limits.model).unwrap());
    let (selector, platform) = (Selector::Tag("1".into()), Platform::linux("amd64"));
    let image = source::open(files, form, &selector, &platform, &limits.model).await.unwrap();
    for layer in image.layers() {
        let mut stream = layer.uncompressed(&limits.model).await.unwrap();
        tokio::io::copy(&mut stream, &mut tokio::io::sink()).await.unwrap();
    }
    (image.id().to_string(), image.layers().len())
}

/// Pulls into an archive, and asks for its end whatever came of that.
async fn oci_archive(item: Item) -> (Result<(), Error>, Result<Vec<u8>, SinkError>) {
    let roots = [(&item.root, &item.name)];
    let archive = Arc::new(OciArchive::start(Vec::new(), "oci.tar", roots).await.unwrap());
    let sink: Arc<dyn BlobSink> = archive.clone();
    let pulled = pull(Source::Root(item), &sink, &options()).await;
    (pulled.map(drop), archive.finish().await)
}

async fn docker_archive(image: Image) -> Vec<u8> {
    let name = name();
    let archive = DockerArchive::start(Vec::new(), "docker.tar", [(&image, &name)]).await.unwrap();
    let archive = Arc::new(archive);
    let sink: Arc<dyn BlobSink> = archive.clone();
    pull(Source::Image(Box::new(image), name), &sink, &options()).await.unwrap();
    archive.finish().await.unwrap()
}

#[tokio::test]
async fn both_forms_hold_the_image() {
    let fixture = image(TEXT);
    let (source, target) = (layout(&fixture), tempfile::tempdir().unwrap());
    let wanted = (fixture.id().to_string(), 3);
    let oci = target.path().join("oci.tar");
    let (_, tar) = oci_archive(item(source.path()).await).await;
    std::fs::write(&oci, tar.unwrap()).unwrap();
    assert_eq!(read(&oci, Form::Oci).await, wanted);
    let docker = target.path().join("docker.tar");
    std::fs::write(&docker, docker_archive(open(source.path()).await).await).unwrap();
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
    let (pulled, tar) = oci_archive(item(source.path()).await).await;
    let error = pulled.unwrap_err();
    assert!(error.to_string().contains("has the digest"), "{error}");
    // Nor can it be had by asking for it.
    let error = tar.unwrap_err();
    assert!(error.to_string().contains("broke off within a member"), "{error}");
}
