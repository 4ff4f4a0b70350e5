//! Layers that are called something else: the bytes are verified, and beside layers of files they decide.

use std::sync::Arc;

use cutaway_fixtures::{Compression, FixtureImage, ImageBuilder, LayerBuilder};
use cutaway_model::{Blobs, Descriptor, MediaType};
use cutaway_read::{Depth, Input, ListingOnly, Select, Validated, Validation, layers, validate};
use cutaway_ref::{Digest, Platform};

use crate::support::{Held, options};

const STATEMENT: &[u8] = b"{\"_type\":\"https://in-toto.io/Statement/v0.1\"}";
const IN_TOTO: &str = "application/vnd.in-toto+json";

fn files() -> LayerBuilder {
    LayerBuilder::new(Compression::GZIP).file("etc/issue", "hello")
}

fn odd(media_type: &str, stored: &[u8]) -> LayerBuilder {
    LayerBuilder::from_stored(media_type, stored.to_vec(), stored.to_vec())
}

/// A tar with one file, as it is.
fn tar() -> Vec<u8> {
    let image = ImageBuilder::new().layer(LayerBuilder::new(Compression::Plain).file("x", "1"));
    image.build().layers[0].blob.bytes.to_vec()
}

fn build(layers: impl IntoIterator<Item = LayerBuilder>) -> FixtureImage {
    layers.into_iter().fold(ImageBuilder::new(), ImageBuilder::layer).build()
}

async fn validated(fixture: FixtureImage) -> Validation {
    let size = u64::try_from(fixture.manifest.bytes.len()).unwrap();
    let root = Descriptor::new(MediaType::OCI_MANIFEST, fixture.digest().clone(), size);
    let directory = tempfile::tempdir().unwrap();
    cutaway_fixtures::Layout::new().image("1", &fixture).write_dir(directory.path()).unwrap();
    let files = Arc::new(cutaway_model::source::Directory::new(directory.path()));
    let blobs: Arc<dyn Blobs> = cutaway_model::source::blobs(files);
    let what = Validated::Documents { blobs, root, platform: Platform::linux("amd64") };
    validate(what, Depth::Full, &options(2)).await.unwrap().0
}

#[tokio::test]
async fn beside_files_the_bytes_decide() {
    for (layer, code, entries) in [
        (odd(IN_TOTO, STATEMENT), "layer-passed-over", 0),
        (odd("application/octet-stream", b"model"), "layer-passed-over", 0),
        (odd("application/vnd.own.layer", &tar()), "layer-type", 1),
    ] {
        let held = Held::of(build([files(), layer])).await;
        let how = options(2);
        let read = layers(Input::from(held.image), Select::ALL, |_: &_| ListingOnly, &how);
        let read = read.await.unwrap();
        assert_eq!(read.layers[1].listing.len(), entries, "{code}");
        assert_eq!(read.layers[1].warnings[0].code, code);
        assert!(read.layers[0].warnings.is_empty(), "{:?}", read.layers[0].warnings);
    }
}

/// A type that says nothing of what is in a layer leaves that to its bytes, also where there is no other layer.
#[tokio::test]
async fn alone_the_bytes_decide_where_the_type_says_nothing() {
    let gzip = || cutaway_fixtures::compress(&tar(), Compression::GZIP);
    for (media_type, stored, is_read) in [
        ("application/octet-stream", tar(), true),
        ("application/octet-stream", gzip(), true),
        ("Application/Octet-Stream", gzip(), true),
        ("application/x-gzip", gzip(), true),
        ("application/x-tar", tar(), true),
        ("application/x-tar+gzip", gzip(), true),
        ("application/octet-stream", b"model".to_vec(), false),
        ("application/gzip", b"model".to_vec(), false),
        ("application/vnd.own.layer", tar(), false),
    ] {
        let layer = LayerBuilder::from_stored(media_type, stored.clone(), tar());
        let image = if is_read { layer } else { odd(media_type, &stored) };
        let fixture = build([image]);
        let held = Held::of(fixture.clone()).await;
        let how = options(2);
        let read = layers(Input::from(held.image), Select::ALL, |_: &_| ListingOnly, &how).await;
        match read {
            Ok(read) => assert_eq!((read.layers[0].listing.len(), is_read), (1, true)),
            Err(error) => assert!(!is_read && error.to_string().contains(media_type), "{error}"),
        }
        let valid = validated(fixture).await;
        assert!(valid.is_valid(), "{media_type}: {:?}", valid.findings);
    }
}

#[tokio::test]
async fn without_files_there_is_nothing_to_read_and_all_to_verify() {
    for media_type in [
        IN_TOTO,
        "application/vnd.dev.cosign.simplesigning.v1+json",
        "application/vnd.wasm.content.layer.v1+wasm",
        "application/vnd.docker.ai.gguf.v3",
        "application/vnd.oci.image.layer.v1.tar+gzip+encrypted",
    ] {
        let fixture = build([odd(media_type, STATEMENT)]);
        let held = Held::of(fixture.clone()).await;
        let how = options(2);
        let read = layers(Input::from(held.image), Select::ALL, |_: &_| ListingOnly, &how);
        let error = read.await.unwrap_err();
        assert_eq!(error.class(), cutaway_model::Class::Malformed);
        assert!(error.to_string().contains(media_type), "{error}");

        let valid = validated(fixture.clone()).await;
        assert!(valid.is_valid(), "{media_type}: {:?}", valid.findings);
        let broken = validated(fixture.flip_byte(0, 3)).await;
        assert_eq!(broken.findings[0].code, "wrong-digest", "{media_type}");
    }
}

#[tokio::test]
async fn encrypted_layers_are_named() {
    for kind in [
        "application/vnd.oci.image.layer.v1.tar+gzip+encrypted",
        "application/vnd.docker.image.rootfs.diff.tar.gzip+enc",
    ] {
        let held = Held::of(build([files(), odd(kind, b"noise")])).await;
        let how = options(2);
        let read = layers(Input::from(held.image), Select::ALL, |_: &_| ListingOnly, &how);
        let error = read.await.unwrap_err().to_string();
        assert!(error.contains(kind) && error.contains("encrypted, and not read"), "{error}");
    }
}

/// What the config is called decides nothing: its diffIDs count.
#[tokio::test]
async fn a_config_of_an_odd_type_is_held_to_its_layers() {
    for kind in ["application/octet-stream", "text/html", "application/json", ""] {
        let right =
            validated(build([files()]).edit_manifest(|m| m["config"]["mediaType"] = kind.into()))
                .await;
        assert!(right.is_valid(), "{kind}: {:?}", right.findings);
        let wrong = validated(
            build([files()])
                .wrong_diff_id(0)
                .edit_manifest(|m| m["config"]["mediaType"] = kind.into()),
        )
        .await;
        assert_eq!(wrong.findings[0].code, "wrong-diff-id", "{kind}");
    }
}

/// What its owner alone keeps need not be there; everything else has to.
#[tokio::test]
async fn layers_of_other_owners_may_be_elsewhere() {
    let tar = tar();
    for (kind, is_valid) in [
        ("application/vnd.docker.image.rootfs.foreign.diff.tar", true),
        ("application/vnd.oci.image.layer.nondistributable.v1.tar", true),
        (MediaType::OCI_LAYER, false),
    ] {
        let fixture = build([files(), odd(kind, &tar)]);
        let size = u64::try_from(fixture.manifest.bytes.len()).unwrap();
        let root = Descriptor::new(MediaType::OCI_MANIFEST, fixture.digest().clone(), size);
        let directory = tempfile::tempdir().unwrap();
        let layout = cutaway_fixtures::Layout::new().image("1", &fixture);
        let layout = layout.without(&fixture.layers[1].blob.digest);
        layout.write_dir(directory.path()).unwrap();
        for depth in [Depth::Fast, Depth::Full] {
            let files = Arc::new(cutaway_model::source::Directory::new(directory.path()));
            let blobs: Arc<dyn Blobs> = cutaway_model::source::blobs(files);
            let platform = Platform::linux("amd64");
            let what = Validated::Documents { blobs, root: root.clone(), platform };
            let (validation, _) = validate(what, depth, &options(2)).await.unwrap();
            assert_eq!(validation.is_valid(), is_valid, "{kind} {depth:?}");
            assert_eq!(validation.blobs, if is_valid { 2 } else { 3 });
        }
    }
}

/// What passes by is valid under the same conditions: blobs of any bytes, beside layers or alone.
#[tokio::test]
async fn blobs_that_pass_by_are_compared_whatever_they_hold() {
    let gzip = cutaway_fixtures::compress(b"weights", Compression::GZIP);
    let sealed = "application/vnd.oci.image.layer.v1.tar+gzip+encrypted";
    for (name, layers) in [
        ("a gzipped model", vec![odd("application/vnd.model", &gzip)]),
        ("a model beside files", vec![files(), odd("application/vnd.model", &gzip)]),
        ("a statement beside files", vec![files(), odd(IN_TOTO, STATEMENT)]),
        ("an encrypted layer", vec![files(), odd(sealed, b"sealed bytes")]),
    ] {
        let bytes =
            cutaway_fixtures::Layout::new().image("1", &build(layers)).archive(&Default::default());
        let validation = passing(bytes).await;
        assert!(validation.is_valid(), "{name}: {validation:?}");
    }
}

/// The cache of a builder is an index of layers: there is no image in it, and its blobs are compared all the same.
#[tokio::test]
async fn a_build_cache_that_passes_by_is_compared() {
    let layer = cutaway_fixtures::compress(&tar(), Compression::GZIP);
    let config = b"{\"layers\":[]}";
    let entry = |kind: &str, bytes: &[u8]| {
        let (digest, size) = (Digest::sha256(bytes), bytes.len());
        format!("{{\"mediaType\":\"{kind}\",\"digest\":\"{digest}\",\"size\":{size}}}")
    };
    let index = |kind: &str, entries: &[String]| {
        let entries = entries.join(",");
        format!("{{\"schemaVersion\":2,\"mediaType\":\"{kind}\",\"manifests\":[{entries}]}}")
    };
    let cache = [
        entry(MediaType::OCI_LAYER_GZIP, &layer),
        entry("application/vnd.buildkit.cacheconfig.v0", config),
    ];
    let cache = index(MediaType::OCI_INDEX, &cache);
    let root = index(MediaType::OCI_INDEX, &[entry(MediaType::OCI_INDEX, cache.as_bytes())]);
    for (stored, is_valid) in [(&layer[..], true), (&layer[..20], false)] {
        let name = |bytes: &[u8]| format!("blobs/sha256/{}", Digest::sha256(bytes).encoded());
        let archive = LayerBuilder::new(Compression::Plain)
            .file("oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}")
            .file("index.json", root.clone())
            .file(name(cache.as_bytes()).as_str(), cache.clone())
            .file(name(config).as_str(), config.to_vec())
            .file(name(&layer).as_str(), stored.to_vec());
        let archive = ImageBuilder::new().layer(archive).build().layers[0].blob.bytes.to_vec();
        let validation = passing(archive).await;
        assert_eq!(validation.is_valid(), is_valid, "{validation:?}");
        assert!(!is_valid || validation.blobs == 2, "{validation:?}");
    }
}

/// Validates an archive that passes by.
async fn passing(bytes: Vec<u8>) -> Validation {
    let opener = Arc::new(cutaway_read::Once::new(Box::new(std::io::Cursor::new(bytes)), "it"));
    let archive = cutaway_read::Archive {
        opener,
        place: "it".into(),
        form: None,
        selector: cutaway_model::source::Selector::Only,
        platform: Platform::linux("amd64"),
    };
    let what = Validated::Input(Input::Archive(archive));
    validate(what, Depth::Full, &options(2)).await.unwrap().0
}
