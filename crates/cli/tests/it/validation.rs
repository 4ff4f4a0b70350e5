//! `validate`, and what it has not looked at.

use cutaway_fixtures::{
    ArchiveShape, Compression, FixtureIndex, ImageBuilder, LayerBuilder, Layout,
};

use serde_json::Value;

use crate::support::{alpine, run, run_with, status, stderr, stdout};

/// Puts so many indexes around an image.
fn nested(depth: usize) -> FixtureIndex {
    let inner = FixtureIndex::new([alpine()]);
    (1..depth).fold(inner, |inner, _| FixtureIndex::nested([], [inner]))
}

#[test]
fn what_lies_beyond_a_limit_is_no_pass() {
    let many = FixtureIndex::nested(
        [],
        [1, 2].map(|number| {
            let text = format!("layer plain\n  a 0644 \"{number}\"\n");
            FixtureIndex::new([ImageBuilder::parse(&text).unwrap().build()])
        }),
    );
    for (index, limit, says) in [
        (nested(8), None, None),
        (nested(9), None, Some("is over the limit index_depth of 8")),
        (nested(2), Some("index_depth=1"), Some("is over the limit index_depth of 1")),
        (many.clone(), Some("index_entries=4"), None),
        (many.clone(), Some("index_entries=3"), Some("is over the limit index_entries of 3")),
        (many, Some("closure_bytes=100"), Some("is over the limit closure_bytes of 100")),
    ] {
        let place = tempfile::tempdir().unwrap();
        Layout::new().index("1", &index).write_dir(place.path()).unwrap();
        let name = format!("oci:{}", place.path().display());
        let limits: Vec<&str> = limit.iter().flat_map(|limit| ["--limit", limit]).collect();
        for fast in [None, Some("--fast")] {
            let words = [&["validate", &name], &limits[..]].concat();
            let words: Vec<&str> = words.into_iter().chain(fast).collect();
            let output = run(&words);
            let Some(says) = says else {
                assert_eq!((status(&output), stdout(&output)), (0, format!("PASS: {name}\n")));
                continue;
            };
            assert_eq!(status(&output), 1, "{words:?} {}", stdout(&output));
            assert!(stderr(&output).contains(says), "{}", stderr(&output));
            let text = stdout(&output);
            assert!(text.starts_with("FAIL") && text.contains("\n  not-looked-at: "), "{text}");
            let output = run(&[&words[..], &["--format", "json"]].concat());
            let answer: Value = crate::support::document(&output);
            assert_eq!(answer["valid"], false);
            assert_eq!(answer["findings"][0]["code"], "not-looked-at");
        }
    }
}

/// What is no layer is compared as the archive passes: it is neither held nor refused.
#[test]
fn large_blobs_that_are_no_layers_pass() {
    let noise: Vec<u8> = (0..9_000_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24).to_le_bytes()[0])
        .collect();
    let json = [&b"{\"a\":\""[..], &vec![b'x'; 9_000_000], b"\"}"].concat();
    let file = LayerBuilder::new(Compression::Plain).file("x", "1");
    let tar = ImageBuilder::new().layer(file).build().layers[0].tar.to_vec();
    for (media_type, stored) in [
        ("application/vnd.model.v1", noise.clone()),
        ("application/vnd.in-toto+json", json),
        ("application/vnd.in-toto+json", b"{}".to_vec()),
        ("application/octet-stream", tar),
    ] {
        let layer = LayerBuilder::from_stored(media_type, stored.clone(), stored.clone());
        let image = ImageBuilder::new().layer(layer).build();
        for (image, valid) in [(image.clone(), true), (image.flip_byte(0, 1), false)] {
            let archive = Layout::new().image("1", &image).archive(&ArchiveShape::default());
            let output = run_with(&["validate", "-"], &archive);
            let said = format!("{} {}", stdout(&output), stderr(&output));
            assert_eq!(status(&output), i32::from(!valid), "{media_type}: {said}");
            assert!(valid || said.contains("sha256:"), "{said}");
        }
    }
}
