//! Real archives.

use std::path::PathBuf;

use cutaway_tar::{End, Kind};

use crate::read::read;

#[expect(clippy::disallowed_methods, reason = "tests find the corpus")]
fn corpus(name: &str) -> Option<Vec<u8>> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus");
    let root =
        std::env::var_os("CUTAWAY_CORPUS").map_or_else(|| PathBuf::from(default), PathBuf::from);
    if !root.is_dir() {
        eprintln!("skipped: no corpus");
        return None;
    }
    Some(std::fs::read(root.join(name)).unwrap())
}

#[test]
fn concatenated() {
    let Some(bytes) = corpus("tars/concatenated.tar") else { return };
    let archive = read(&bytes).unwrap();
    // The first of the two has no end marker, so that they read as one, as with GNU tar.
    assert_eq!((archive.members.len(), archive.summary.end), (11, End::Marker));
    assert!(archive.codes().is_empty());
}

#[test]
fn whiteout_layer() {
    let Some(bytes) = corpus("tars/whiteout-opaque.layer.tar") else { return };
    let archive = read(&bytes).unwrap();
    assert!(
        archive.names().iter().any(|name| name.ends_with(".wh..wh..opq")),
        "{:?}",
        archive.names()
    );
    assert!(archive.codes().is_empty());
}

#[test]
fn saved_image() {
    let Some(bytes) = corpus("images/symlink-cycle.docker-archive.tar") else { return };
    let archive = read(&bytes).unwrap();
    assert!(archive.names().iter().any(|name| name == "manifest.json"), "{:?}", archive.names());
    assert!(
        archive
            .members
            .iter()
            .all(|member| matches!(member.entry.kind, Kind::File | Kind::Directory))
    );
}
