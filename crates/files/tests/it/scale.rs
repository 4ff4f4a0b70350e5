//! What half a million files cost, and how long hostile stacks take.

use std::time::Instant;

use cutaway_files::{LayerFiles, Limits, Search, View};
use cutaway_fixtures::{Compression, Entry, ImageBuilder, LayerBuilder};

use crate::support::Held;

/// Bytes of everything that a view keeps, by its own account.
fn memory(view: &View) -> usize {
    let of_layer = |layer: &LayerFiles| layer.listing.memory();
    let noted = view
        .changes()
        .superseded
        .iter()
        .map(|gone| gone.version.path.as_bytes().len() + size_of_val(gone) + 16);
    view.tree().memory() + view.layers().iter().map(of_layer).sum::<usize>() + noted.sum::<usize>()
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_million_files_take_two_hundred_bytes_each() {
    let name = |n: usize| {
        format!("usr/share/package-{:05}/directory-{}/some-file-{n}.ext", n / 200, n / 40 % 5)
    };
    let layer = |from: usize, to: usize| {
        (from..to).fold(LayerBuilder::new(Compression::GZIP), |layer, n| layer.file(name(n), ""))
    };
    // The upper layer replaces a part of the lower one.
    let image = ImageBuilder::new().layer(layer(0, 300_000)).layer(layer(200_000, 400_000)).build();
    let view = Held::of(image).await.view().await;
    let entries: usize =
        view.layers().iter().map(|layer| usize::try_from(layer.listing.len()).unwrap()).sum();
    assert_eq!(entries, 500_000);
    let each = memory(&view) / entries;
    eprintln!("{entries} entries: {each} bytes each");
    assert!(each <= 200, "{each}");
    assert_eq!(view.changes().superseded.len(), 100_000);
    assert_eq!(view.stories().filter(|story| story.spans.len() == 2).count(), 100_000);
}

#[tokio::test]
async fn many_layers_that_say_nothing_are_not_laid_again_and_again() {
    let layers = (0..120).fold(ImageBuilder::new(), |image, n| {
        let layer = (0..2000).fold(LayerBuilder::new(Compression::Plain), |layer, m| {
            layer.file(format!("d{n}/f{m}"), "")
        });
        image.layer(layer.entry(Entry::directory("etc")))
    });
    let held = Held::of(layers.build()).await;
    let start = Instant::now();
    let wanted = Search { path: b"etc/a", follow: true, content: true, verify: false, spare: 0 };
    let (found, _) = held.search(wanted, &Limits::default()).await;
    assert_eq!(found.unwrap().read.len(), 120);
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}
