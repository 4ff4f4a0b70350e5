//! What is read for an answer, and what is not.

use cutaway_files::{Error, Limits, Search};
use cutaway_fixtures::{Compression, Entry, ImageBuilder, LayerBuilder};

use crate::support::{Held, noise, told};

/// For each question: what is there, and which layers had to be opened.
#[tokio::test]
async fn a_layer_is_opened_only_while_the_question_is_open() {
    let base = "layer gzip\n  etc/ 0755\n  etc/a 0644 \"base\"\n  usr/lib/x 0644 \"x\"\n";
    for (upper, path, expected, opened) in [
        // The newest layer that has it decides.
        (
            "layer plain\n  etc/ 0755\n  etc/a 0644 \"new\"\n",
            "etc/a",
            "etc/a File layer 1 new",
            &[1][..],
        ),
        // Also without entries of its directories: it lies where the path leads, wherever that is.
        ("layer plain\n  etc/a 0644 \"new\"\n", "etc/a", "etc/a File layer 1 new", &[1]),
        // A whiteout decides, and one of the same layer hides only what is below.
        (
            "layer plain\n  etc/ 0755\n  etc/.wh.a\n",
            "etc/a",
            "no etc/a: Deleted { layer: 1 }",
            &[1],
        ),
        ("layer plain\n  .wh.etc\n", "etc/a", "no etc/a: Deleted { layer: 1 }", &[1]),
        (
            "layer plain\n  etc/ 0755\n  etc/.wh..wh..opq\n",
            "etc/a",
            "no etc/a: Deleted { layer: 1 }",
            &[1],
        ),
        (
            "layer plain\n  etc/ 0755\n  etc/a 0644 \"new\"\n  etc/.wh.a\n",
            "etc/a",
            "etc/a File layer 1 new",
            &[1],
        ),
        (
            "layer plain\n  etc/.wh..wh..opq\n  etc/ 0755\n  etc/a 0644 \"new\"\n",
            "etc/a",
            "etc/a File layer 1 new",
            &[1],
        ),
        // A file where a directory was.
        ("layer plain\n  etc 0644 \"f\"\n", "etc/a", "no etc/a: NoDirectory", &[1]),
        // Two entries of one name: the last one counts.
        (
            "layer plain\n  etc/ 0755\n  etc/a 0644 \"one\"\n  etc/a 0644 \"two\"\n",
            "etc/a",
            "etc/a File layer 1 two",
            &[1],
        ),
        // A directory on the way becomes a link further on.
        (
            "layer plain\n  d/ 0755\n  d/a 0644 \"gone\"\n  e/ 0755\n  e/a 0644 \"there\"\n  d -> e\n",
            "d/a",
            "e/a File layer 1 there",
            &[1],
        ),
        // Nothing about it: the base is asked.
        (
            "layer plain\n  etc/ 0755\n  etc/b 0644 \"b\"\n",
            "etc/a",
            "etc/a File layer 0 base",
            &[0, 1],
        ),
        ("layer plain\n  opt/ 0755\n", "nowhere/at/all", "no nowhere/at/all: Nowhere", &[0, 1]),
        // Links, in the layer and between layers; the target stands before the link.
        (
            "layer plain\n  etc/ 0755\n  etc/t 0644 \"t\"\n  etc/l -> t\n",
            "etc/l",
            "etc/t File layer 1 t",
            &[1],
        ),
        (
            "layer plain\n  etc/ 0755\n  etc/l -> /etc/a\n",
            "etc/l",
            "etc/a File layer 0 base",
            &[0, 1],
        ),
        (
            "layer plain\n  etc/ 0755\n  etc/l => etc/a\n",
            "etc/l",
            "etc/l File layer 1 base",
            &[0, 1],
        ),
        (
            "layer plain\n  etc/ 0755\n  etc/t 0644 \"t\"\n  etc/l => etc/t\n",
            "etc/l",
            "etc/l File layer 1 t",
            &[1],
        ),
        // An entry without its directory may lie elsewhere, if a lower layer has a link there.
        (
            "layer plain\n  lib/x 0644 \"through\"\n",
            "usr/lib/x",
            "usr/lib/x File layer 0 x",
            &[0, 1],
        ),
        // ... and need not be feared where it could not fall on the way.
        (
            "layer plain\n  lib/y 0644 \"y\"\n  etc/ 0755\n  etc/a 0644 \"new\"\n",
            "etc/a",
            "etc/a File layer 1 new",
            &[1],
        ),
    ] {
        let held = Held::of_text(&format!("{base}{upper}")).await;
        let (found, bytes) = held.cat(path).await;
        let found = found.unwrap();
        let told = format!("{} {}", told(&found), String::from_utf8_lossy(&bytes));
        assert_eq!(told.trim_end(), expected, "{upper}");
        assert_eq!(held.opened(), opened, "{upper}");
        assert!(found.verified, "{upper}");
        assert_eq!(found.read.keys().copied().collect::<Vec<_>>(), opened);
    }
}

#[tokio::test]
async fn a_link_in_the_base_redirects_what_newer_layers_have() {
    let text = "layer plain\n  usr/lib/ 0755\n  usr/lib/x 0644 \"old\"\n  lib -> usr/lib\n\
                layer plain\n  lib/x 0644 \"new\"\n";
    for path in ["usr/lib/x", "lib/x", "/lib/../lib/x", "/usr/../lib/./x"] {
        let held = Held::of_text(text).await;
        let (found, bytes) = held.cat(path).await;
        assert!(told(&found.unwrap()).ends_with("lib/x File layer 1"), "{path}");
        assert_eq!(bytes, b"new", "{path}");
    }
}

/// Three layers: the newest says nothing, the middle one has the file in front of much else.
async fn large(last: Entry) -> Held {
    let middle = LayerBuilder::new(Compression::GZIP)
        .entry(Entry::directory("etc"))
        .file("etc/a", "wanted")
        .file("large", noise(4_000_000))
        .entry(last);
    let image = ImageBuilder::new()
        .layer(LayerBuilder::new(Compression::GZIP).file("base", noise(1_000_000)))
        .layer(middle)
        .layer(LayerBuilder::new(Compression::GZIP).entry(Entry::directory("opt")))
        .build();
    Held::of(image).await
}

#[tokio::test]
async fn a_download_ends_behind_the_file() {
    let held = large(Entry::directory("tmp")).await;
    let (found, bytes) = held.cat("etc/a").await;
    let found = found.unwrap();
    assert_eq!((told(&found).as_str(), &bytes[..]), ("etc/a File layer 1", &b"wanted"[..]));
    assert!(!found.verified && !found.read[&1].verified && found.read[&2].verified);
    assert_eq!(held.opened(), [1, 2]);
    let (read, size) = (held.read_of(1).unwrap(), found.read[&1].of.unwrap());
    // Some buffers are filled ahead.
    assert!(read < size / 2, "{read} of {size}");
    assert!(found.read[&1].stored <= read);
}

#[tokio::test]
async fn what_is_verified_is_read_to_its_end_and_exact() {
    for (last, content) in [
        (Entry::directory("tmp"), "wanted"),
        (Entry::file("etc/a", "the last one"), "the last one"),
    ] {
        let held = large(last).await;
        let wanted = Search { path: b"etc/a", follow: true, content: true, verify: true, spare: 0 };
        let (found, bytes) = held.search(wanted, &Limits::default()).await;
        let found = found.unwrap();
        assert_eq!(String::from_utf8_lossy(&bytes), content);
        assert!(found.verified);
        assert_eq!(held.read_of(1), found.read[&1].of);
    }
}

#[tokio::test]
async fn a_large_file_streams_and_an_answer_that_is_overtaken_is_an_error() {
    let image = |last: Entry| {
        let layer = LayerBuilder::new(Compression::GZIP).file("a", noise(3_000_000)).entry(last);
        ImageBuilder::new().layer(layer).build()
    };
    let held = Held::of(image(Entry::directory("tmp"))).await;
    let (found, bytes) = held.cat("a").await;
    assert!(found.unwrap().verified);
    assert_eq!(bytes, noise(3_000_000));
    let held = Held::of(image(Entry::file("a", "last"))).await;
    let (found, bytes) = held.cat("a").await;
    assert_eq!(bytes, noise(3_000_000));
    assert!(matches!(found, Err(Error::Overtaken { .. })), "{found:?}");
    // Waiting gives the right one.
    let wanted = Search { path: b"a", follow: true, content: true, verify: true, spare: 0 };
    let (found, bytes) = held.search(wanted, &Limits::default()).await;
    assert_eq!((found.is_ok(), &bytes[..]), (true, &b"last"[..]));
    // So does sparing nothing, also where the large one is meant; it is read again then.
    let exact = Search { verify: false, spare: u64::MAX, ..wanted };
    let (found, bytes) = held.search(exact, &Limits::default()).await;
    assert_eq!((found.unwrap().verified, &bytes[..]), (true, &b"last"[..]));
    let again = Held::of(image(Entry::directory("tmp"))).await;
    let (found, bytes) = again.search(exact, &Limits::default()).await;
    assert!(found.is_ok());
    assert_eq!(bytes, noise(3_000_000));
    // What is held until it is verified is bounded by a named limit.
    let mut small = Limits::default();
    small.content_bytes = 2_000_000;
    let held = Held::of(image(Entry::directory("tmp"))).await;
    let (found, bytes) = held.search(wanted, &small).await;
    assert!(found.unwrap_err().to_string().contains("content_bytes = 2000000"));
    assert!(bytes.is_empty());
}

#[tokio::test]
async fn bytes_that_are_not_those_of_the_digest_fail() {
    let mut fixture = large(Entry::directory("tmp")).await.fixture;
    let mut stored = fixture.layers[1].blob.bytes.to_vec();
    let last = stored.len() - 5;
    stored[last] ^= 1;
    fixture.layers[1].blob.bytes = stored.into();
    let held = Held::of(fixture).await;
    let wanted = Search { path: b"etc/a", follow: true, content: true, verify: true, spare: 0 };
    let (found, bytes) = held.search(wanted, &Limits::default()).await;
    assert!(found.is_err() && bytes.is_empty());
    // An early answer has not seen it, and says so.
    let (found, bytes) = held.cat("etc/a").await;
    assert_eq!((found.unwrap().verified, &bytes[..]), (false, &b"wanted"[..]));
    // One that reads on has printed and fails all the same.
    let wanted = Search { verify: false, spare: u64::MAX, ..wanted };
    assert!(held.search(wanted, &Limits::default()).await.0.is_err());
}

#[tokio::test]
async fn circles_and_devices() {
    let held = Held::of_text("layer plain\n  a -> b\n  b -> a\n  n char 1:3\n  d/ 0755\n").await;
    assert!(held.cat("a").await.0.unwrap_err().to_string().contains("symlink_hops = 40"));
    for (path, expected) in [
        ("n", "n CharDevice layer 0"),
        ("d", "d Directory layer 0"),
        ("", " Directory layer 0"),
        ("d/../n", "n CharDevice layer 0"),
        ("n/x", "no n/x: NoDirectory"),
    ] {
        let (found, bytes) = held.cat(path).await;
        assert_eq!((told(&found.unwrap()).as_str(), bytes.len()), (expected, 0), "{path}");
    }
    let wanted = Search { path: b"a", follow: false, content: false, verify: false, spare: 0 };
    assert_eq!(
        told(&held.search(wanted, &Limits::default()).await.0.unwrap()),
        "a Symlink layer 0"
    );
}

/// A way that turns back passes names that its place does not have, and lower layers may change these.
#[tokio::test]
async fn what_a_way_turns_back_from_matters() {
    let upper = "layer plain\n  a/ 0755\n  f 0644 \"f\"\n";
    for (base, more, path, expected) in [
        // A hard link to a link in circles, where a directory was.
        ("  c -> c/c\n", "  a => c\n", "a/../f", Err("symlink_hops = 40")),
        ("  c -> d\n  d/ 0755\n", "  a => c\n", "a/../f", Ok("f File layer 1")),
        ("  c 0644 \"c\"\n", "  a => c\n", "a/../f", Ok("no f: NoDirectory")),
        // An entry that lies where a link of the base leads: in place of the directory.
        ("  x -> /\n", "  x/a 0644 \"a\"\n", "a/../f", Ok("no f: NoDirectory")),
        ("  x/ 0755\n", "  x/a 0644 \"a\"\n", "a/../f", Ok("f File layer 1")),
        // The same on the way of a link.
        ("  x -> /\n", "  x/a 0644 \"a\"\n  l -> a/../f\n", "l", Ok("no f: NoDirectory")),
    ] {
        let text = format!("layer plain\n{base}{upper}{more}");
        let (found, _) = Held::of_text(&text).await.cat(path).await;
        match (found, expected) {
            (Ok(found), Ok(expected)) => assert_eq!(told(&found), expected, "{text}"),
            (Err(error), Err(expected)) => {
                assert!(error.to_string().contains(expected), "{error}: {text}");
            }
            (found, _) => panic!("{found:?}: {text}"),
        }
    }
}
