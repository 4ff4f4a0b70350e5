//! Archives that pass by.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cutaway_fixtures::{
    ArchiveShape, Compression, DockerArchive, FixtureImage, ImageBuilder, LayerBuilder, LayerNames,
    Layout, MemberOrder, image,
};
use cutaway_layerfs::{EntryPath, Meta, Visitor};
use cutaway_model::Error as ModelError;
use cutaway_model::source::Selector;
use cutaway_read::{
    Archive, Error, Input, LayerKey, LayerReader, Limits, Once, Options, Progress, Select, layers,
    layers_of_archive, verify,
};
use cutaway_ref::Platform;

use crate::support::{Record, noise, options};

/// Names of layers as the archives of docker have had them.
const NAMES: [LayerNames; 4] =
    [LayerNames::Classic, LayerNames::Skopeo, LayerNames::Stored, LayerNames::Docker25];

fn passing(bytes: impl Into<Vec<u8>>) -> Archive {
    let bytes = Box::new(std::io::Cursor::new(bytes.into()));
    Archive {
        opener: Arc::new(Once::new(bytes, "standard input")),
        place: "standard input".into(),
        form: None,
        selector: Selector::Only,
        platform: Platform::linux("amd64"),
    }
}

fn input(bytes: impl Into<Vec<u8>>) -> Input {
    Input::Archive(passing(bytes))
}

/// A member of an archive, by itself: header and padded content.
fn member(name: &str, content: &[u8]) -> Vec<u8> {
    let layer = LayerBuilder::new(Compression::Plain).file(name, content);
    let tar = ImageBuilder::new().layer(layer).build().layers[0].tar.to_vec();
    tar[..512 + content.len().next_multiple_of(512)].to_vec()
}

fn small() -> FixtureImage {
    image("layer gzip\n  a 0644 \"one\"\nlayer plain\n  b 0644 \"two\"\n")
}

#[tokio::test]
async fn the_order_of_the_members_does_not_matter() {
    let fixture = small();
    for order in [MemberOrder::DocumentsLast, MemberOrder::DocumentsFirst, MemberOrder::Sorted] {
        for dot_slash in [false, true] {
            let shape = ArchiveShape { order, dot_slash, directories: true, ..Default::default() };
            let docker = DockerArchive::new().image(&["app:1"], &fixture).shape(shape);
            let mut archives = vec![Layout::new().image("1", &fixture).archive(&shape)];
            archives.extend(NAMES.map(|names| docker.clone().layer_names(names).archive()));
            for archive in archives {
                let reader = |_: &LayerKey| Record::default();
                let read = layers(input(archive), Select::ALL, reader, &options(2)).await.unwrap();
                let names: Vec<_> = read.layers.iter().flat_map(|layer| &layer.out.names).collect();
                assert_eq!(names, ["a", "b"], "{order:?}");
                assert_eq!(read.members.len(), 2);
                assert!(read.form.is_some() && read.files.is_some());
            }
        }
    }
}

#[tokio::test]
async fn a_layer_whose_first_name_begins_as_a_document_does_is_one() {
    for name in ["[", "{}", "[1]", "{\"layers\":[]}", " {"] {
        let layer = LayerBuilder::new(Compression::Plain).file(name, "x");
        let fixture = ImageBuilder::new().layer(layer).build();
        for names in NAMES {
            let archive =
                DockerArchive::new().image(&["app:1"], &fixture).layer_names(names).archive();
            let reader = |_: &LayerKey| Record::default();
            let read = layers(input(archive), Select::ALL, reader, &options(2)).await.unwrap();
            assert_eq!(read.layers[0].out.names, [name], "{names:?}");
        }
    }
}

/// Takes long to finish where it is the first of its test.
struct Slow(Record, bool);

impl Visitor for Slow {
    fn entry(&mut self, index: u32, path: &EntryPath, meta: &Meta) -> bool {
        self.0.entry(index, path, meta)
    }
    fn data(&mut self, _: &[u8]) {}
    fn hole(&mut self, _: u64) {}
    fn end(&mut self) {}
}

impl LayerReader for Slow {
    type Out = Record;

    async fn finish(self) -> Record {
        if self.1 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        self.0
    }
}

#[tokio::test]
async fn the_last_member_of_a_name_counts_whichever_is_read_first() {
    let image = DockerArchive::new().image(&["app:1"], &small()).archive();
    let reader = |_: &LayerKey| Record::default();
    let read = layers(input(image.clone()), Select::ALL, reader, &options(4)).await.unwrap();
    let other = LayerBuilder::new(Compression::Plain).file("evil", "x");
    let other = ImageBuilder::new().layer(other).build().layers[0].tar.to_vec();
    let archive = [member(&read.members[0], &other), image].concat();
    let begun = Arc::new(AtomicUsize::new(0));
    let reader =
        move |_: &LayerKey| Slow(Record::default(), begun.fetch_add(1, Ordering::SeqCst) == 0);
    let read = layers(input(archive), Select::ALL, reader, &options(4)).await.unwrap();
    let names: Vec<_> = read.layers.iter().flat_map(|layer| &layer.out.names).collect();
    assert_eq!(names, ["a", "b"]);
}

/// Counts the stored bytes that come between two pauses, and keeps the most.
#[derive(Default)]
struct Between(usize, Arc<AtomicUsize>);

impl Visitor for Between {
    fn entry(&mut self, _: u32, _: &EntryPath, _: &Meta) -> bool {
        false
    }
    fn data(&mut self, _: &[u8]) {}
    fn hole(&mut self, _: u64) {}
    fn end(&mut self) {}
}

impl LayerReader for Between {
    type Out = ();

    fn stored(&mut self, bytes: &[u8]) {
        self.0 += bytes.len();
        self.1.fetch_max(self.0, Ordering::SeqCst);
    }

    async fn pause(&mut self, _: Progress) -> ControlFlow<()> {
        self.0 = 0;
        ControlFlow::Continue(())
    }

    async fn finish(self) {}
}

#[tokio::test]
async fn whoever_keeps_stored_bytes_can_put_them_down_in_time() {
    let image = DockerArchive::new().image(&["app:1"], &small()).archive();
    let layer = |compression| {
        let layer = LayerBuilder::new(compression).file("f", noise(8 << 20));
        ImageBuilder::new().layer(layer).build().layers[0].blob.bytes.to_vec()
    };
    // Frames of zstd that hold nothing, a megabyte each.
    let skipped = [&[0x50, 0x2a, 0x4d, 0x18, 0, 0, 0x10, 0], noise(1 << 20).as_slice()].concat();
    let empty_for_long = [skipped.repeat(8), layer(Compression::ZSTD)].concat();
    // What looks like a tar and is none behind its first entry.
    let mut no_tar = layer(Compression::Plain);
    no_tar[512 + (8 << 20)..][..512].fill(7);
    no_tar.extend(noise(8 << 20));
    let zeros_behind = [layer(Compression::GZIP), vec![0; 8 << 20]].concat();
    for stored in [empty_for_long, no_tar, zeros_behind] {
        let most = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&most);
        let reader = move |_: &LayerKey| Between(0, Arc::clone(&counter));
        let archive = [member("other", &stored), image.clone()].concat();
        let read = layers(input(archive), Select::ALL, reader, &options(2)).await;
        assert_eq!(read.unwrap().layers.len(), 2);
        let most = most.load(Ordering::SeqCst);
        assert!((1..=1 << 20).contains(&most), "{most} bytes of {}", stored.len());
    }
}

#[tokio::test]
async fn members_that_no_image_lists_are_kept_once_and_only_so_many() {
    let mut limits = Limits::default();
    limits.archive_layers = 10;
    let options = Options::new(limits);
    let image = DockerArchive::new().image(&["app:1"], &small()).archive();
    // Each looks like the end marker of an empty layer.
    let zeros = member("m", &[0; 512]);
    let mut archive: Vec<u8> = zeros.repeat(3_000);
    archive.extend(&image);
    assert_eq!(verify(input(archive), &options).await.unwrap().layers.len(), 2);
    // Different ones are each kept, and are too many.
    let mut archive = Vec::new();
    for n in 0..20 {
        let layer = LayerBuilder::new(Compression::Plain).file(format!("f{n}"), "x");
        let tar = ImageBuilder::new().layer(layer).build().layers[0].tar.to_vec();
        archive.extend(member(&format!("m{n}"), &tar));
    }
    archive.extend(&image);
    let error = verify(input(archive), &options).await.unwrap_err();
    assert!(
        matches!(&error, Error::Model(ModelError::Limit { limit: "archive_layers", max: 10, .. })),
        "{error}"
    );
}

#[tokio::test]
async fn entries_of_members_that_may_be_layers_count_together() {
    let mut limits = Limits::default();
    limits.layerfs.tar.entries = 50;
    let options = Options::new(limits);
    let image = DockerArchive::new().image(&["app:1"], &small()).archive();
    let mut archive = Vec::new();
    for n in 0..20 {
        let layer = LayerBuilder::new(Compression::Plain);
        let layer = (0..4).fold(layer, |layer, m| layer.file(format!("f{n}-{m}"), "x"));
        let tar = ImageBuilder::new().layer(layer).build().layers[0].tar.to_vec();
        archive.extend(member(&format!("m{n}"), &tar));
        if n == 8 {
            let few = [archive.as_slice(), &image].concat();
            assert_eq!(verify(input(few), &options).await.unwrap().layers.len(), 2);
        }
    }
    archive.extend(&image);
    let error = verify(input(archive), &options).await.unwrap_err();
    assert!(
        matches!(&error, Error::Model(ModelError::Limit { limit: "entries", max: 50, .. })),
        "{error}"
    );
}

#[tokio::test]
async fn links_between_members_are_followed_so_far() {
    // The second layer is the first once more, which the classic form links to.
    let text = "layer plain\n  a 0644 \"one\"\n";
    let archive = DockerArchive::new().image(&["app:1"], &image(&text.repeat(2))).archive();
    let read = verify(input(archive.clone()), &options(2)).await.unwrap();
    assert!(Arc::ptr_eq(&read.layers[0], &read.layers[1]));
    let mut limits = Limits::default();
    limits.model.member_links = 0;
    let error = verify(input(archive), &Options::new(limits)).await.unwrap_err().to_string();
    assert!(error.contains("member_links") || error.contains("listed but missing"), "{error}");
}

#[tokio::test]
async fn a_layer_that_is_none_and_one_that_is_missing_are_errors() {
    let fixture = small();
    let plain = ArchiveShape::default();
    let missing = Layout::new().image("1", &fixture).without(&fixture.layers[1].blob.digest);
    let error = verify(input(missing.archive(&plain)), &options(2)).await.unwrap_err();
    assert!(matches!(&error, Error::Model(ModelError::Missing { .. })), "{error}");
    let text = LayerBuilder::from_stored(
        "application/vnd.oci.image.layer.v1.tar",
        &b"no tar at all"[..],
        &b"no tar at all"[..],
    );
    let fixture = ImageBuilder::new().layer(text).build();
    let archive = Layout::new().image("1", &fixture).archive(&plain);
    let error = verify(input(archive), &options(2)).await.unwrap_err().to_string();
    assert!(error.contains("is neither a tar nor a compressed one"), "{error}");
}

#[tokio::test]
async fn a_layer_that_breaks_is_named() {
    let layer = |name: &str| LayerBuilder::new(Compression::GZIP).file(name, noise(50_000));
    let fixture = ImageBuilder::new().layer(layer("a")).layer(layer("b")).build().flip_byte(1, 700);
    for order in [MemberOrder::DocumentsLast, MemberOrder::DocumentsFirst] {
        let shape = ArchiveShape { order, ..ArchiveShape::default() };
        let archive = Layout::new().image("1", &fixture).archive(&shape);
        let error = verify(input(archive), &options(2)).await.unwrap_err().to_string();
        assert!(error.contains(fixture.layers[1].blob.digest.encoded()), "{error}");
        assert!(!error.contains('\n'), "{error}");
    }
}

#[tokio::test]
async fn what_has_passed_once_passes_no_more() {
    let archive = passing(Layout::new().image("1", &small()).archive(&ArchiveShape::default()));
    let made = AtomicUsize::new(0);
    let reader = |key: &LayerKey| {
        assert!(key.member.is_some());
        made.fetch_add(1, Ordering::SeqCst);
        Record::default()
    };
    let read = layers_of_archive(&archive, Select::ALL, reader, &options(1)).await.unwrap();
    assert_eq!((read.layers.len(), made.load(Ordering::SeqCst)), (2, 2));
    let again = layers_of_archive(&archive, Select::ALL, reader, &options(1)).await.unwrap_err();
    assert!(matches!(&again, Error::Model(ModelError::Passed { .. })), "{again}");
}
