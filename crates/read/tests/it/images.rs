//! Images whose layers can be opened one by one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cutaway_fixtures::{Compression, FixtureImage, ImageBuilder, LayerBuilder};
use cutaway_model::{Class, Error as ModelError};
use cutaway_read::{Error, Input, LayerKey, Select, layers, verify, visit};

use crate::support::{Held, Record, noise, options};

fn plain(name: &str, size: usize) -> LayerBuilder {
    LayerBuilder::new(Compression::Plain).file(name, noise(size))
}

fn image(layers: impl IntoIterator<Item = LayerBuilder>) -> FixtureImage {
    layers.into_iter().fold(ImageBuilder::new(), ImageBuilder::layer).build()
}

/// Changes a byte of the stored bytes of a layer, under the digest that it has.
fn spoilt(held: &Held, layer: usize) -> Vec<u8> {
    let mut bytes = held.fixture.layers[layer].blob.bytes.to_vec();
    let last = bytes.len() - 5;
    bytes[last] ^= 1;
    bytes
}

#[tokio::test]
async fn the_same_bytes_are_read_once() {
    let held = Held::of(image([plain("a", 10), plain("b", 20), plain("a", 10)])).await;
    let made = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&made);
    let reader = move |_: &LayerKey| {
        counter.fetch_add(1, Ordering::SeqCst);
        Record::default()
    };
    let input = Input::from(held.image.clone());
    let read = layers(input, Select::ALL, reader, &options(2)).await.unwrap();
    assert_eq!((read.layers.len(), read.first), (3, 0));
    assert!(Arc::ptr_eq(&read.layers[0], &read.layers[2]));
    assert_eq!(read.layers[1].out.names, ["b"]);
    assert_eq!((held.memory.opened().len(), made.load(Ordering::SeqCst)), (2, 2));
}

#[tokio::test]
async fn a_second_blob_of_one_diff_id_is_read_too() {
    let layer = |compression| LayerBuilder::new(compression).file("a", noise(100_000));
    let fixture = image([layer(Compression::Plain), layer(Compression::GZIP)]);
    assert_eq!(fixture.layers[0].diff_id, fixture.layers[1].diff_id);
    let held = Held::of(fixture.clone()).await;
    verify(held.image.clone().into(), &options(2)).await.unwrap();
    assert_eq!(held.memory.opened().len(), 2);
    // Nothing but a reading of the second blob can tell.
    let held = Held::of(fixture.flip_byte(1, 500)).await;
    let error = verify(held.image.clone().into(), &options(2)).await.unwrap_err();
    assert_eq!(error.class(), Class::Malformed);
    assert!(error.to_string().contains(&held.digest(1)), "{error}");
}

#[tokio::test]
async fn wrong_bytes_are_read_again_where_they_may_be_right() {
    let layer = LayerBuilder::new(Compression::GZIP).file("a", noise(300_000));
    let held = Held::of(image([layer])).await;
    held.memory.bad_first(&held.digest(0), spoilt(&held, 0));
    let (input, reader) = (Input::from(held.image.clone()), |_: &LayerKey| Record::default());
    let read = layers(input, Select::ALL, reader, &options(2)).await.unwrap();
    // What the first reader was told is nowhere in it.
    assert_eq!(read.layers[0].out.names, ["a"]);
    assert_eq!(read.layers[0].out.stored, held.fixture.layers[0].blob.bytes);
    assert_eq!(held.memory.opened().len(), 2);
    // So does reading one layer alone, whose bytes count twice.
    held.memory.bad_first(&held.digest(0), spoilt(&held, 0));
    let again = || Some(Record::default());
    let visited = visit(&held.image.layers()[0], again, &options(2)).await.unwrap();
    assert!(visited.whole.is_some());
    assert_eq!(visited.stored, held.fixture.layers[0].blob.size * 2);
    // Whoever has handed on what it was told takes no second try, and hears why.
    held.memory.bad_first(&held.digest(0), spoilt(&held, 0));
    let mut once = Some(Record::default());
    let error = visit(&held.image.layers()[0], || once.take(), &options(2)).await.unwrap_err();
    assert!(matches!(error, Error::Model(ModelError::Digest { .. })), "{error}");
}

#[tokio::test]
async fn wrong_bytes_that_are_nowhere_right_are_an_error_of_the_oldest_layer() {
    let layer = |name| LayerBuilder::new(Compression::GZIP).file(name, noise(90_000));
    let fixture = image([layer("a"), layer("b"), layer("c")]).flip_byte(1, 500).flip_byte(2, 500);
    let held = Held::of(fixture).await;
    for in_flight in [1, 3] {
        let error = verify(held.image.clone().into(), &options(in_flight)).await.unwrap_err();
        assert_eq!(error.class(), Class::Malformed);
        let text = error.to_string();
        assert!(text.starts_with("layer 1 of 3 ") && !text.contains('\n'), "{text}");
    }
}

#[tokio::test]
async fn bytes_of_another_digest_are_blamed_before_what_they_hold() {
    // Stored bytes that cannot be decoded any more, and an uncompressed tar that is none.
    let layer = LayerBuilder::new(Compression::GZIP).file("a", noise(900_000));
    let held = Held::of(image([layer])).await;
    let mut broken = held.fixture.layers[0].blob.bytes.to_vec();
    broken[2_000..3_000].fill(0);
    let mut no_tar = image([plain("a", 900_000)]);
    let mut bytes = no_tar.layers[0].blob.bytes.to_vec();
    bytes[..400].fill(b'x');
    let honest = LayerBuilder::from_tar(bytes.clone(), Compression::Plain);
    no_tar.layers[0].blob.bytes = bytes.into();
    for (fixture, blames_digest) in [
        (
            {
                let mut fixture = held.fixture.clone();
                fixture.layers[0].blob.bytes = broken.into();
                fixture
            },
            true,
        ),
        (no_tar, true),
        (image([honest]), false),
    ] {
        let held = Held::of(fixture).await;
        let error = verify(held.image.clone().into(), &options(1)).await.unwrap_err();
        let digest = matches!(error, Error::Model(ModelError::Digest { .. }));
        assert_eq!(digest, blames_digest, "{error}");
        assert_eq!(matches!(error, Error::Layer { .. }), !blames_digest, "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_largest_are_read_first_and_so_many_at_once() {
    let sizes = [3_000, 900_000, 10, 400_000, 80_000];
    let held =
        Held::of(image((0..).zip(sizes).map(|(n, size)| plain(&format!("f{n}"), size)))).await;
    verify(held.image.clone().into(), &options(1)).await.unwrap();
    let order: Vec<String> = [1, 3, 4, 0, 2].map(|layer| held.digest(layer)).into();
    assert_eq!(held.memory.opened(), order);
    assert_eq!(held.memory.most(), 1);
    verify(held.image.clone().into(), &options(3)).await.unwrap();
    assert!(held.memory.most() <= 3, "{}", held.memory.most());
    // Some of the layers only.
    let before = held.memory.opened().len();
    let reader = |_: &LayerKey| Record::default();
    let read = layers(held.image.clone().into(), 3.., reader, &options(2)).await.unwrap();
    assert_eq!((read.first, read.layers.len()), (3, 2));
    assert_eq!(held.memory.opened().len() - before, 2);
    let none = layers(held.image.clone().into(), 9..12, reader, &options(2)).await.unwrap();
    assert_eq!((none.first, none.layers.len()), (5, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_waits_for_is_not_read_on() {
    let held = Held::of(image([plain("a", 50_000), plain("b", 60_000)])).await;
    for layer in 0..2 {
        held.memory.never_end(&held.digest(layer));
    }
    let options = options(2);
    let reading = verify(held.image.clone().into(), &options);
    let ended = tokio::time::timeout(Duration::from_millis(300), reading).await;
    assert!(ended.is_err());
    assert_eq!(held.memory.opened().len(), 2);
    // Tasks end soon after, not at once.
    for _ in 0..500 {
        if held.memory.open_now() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{} streams are still open", held.memory.open_now());
}

#[tokio::test]
async fn a_reader_may_end_the_reading() {
    let held = Held::of(image([plain("a", 4_000_000)])).await;
    let stops = || Some(Record { stops: true, ..Record::default() });
    let visited = visit(&held.image.layers()[0], stops, &options(1)).await.unwrap();
    assert!(visited.whole.is_none());
    assert_eq!(visited.out.names, ["a"]);
    assert!(visited.stored < 4_000_000, "{}", visited.stored);
    // Where the whole was to be read, that is an error.
    let reader = |_: &LayerKey| Record { stops: true, ..Record::default() };
    let whole = layers(held.image.clone().into(), Select::ALL, reader, &options(1)).await;
    assert!(whole.unwrap_err().to_string().ends_with("was not read to its end"));
}
