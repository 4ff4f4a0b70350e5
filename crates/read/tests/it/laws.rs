//! Laws of one layer, whatever its bytes are and in whatever pieces they come.

use cutaway_fixtures::{Compression, ImageBuilder, LayerBuilder};
use cutaway_model::Error as ModelError;
use cutaway_read::{Error, LayerKey, Select, layers};
use proptest::prelude::*;

use crate::support::{Held, Record, noise, options};

/// What is done to the stored bytes, whose digest and size stay claimed.
#[derive(Debug, Clone)]
enum Fault {
    None,
    Flip(prop::sample::Index),
    Cut(prop::sample::Index),
    Append(usize),
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        4 => Just(Fault::None),
        2 => any::<prop::sample::Index>().prop_map(Fault::Flip),
        1 => any::<prop::sample::Index>().prop_map(Fault::Cut),
        1 => (1_usize..100_000).prop_map(Fault::Append),
    ]
}

fn compression() -> impl Strategy<Value = Compression> {
    prop_oneof![
        Just(Compression::Plain),
        (1_usize..4).prop_map(|members| Compression::Gzip { members }),
        (1_usize..4, any::<bool>())
            .prop_map(|(frames, skippable)| Compression::Zstd { frames, skippable }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_verdict_is_that_of_the_bytes_in_whatever_pieces_they_come(
        size in prop_oneof![0_usize..3_000, 0_usize..900_000],
        piece in prop_oneof![1_usize..64, 1_usize..300_000],
        compression in compression(),
        fault in fault(),
    ) {
        let layer = LayerBuilder::new(compression).file("a", noise(size));
        let mut fixture = ImageBuilder::new().layer(layer).build();
        let whole = fixture.layers[0].blob.bytes.to_vec();
        let mut bytes = whole.clone();
        match &fault {
            Fault::None => {}
            Fault::Flip(at) => { let at = at.index(bytes.len()); bytes[at] ^= 1; }
            Fault::Cut(at) => bytes.truncate(at.index(bytes.len())),
            Fault::Append(count) => bytes.extend(noise(*count)),
        }
        fixture.layers[0].blob.bytes = bytes.clone().into();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        runtime.block_on(async {
            let held = Held::in_pieces(fixture, piece).await;
            let reader = |_: &LayerKey| Record::default();
            let read = layers(held.image.clone().into(), Select::ALL, reader, &options(1)).await;
            match fault {
                Fault::None => {
                    let read = read.unwrap();
                    let reading = &read.layers[0];
                    assert_eq!(reading.measured.stored.digest, held.fixture.layers[0].blob.digest);
                    assert_eq!(reading.measured.unpacked.diff_id.0, held.fixture.layers[0].diff_id);
                    assert_eq!(reading.measured.stored.size, held.fixture.layers[0].blob.size);
                    // A reader is told all stored bytes, each once and in order.
                    assert!(reading.out.stored == whole);
                    assert_eq!(reading.out.names, ["a"]);
                }
                Fault::Flip(_) => {
                    let error = read.unwrap_err();
                    assert!(matches!(error, Error::Model(ModelError::Digest { .. })), "{error}");
                }
                Fault::Cut(_) | Fault::Append(_) => {
                    let error = read.unwrap_err();
                    assert!(matches!(error, Error::Model(ModelError::Size { .. })), "{error}");
                }
            }
        });
    }
}
