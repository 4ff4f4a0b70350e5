//! Random stacks: read newest first as an image, read twice as an archive that passes, and unpacked by GNU
//! tar.

use std::process::Command;

use cutaway_export::{Error, Flattened, flatten};
use cutaway_fixtures::DockerArchive;
use cutaway_model::Error as ModelError;
use cutaway_model::source::Selector;
use cutaway_read::{Error as ReadError, Input, Options};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use tempfile::TempDir;

use crate::support::{archive, layout, on_disk, open, options, stack, unpacked};

/// Few names, so that entries meet.
fn path() -> impl Strategy<Value = String> {
    prop_oneof![2 => "[abc]", 3 => "[abc]/[abc]", 1 => "[abc]/[abc]/[abc]"]
}

fn layer() -> impl Strategy<Value = Vec<String>> {
    let entry = prop_oneof![
        5 => (path(), "[0-9]{1,4}").prop_map(|(path, content)| format!("{path}={content}")),
        4 => path().prop_map(|path| format!("{path}/")),
        2 => (path(), path()).prop_map(|(path, target)| format!("{path}→/{target}")),
        3 => (path(), path()).prop_map(|(path, target)| format!("{path}⇒{target}")),
        3 => path().prop_map(|path| marker(&path, |name| format!(".wh.{name}"))),
        1 => path().prop_map(|path| format!("{path}/.wh..wh..opq")),
        1 => path().prop_map(|path| format!("{path}@0:0")),
    ];
    (prop::collection::vec(entry, 0..7), any::<bool>()).prop_map(|(entries, whole)| {
        // As builders write layers, with an entry for each directory above one.
        let mut above = std::collections::BTreeSet::new();
        for entry in entries.iter().filter(|_| whole) {
            let name = entry.split(['=', '→', '⇒', '@']).next().unwrap_or_default();
            above.extend(
                name.match_indices('/').map(|(slash, _)| format!("{}/", name.split_at(slash).0)),
            );
        }
        above.into_iter().chain(entries).collect()
    })
}

fn marker(path: &str, name: impl Fn(&str) -> String) -> String {
    match path.rsplit_once('/') {
        Some((parent, last)) => format!("{parent}/{}", name(last)),
        None => name(path),
    }
}

/// Returns this many stacks, the same each time.
fn stacks(count: usize) -> Vec<String> {
    let mut runner = TestRunner::deterministic();
    let stack = prop::collection::vec(layer(), 1..5);
    let one = |_| stack.new_tree(&mut runner).unwrap().current();
    let layers = |layers: Vec<Vec<String>>| layers.iter().map(|layer| layer.join(" ")).collect();
    (0..count).map(one).map(|it| -> Vec<String> { layers(it) }).map(|it| it.join(" | ")).collect()
}

/// Options by which nothing of a layer is held back.
fn at_once() -> Options {
    let mut options = options();
    options.limits.layer_hold_bytes = 0;
    options
}

async fn exported(layout: &TempDir, options: &Options) -> (Result<Flattened, Error>, Vec<u8>) {
    let mut tar = Vec::new();
    let image = open(layout.path()).await;
    let written = flatten(image.into(), options, &mut tar, "memory").await;
    (written.map(|(_, written)| written), tar)
}

/// Returns what GNU tar unpacks.
fn by_tar(tar: &[u8]) -> String {
    let place = tempfile::tempdir().unwrap();
    let (file, root) = (place.path().join("flat.tar"), place.path().join("root"));
    std::fs::write(&file, tar).unwrap();
    std::fs::create_dir(&root).unwrap();
    let output = Command::new("tar").arg("-xf").arg(&file).arg("-C").arg(&root).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    on_disk(&root)
}

#[tokio::test]
async fn both_ways_give_the_same_files() {
    let mut taken_back = 0;
    // A layer that comes twice hides what it has put elsewhere before.
    let again = ["l→/q", "l/x=1 .wh.q", "l→/r", "l/x=1 .wh.q"].join(" | ");
    for text in stacks(400).into_iter().chain([again]) {
        let image = stack(&text);
        let bytes = DockerArchive::new().image(&["app:1"], &image).archive();
        let mut twice = Vec::new();
        let passing = Input::Archive(archive(&[&bytes, &bytes], Selector::Only));
        let (_, reference) = flatten(passing, &options(), &mut twice, "memory").await.unwrap();
        let wanted = unpacked(&twice);
        let layout = layout(&image);
        let (written, tar) = exported(&layout, &options()).await;
        assert_eq!((written.unwrap(), unpacked(&tar)), (reference, wanted.clone()), "{text}");
        assert_eq!(by_tar(&tar), wanted, "{text}");
        // The same bytes each time.
        assert!(exported(&layout, &options()).await.1 == tar, "{text}");
        // What was written at once is overridden where that can be, and refused where it cannot.
        match exported(&layout, &at_once()).await {
            (Ok(_), tar) => assert_eq!(by_tar(&tar), wanted, "{text}"),
            (Err(error), tar) => {
                let limit = matches!(
                    &error,
                    Error::Read(ReadError::Model(ModelError::Limit {
                        limit: "layer_hold_bytes",
                        ..
                    }))
                );
                assert!(limit && !tar.ends_with(&[0; 1024]), "{text}: {error}");
                taken_back += 1;
            }
        }
    }
    eprintln!("{taken_back} of 400 stacks take something back");
    assert!((1..100).contains(&taken_back), "{taken_back}");
}

#[tokio::test]
async fn what_is_taken_back_after_it_was_written_is_refused() {
    let layout = layout(&stack("top=1 | d/ d/x=1 d=2 | top=2"));
    let (written, tar) = exported(&layout, &options()).await;
    assert_eq!((written.unwrap().names, unpacked(&tar).as_str()), (2, "d=2 top=2"));
    let (written, tar) = exported(&layout, &at_once()).await;
    let error = written.unwrap_err().to_string();
    assert_eq!(
        error,
        "what layer 1 has written at d and takes away later is over the limit layer_hold_bytes of 0"
    );
    assert!(!tar.ends_with(&[0; 1024]));
}

#[tokio::test]
async fn layers_come_newest_first() {
    let text = "base/deep/file=1 usr/ usr/a=1 | usr/ usr/b/ usr/b/c=2 l⇒usr/b/c | usr/ usr/.wh.a";
    let layout = layout(&stack(text));
    for options in [options(), at_once()] {
        let (_, tar) = exported(&layout, &options).await;
        // The newest layer first, as far as it is certain; links at the end.
        let wanted = "usr/ usr/b/ usr/b/c base/ base/deep/ base/deep/file l";
        assert_eq!(members(&tar).join(" "), wanted);
    }
}

#[tokio::test]
async fn what_does_not_verify_has_no_end() {
    // The lowest, the middle and the top layer, with one byte changed or cut off.
    for layer in 0..3 {
        for cut in [false, true] {
            let image = stack("a/ a/x=1 | b=2 | c=3");
            let layout = layout(&image);
            let digest = image.layers[layer].blob.digest.encoded();
            let blob = layout.path().join("blobs/sha256").join(digest);
            let mut bytes = std::fs::read(&blob).unwrap();
            match cut {
                true => bytes.truncate(bytes.len() - 512),
                false => bytes[600] ^= 1,
            }
            std::fs::write(&blob, bytes).unwrap();
            for options in [options(), at_once()] {
                let (written, tar) = exported(&layout, &options).await;
                assert!(matches!(written, Err(Error::Read(_))), "{layer} {cut}: {written:?}");
                assert!(!tar.ends_with(&[0; 1024]), "{layer} {cut}");
            }
            // Nothing of a layer that is held back whole was handed on before it had verified.
            let (_, tar) = exported(&layout, &options()).await;
            assert_eq!(tar.len(), (2 - layer) * 1024, "{layer} {cut}");
        }
    }
}

#[tokio::test]
async fn layers_that_are_the_same_bytes_are_read_once() {
    for (text, wanted) in [
        ("a=1 | a=1 | a=1", "a=1"),
        ("d/ d/x=1 | d/ d/.wh.x | d/ d/x=1", "d/ d/x=1"),
        ("d/ d/.wh.x | d/ d/x=1 | d/ d/.wh.x", "d/"),
        ("x=1 | top=1 d/ | x=1", "d/ top=1 x=1"),
    ] {
        let (written, tar) = exported(&layout(&stack(text)), &options()).await;
        written.unwrap();
        assert_eq!(unpacked(&tar), wanted, "{text}");
    }
}

/// Returns the names of a tar in the order of its members.
fn members(tar: &[u8]) -> Vec<String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), tar).unwrap();
    let output = Command::new("tar").arg("-tf").arg(file.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn directories_come_before_what_lies_in_them() {
    // The newest layer is left to a second reading, since a name stands twice in it.
    let by_hand = "d/ d/x=1 | f=1 f=2 d/".to_owned();
    for text in std::iter::once(by_hand).chain(stacks(400)) {
        let layout = layout(&stack(&text));
        let members = members(&exported(&layout, &options()).await.1);
        for (position, member) in members.iter().enumerate() {
            let later = members.iter().skip(position);
            let above = later.filter(|it| it.ends_with('/') && member.starts_with(it.as_str()));
            let above: Vec<_> = above.filter(|it| *it != member).collect();
            assert!(above.is_empty(), "{text}: {members:?}");
        }
    }
}
