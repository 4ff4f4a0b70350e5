//! Archives that pass, into a layout.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use cutaway_export::{Error, Pulled, Rewritten, Source};
use cutaway_fixtures::{DockerArchive, ImageBuilder, LayerBuilder, LayerNames, image};
use cutaway_model::source::Selector;
use cutaway_model::{Compression, Limits, MediaType};

use crate::support::{archive, into_layout, name, open};

async fn pulled(bytes: Vec<u8>, directory: &Path) -> Result<Pulled, Error> {
    let archive = archive(&[&bytes], Selector::Only);
    into_layout([Source::Archive(archive, name())], directory).await
}

/// Compresses with a program; none where it is absent.
fn through(program: &str, input: &[u8]) -> Option<Vec<u8>> {
    let command =
        Command::new(program).arg("-c").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut child) = command else {
        eprintln!("skipped: no {program}");
        return None;
    };
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let feeding = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    feeding.join().unwrap().unwrap();
    Some(output.stdout)
}

/// Returns the names of what lies in the folder of unfinished blobs.
fn unfinished(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory.join(".cutaway-partial")).into_iter().flatten();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test]
async fn what_oci_has_no_type_for_is_compressed_again() {
    for (program, found) in [("xz", Compression::Xz), ("bzip2", Compression::Bzip2)] {
        let plain = image("layer plain\n  a 0644 zeros=300000\n  b 0644 \"b\"\n");
        let tar = plain.layers[0].tar.clone();
        let Some(stored) = through(program, &tar) else { continue };
        assert_eq!(Compression::sniff(&stored), found);
        let odd = LayerBuilder::from_stored(MediaType::OCI_LAYER, stored, tar.clone());
        let image = ImageBuilder::new()
            .layer(odd.clone())
            .layer(LayerBuilder::new(cutaway_fixtures::Compression::GZIP).file("c", "c"))
            .layer(odd)
            .layer(LayerBuilder::new(cutaway_fixtures::Compression::ZSTD).file("d", "d"))
            .build();
        let archive =
            DockerArchive::new().layer_names(LayerNames::Stored).image(&["app:1"], &image);
        let archive = archive.archive();
        let mut digests = Vec::new();
        for _ in 0..5 {
            let target = tempfile::tempdir().unwrap();
            let done = pulled(archive.clone(), target.path()).await.unwrap();
            assert_eq!((done.fetched, done.kept), (3, 0));
            assert_eq!(done.rewritten, [Rewritten { layer: 0, from: found }]);
            let opened = open(target.path()).await;
            assert_eq!(opened.id(), image.id());
            let kinds: Vec<&str> =
                opened.layers().iter().map(|layer| layer.media_type().unwrap().as_str()).collect();
            let (gzip, zstd) = (MediaType::OCI_LAYER_GZIP, MediaType::OCI_LAYER_ZSTD);
            assert_eq!(kinds, [gzip, gzip, gzip, zstd], "{program}");
            // Each is what its type says, and unpacks to its diffID.
            let limits = Limits::default();
            for layer in opened.layers() {
                let unpacking = layer.unpack(&limits).await.unwrap();
                let promised = Compression::promised(layer.media_type().unwrap());
                assert_eq!(Some(unpacking.reader.compression()), promised);
                let mut stream = layer.uncompressed(&limits).await.unwrap();
                tokio::io::copy(&mut stream, &mut tokio::io::sink()).await.unwrap();
            }
            // What has a type stays as it is stored.
            assert_eq!(opened.layers()[1].digest(), Some(&image.layers[1].blob.digest));
            assert_eq!(opened.layers()[3].digest(), Some(&image.layers[3].blob.digest));
            digests.push(opened.digest().cloned());
        }
        // The same archive makes the same image.
        assert!(digests.windows(2).all(|two| two[0] == two[1]), "{digests:?}");
    }
}

#[tokio::test]
async fn an_archive_that_breaks_off_leaves_no_blob() {
    let image = image("layer gzip\n  a 0644 zeros=300000\nlayer gzip\n  b 0644 \"b\"\n");
    let archive = DockerArchive::new().image(&["app:1"], &image).archive();
    let mut wrong = archive.clone();
    let hit = wrong.windows(64).position(|bytes| bytes == [0; 64]).unwrap();
    wrong[hit + 40] = 1;
    for broken in [archive[..archive.len() / 2].to_vec(), wrong] {
        let target = tempfile::tempdir().unwrap();
        pulled(broken, target.path()).await.unwrap_err();
        assert!(!target.path().join("blobs").exists());
        assert_eq!(unfinished(target.path()), ["lock"]);
        // It takes the image later.
        assert_eq!(pulled(archive.clone(), target.path()).await.unwrap().fetched, 2);
        assert_eq!(open(target.path()).await.id(), image.id());
    }
}

#[tokio::test]
async fn what_the_image_does_not_list_is_not_kept() {
    let (one, two) = (image("layer gzip\n  a 0644 \"1\"\n"), image("layer gzip\n  b 0644 \"2\"\n"));
    let archive = DockerArchive::new().image(&["app:1"], &one).image(&["app:2"], &two).archive();
    let archive = crate::support::archive(&[&archive], Selector::parse(":app:2").unwrap());
    let target = tempfile::tempdir().unwrap();
    into_layout([Source::Archive(archive, name())], target.path()).await.unwrap();
    assert_eq!(open(target.path()).await.id(), two.id());
    // Its layer, its config and its manifest.
    assert_eq!(std::fs::read_dir(target.path().join("blobs/sha256")).unwrap().count(), 3);
}
