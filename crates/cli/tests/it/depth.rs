//! What a path costs in an image of many layers.

use std::time::{Duration, Instant};

use cutaway_fixtures::{Compression, ImageBuilder, LayerBuilder};

use crate::support::{OnDisk, run, status, stderr};

const ENTRIES: usize = 1_000;

/// So many layers, of which the lowest has `etc/a` and each has an entry elsewhere that a link in the
/// place of its directory would put there.
fn image(layers: usize) -> OnDisk {
    let base = LayerBuilder::new(Compression::Plain).file("etc/a", "one\n");
    let builder = (1..layers).fold(ImageBuilder::new().layer(base), |image, n| {
        let layer = LayerBuilder::new(Compression::Plain).file(format!("d{n}/a"), "");
        let files = (1..ENTRIES).map(|m| format!("d{n}/f{m}"));
        image.layer(files.fold(layer, |layer, name| layer.file(name, "")))
    });
    OnDisk::layout(&builder.build())
}

#[test]
fn four_times_the_layers_take_four_times_the_time() {
    let (few, many) = (image(25), image(100));
    for (words, expected) in [
        (["cat", "etc/a"], 0),
        (["stat", "etc/a"], 0),
        (["cat", "etc/b/a"], 1),
        (["stat", "usr/bin/a"], 1),
    ] {
        let [command, path] = words;
        let cost = |disk: &OnDisk| {
            let once = || {
                let start = Instant::now();
                let output = run(&[command, &disk.oci(), path]);
                assert_eq!(status(&output), expected, "{words:?}: {}", stderr(&output));
                start.elapsed()
            };
            // The machine may stall for a while; the shortest of three is the cost.
            (0..3).map(|_| once()).min().unwrap()
        };
        let (few, many) = (cost(&few), cost(&many));
        eprintln!("{words:?}: 25 layers {few:?}, 100 layers {many:?}");
        // A quadratic cost would be sixteenfold.
        let most = few * 8 + Duration::from_millis(250);
        assert!(many < most, "{words:?}: 25 layers {few:?}, 100 layers {many:?}");
    }
}
