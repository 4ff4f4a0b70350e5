//! One image from every source: the same answers and the same bytes.

use std::sync::{Arc, Mutex};

use cutaway_fixtures::{
    ArchiveShape, Compression, DockerArchive, FixtureImage, FixtureIndex, LayerNames, Layout,
    MediaTypes, MemberOrder, image,
};
use cutaway_model::source::{Archive, Files, Form, ReadAt};
use cutaway_model::{DiffId, Image, Manifest, MediaType, chain_ids};
use cutaway_ref::Digest;

use crate::support::{OnDisk, amd64, open_files, open_image, pass, sample, stored, unpacked};

fn shapes() -> Vec<ArchiveShape> {
    let mut shapes = Vec::new();
    for order in [MemberOrder::DocumentsLast, MemberOrder::DocumentsFirst, MemberOrder::Sorted] {
        for dot_slash in [false, true] {
            for compression in [
                Compression::Plain,
                Compression::Gzip { members: 3 },
                Compression::Zstd { frames: 2, skippable: true },
            ] {
                shapes.push(ArchiveShape { order, dot_slash, directories: dot_slash, compression });
            }
        }
    }
    shapes
}

const NAMES: [LayerNames; 4] =
    [LayerNames::Classic, LayerNames::Skopeo, LayerNames::Stored, LayerNames::Docker25];

/// What has to be the same from everywhere.
#[track_caller]
fn assert_same(opened: &Image, fixture: &FixtureImage, from: &str) {
    assert_eq!(opened.id(), fixture.id(), "{from}");
    assert_eq!(opened.raw_config(), &fixture.config.bytes[..], "{from}");
    let diff_ids: Vec<DiffId> =
        fixture.layers.iter().map(|layer| DiffId(layer.diff_id.clone())).collect();
    assert_eq!(opened.config().diff_ids, diff_ids, "{from}");
    let found: Vec<_> = opened.layers().iter().map(|layer| layer.diff_id().clone()).collect();
    assert_eq!(found, diff_ids, "{from}");
    let chains: Vec<_> = opened.layers().iter().map(|layer| layer.chain_id().clone()).collect();
    assert_eq!(chains, chain_ids(&diff_ids), "{from}");
    for (index, (layer, fixture)) in opened.layers().iter().zip(&fixture.layers).enumerate() {
        assert_eq!(layer.index(), index);
        assert_eq!(layer.history().unwrap().created_by, fixture.created_by, "{from}");
    }
}

/// What has to be the same where a manifest was read.
#[track_caller]
fn assert_stated(opened: &Image, fixture: &FixtureImage, from: &str) {
    assert_eq!(opened.digest(), Some(fixture.digest()), "{from}");
    let stated = opened.manifest().unwrap();
    assert_eq!(stated.raw, fixture.manifest.bytes, "{from}");
    assert_eq!(opened.media_type().unwrap().as_str(), fixture.manifest.media_type, "{from}");
}

#[track_caller]
fn assert_blobs(opened: &Image, fixture: &FixtureImage, from: &str) {
    for (layer, fixture) in opened.layers().iter().zip(&fixture.layers) {
        assert_eq!(layer.digest(), Some(&fixture.blob.digest), "{from}");
        assert_eq!(layer.size(), Some(fixture.blob.size), "{from}");
        assert_eq!(layer.media_type().unwrap().as_str(), fixture.blob.media_type, "{from}");
        let (bytes, outcome) = stored(layer).unwrap();
        assert_eq!(bytes, fixture.blob.bytes, "{from}");
        assert_eq!((&outcome.digest, outcome.size), (&fixture.blob.digest, fixture.blob.size));
        assert_eq!(unpacked(layer).unwrap(), fixture.tar, "{from}");
    }
}

#[test]
fn from_memory_and_a_layout() {
    for fixture in [sample(), sample().uncompressed(), docker_typed(), image("")] {
        let opened = open_image(&fixture).unwrap();
        assert_same(&opened, &fixture, "memory");
        assert_stated(&opened, &fixture, "memory");
        assert_blobs(&opened, &fixture, "memory");
        let disk = OnDisk::layout(&Layout::new().image("3.18", &fixture));
        for selector in ["", ":3.18", &format!("@{}", fixture.digest())] {
            let opened = disk.open(selector).unwrap();
            assert_same(&opened, &fixture, selector);
            assert_stated(&opened, &fixture, selector);
            assert_blobs(&opened, &fixture, selector);
        }
    }
}

fn docker_typed() -> FixtureImage {
    image("docker\nlayer gzip\n  a 0644 \"x\"\nlayer zstd\n  b 0644 \"y\"\n")
}

#[test]
fn from_oci_archives_of_every_shape() {
    let fixture = sample();
    let layout = Layout::new().image("3.18", &fixture);
    for shape in shapes() {
        let from = format!("{shape:?}");
        let archive = layout.archive(&shape);
        if shape.compression == Compression::Plain {
            let opened = OnDisk::archive(&archive).unwrap().open(":3.18").unwrap();
            assert_same(&opened, &fixture, &from);
            assert_stated(&opened, &fixture, &from);
            assert_blobs(&opened, &fixture, &from);
        }
        let passed = pass(&archive, 4096).unwrap();
        let opened = open_files(&passed.files, "", &amd64()).unwrap();
        assert_same(&opened, &fixture, &from);
        assert_stated(&opened, &fixture, &from);
        for layer in &fixture.layers {
            let name = format!("blobs/sha256/{}", layer.blob.digest.encoded());
            assert_eq!(passed.members[&name], layer.blob.bytes, "{from}");
        }
    }
}

#[test]
fn from_docker_archives_of_every_shape() {
    let fixture = sample();
    for names in NAMES {
        for shape in shapes() {
            let from = format!("{names:?} {shape:?}");
            let archive = DockerArchive::new()
                .image(&["alpine:3.18"], &fixture)
                .layer_names(names)
                .shape(shape)
                .archive();
            if shape.compression == Compression::Plain {
                let opened = OnDisk::archive(&archive).unwrap().open(":3.18").unwrap();
                assert_same(&opened, &fixture, &from);
                for (layer, fixture) in opened.layers().iter().zip(&fixture.layers) {
                    let (bytes, outcome) = stored(layer).unwrap();
                    assert_eq!(outcome.digest, Digest::sha256(&bytes), "{from}");
                    if matches!(names, LayerNames::Stored | LayerNames::Docker25) {
                        assert_eq!(bytes, fixture.blob.bytes, "{from}");
                    } else {
                        assert_eq!(outcome.digest, fixture.diff_id, "{from}");
                    }
                    assert_eq!(unpacked(layer).unwrap(), fixture.tar, "{from}");
                }
            }
            let passed = pass(&archive, 10_000).unwrap();
            let opened = open_files(&passed.files, "", &amd64()).unwrap();
            assert_same(&opened, &fixture, &from);
        }
    }
}

#[test]
fn from_archives_older_than_image_configs() {
    let fixture = sample();
    for shape in shapes() {
        let from = format!("{shape:?}");
        let archive = DockerArchive::new()
            .image(&["old/app:1"], &fixture)
            .layer_names(LayerNames::V1)
            .shape(shape)
            .archive();
        if shape.compression != Compression::Plain {
            continue;
        }
        let disk = OnDisk::archive(&archive).unwrap();
        for selector in ["", ":1", ":old/app:1"] {
            let opened = disk.open(selector).unwrap();
            assert!(opened.is_computed());
            assert_eq!(opened.remarks()[0].code, "docker-v1");
            assert_eq!((opened.digest(), opened.layers().len()), (None, 4));
            for (layer, fixture) in opened.layers().iter().zip(&fixture.layers) {
                assert_eq!(layer.diff_id().0, fixture.diff_id, "{from}");
                assert_eq!(unpacked(layer).unwrap(), fixture.tar, "{from}");
            }
        }
    }
}

#[test]
fn only_archives_of_newer_engines_carry_a_manifest() {
    for names in NAMES {
        let archive = DockerArchive::new().image(&["a:1"], &sample()).layer_names(names).archive();
        let opened = OnDisk::archive(&archive).unwrap().open("").unwrap();
        if names == LayerNames::Docker25 {
            assert_stated(&opened, &sample(), "Docker 25");
        } else {
            assert_eq!((opened.digest(), opened.media_type()), (None, None));
            assert!(opened.layers().iter().all(|layer| layer.digest().is_none()));
        }
    }
}

#[test]
fn an_image_finds_its_layers() {
    let fixture = sample();
    let opened = open_image(&fixture).unwrap();
    let twice = &fixture.layers[3];
    assert_eq!(twice.diff_id, fixture.layers[0].diff_id);
    assert_eq!(opened.layer_by_digest(&twice.blob.digest).unwrap().index(), 0);
    assert_eq!(opened.layer_by_diff_id(&DiffId(twice.diff_id.clone())).unwrap().index(), 0);
    let absent = Digest::sha256(b"absent");
    assert!(opened.layer_by_digest(&absent).is_none());
    assert!(opened.layer_by_diff_id(&DiffId(absent)).is_none());
}

#[test]
fn how_a_layer_is_stored_does_not_change_its_diff_id() {
    let tars: Vec<_> = sample().layers.iter().map(|layer| layer.tar.clone()).collect();
    for compression in [
        Compression::Plain,
        Compression::GZIP,
        Compression::Gzip { members: 5 },
        Compression::ZSTD,
        Compression::Zstd { frames: 4, skippable: true },
    ] {
        let fixture = sample().recompressed(compression);
        let opened = open_image(&fixture).unwrap();
        assert_eq!(opened.id(), sample().id(), "{compression:?}");
        for (layer, tar) in opened.layers().iter().zip(&tars) {
            assert_eq!(unpacked(layer).unwrap(), *tar, "{compression:?}");
        }
    }
}

/// The bytes of an archive, which note every place that was read.
#[derive(Debug)]
struct Noted(Vec<u8>, Mutex<Vec<(u64, usize)>>);

impl ReadAt for Noted {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> std::io::Result<usize> {
        let rest = &self.0[self.0.len().min(usize::try_from(offset).unwrap())..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.1.lock().unwrap().push((offset, count));
        Ok(count)
    }
}

#[test]
fn an_archive_is_walked_over_once() {
    let layers: String =
        (0..30).map(|n| format!("layer plain\n  f{n} 0644 zeros=200000\n")).collect();
    let fixture = image(&layers);
    for (form, archive) in [
        (Form::Oci, Layout::new().image("1", &fixture).archive(&ArchiveShape::default())),
        (Form::Docker, DockerArchive::new().image(&["a:1"], &fixture).archive()),
    ] {
        let noted = Arc::new(Noted(archive.clone(), Mutex::default()));
        let taken = || std::mem::take(&mut *noted.1.lock().unwrap());
        let limits = cutaway_model::Limits::default();
        let size = u64::try_from(archive.len()).unwrap();
        let files: Arc<dyn Files> =
            Arc::new(Archive::over(noted.clone(), size, "archive", &limits).unwrap());
        let headers = taken();
        assert!(headers.is_sorted(), "{form:?}: one walk, from the first header to the last");
        let bytes: usize = headers.iter().map(|(_, count)| count).sum();
        assert!(
            bytes < archive.len() / 5,
            "{form:?}: {bytes} bytes of {} for headers",
            archive.len()
        );
        let opened = crate::support::open_form(&files, form, "", &amd64()).unwrap();
        let documents: usize = taken().iter().map(|(_, count)| count).sum();
        assert!(documents < 20_000, "{form:?}: {documents} bytes of documents");
        // Each layer costs its own bytes, in any order.
        for layer in opened.layers().iter().rev() {
            stored(layer).unwrap();
            let read = taken();
            let bytes: usize = read.iter().map(|(_, count)| count).sum();
            assert_eq!(Some(u64::try_from(bytes).unwrap()), layer.size(), "{form:?}");
            assert!(
                read.windows(2).all(|two| two[1].0 == two[0].0 + u64::try_from(two[0].1).unwrap())
            );
        }
    }
}

#[test]
fn an_index_is_read_down_to_the_image() {
    let (arm, amd) = (image("platform linux/arm64\nlayer gzip\n  a 0644 \"arm\"\n"), sample());
    let inner = FixtureIndex::new([arm.clone(), amd.clone()]);
    let outer = FixtureIndex::nested([], [inner.clone()]);
    let disk = OnDisk::layout(&Layout::new().index("all", &outer));
    assert_same(&disk.open(":all").unwrap(), &amd, "amd64");
    let arm64 = "linux/arm64/v8".parse().unwrap();
    assert_same(&disk.open_for("", &arm64).unwrap(), &arm, "arm64");
    let root = crate::support::descriptor(&outer.manifest);
    let memory = crate::support::Memory::of_index(&outer);
    let limits = cutaway_model::Limits::default();
    let read = cutaway_model::read_document(&memory, &root, &limits);
    let (document, raw) = crate::support::block_on(read).unwrap();
    let cutaway_model::Document::Index(index) = document else { panic!("an index is one") };
    assert_eq!(raw, outer.manifest.bytes);
    assert_eq!(index.manifests[0].digest, inner.manifest.digest);
}

#[test]
fn media_types_have_their_classes() {
    for (types, manifest, index) in [
        (MediaTypes::Oci, MediaType::OCI_MANIFEST, MediaType::OCI_INDEX),
        (MediaTypes::Docker, MediaType::DOCKER_MANIFEST, MediaType::DOCKER_LIST),
    ] {
        assert_eq!((types.manifest(), types.index()), (manifest, index));
        let (manifest, index) = (MediaType::from(manifest), MediaType::from(index));
        let config = MediaType::from(types.config());
        assert!(manifest.is_manifest() && !manifest.is_index() && !manifest.is_config());
        assert!(index.is_index() && !index.is_manifest());
        assert!(config.is_config() && !config.is_manifest() && !config.is_index());
    }
    let unknown = MediaType::from("application/vnd.example");
    assert!(!unknown.is_manifest() && !unknown.is_index() && !unknown.is_config());
}

#[test]
fn foreign_urls_are_kept_and_never_needed() {
    let fixture = sample().edit_manifest(|manifest| {
        manifest["layers"][0]["urls"] = serde_json::json!(["https://example.com/layer"]);
    });
    let opened = open_image(&fixture).unwrap();
    let Manifest { layers, .. } = &opened.manifest().unwrap().manifest;
    assert_eq!(layers[0].urls, ["https://example.com/layer"]);
    assert_blobs(&opened, &sample(), "with urls");
}
