//! Layers whose zstd streams ask for large windows: they have them one at a time.

#![expect(clippy::arithmetic_side_effects, reason = "numbers of a test are small")]

use std::fs::File;
use std::process::Stdio;

use cutaway_fixtures::{
    ArchiveShape, Compression, FixtureImage, ImageBuilder, LayerBuilder, Layout,
};

use crate::meter::Metered;
use crate::support::{OnDisk, cutaway, stderr};

/// Bytes of zeros in a layer: more than its window, so that all of the window is used.
const ZEROS: usize = 136 << 20;
/// The window descriptor of 128 MiB (RFC 8878, 3.1.1.1.2).
const LARGE: u8 = 17 << 3;

/// A frame of blocks, each a byte and how many of it or bytes as they are.
fn frame(window: u8, raw: &[u8], zeros: usize) -> Vec<u8> {
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0, window];
    let mut block = |is_last: bool, kind: usize, len: usize, bytes: &[u8]| {
        let header = u32::try_from((len << 3) | (kind << 1) | usize::from(is_last)).unwrap();
        frame.extend_from_slice(&header.to_le_bytes()[..3]);
        frame.extend_from_slice(bytes);
    };
    block(zeros == 0, 0, raw.len(), raw);
    let blocks = zeros.div_ceil(128 << 10);
    for at in 1..=blocks {
        block(at == blocks, 1, (128 << 10).min(zeros - (at - 1) * (128 << 10)), &[0]);
    }
    frame
}

/// A layer of one file of zeros; the window of the first frame, which has the header alone, and of the second.
fn layer(number: usize, windows: [u8; 2]) -> LayerBuilder {
    let file =
        |zeros| LayerBuilder::new(Compression::Plain).file(format!("f{number}"), vec![0; zeros]);
    let tar = ImageBuilder::new().layer(file(ZEROS)).build().layers[0].tar.to_vec();
    let stored = [frame(windows[0], &tar[..512], 0), frame(windows[1], &[], tar.len() - 512)];
    let media_type = "application/vnd.oci.image.layer.v1.tar+zstd";
    LayerBuilder::from_stored(media_type, stored.concat(), tar)
}

fn image(windows: [u8; 2]) -> FixtureImage {
    let layers = (0..3).map(|number| layer(number, windows));
    layers.fold(ImageBuilder::new(), ImageBuilder::layer).build()
}

#[test]
fn windows_of_layers_are_had_one_at_a_time() {
    let law = (64 << 20) + (128 << 20);
    for windows in [[LARGE, LARGE], [0, LARGE]] {
        let image = image(windows);
        let disk = OnDisk::layout(&image);
        let archive = Layout::new().image("1", &image).archive(&ArchiveShape::default());
        let archive = OnDisk::archive(&archive);
        for arguments in [&["scan", &disk.oci()][..], &["du", &disk.oci()], &["scan", "-"]] {
            let mut command = cutaway(arguments);
            command.stdin(match arguments.last() {
                Some(&"-") => Stdio::from(File::open(archive.file()).unwrap()),
                _ => Stdio::null(),
            });
            let run = Metered::run(command);
            eprintln!("{windows:?} {arguments:?}: {} of {} MiB", run.peak() >> 20, law >> 20);
            assert_eq!(run.output.status.code(), Some(0), "{}", stderr(&run.output));
            assert!(run.peak() <= law, "{windows:?} {arguments:?}: {}", run.peak());
        }
    }
}
