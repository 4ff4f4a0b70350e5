//! Real images: archives as tools wrote them, and their documents.

use std::path::PathBuf;

use cutaway_ref::Digest;

use crate::support::{OnDisk, amd64, open_files, pass, read_all};

/// Returns the bytes of a file of the corpus; `None`, with a note, where there is no corpus.
#[expect(clippy::disallowed_methods, reason = "tests find the corpus")]
fn read(name: &str) -> Option<Vec<u8>> {
    let root = std::env::var("CUTAWAY_CORPUS").map_or_else(
        |_| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus")),
        PathBuf::from,
    );
    let bytes = std::fs::read(root.join("images").join(name)).ok();
    if bytes.is_none() {
        eprintln!("skipped: no corpus");
    }
    bytes
}

const IMAGES: [&str; 2] = ["alpine-3.10.docker-archive.tar.gz", "symlink-cycle.docker-archive.tar"];

/// The configs of real images.
pub(crate) fn configs() -> Vec<Vec<u8>> {
    let archives = IMAGES.iter().filter_map(|name| read(name));
    let opened = archives.map(|archive| {
        let passed = pass(&archive, 64 << 10).unwrap();
        open_files(&passed.files, "", &amd64()).unwrap().raw_config().to_vec()
    });
    opened.collect()
}

#[test]
fn real_archives_verify() {
    for name in IMAGES {
        let Some(archive) = read(name) else { return };
        let passed = pass(&archive, 64 << 10).unwrap();
        let image = open_files(&passed.files, "", &amd64()).unwrap();
        assert_eq!(*image.id(), Digest::sha256(image.raw_config()), "{name}");
        assert!(!image.layers().is_empty(), "{name}");
        if !name.ends_with(".gz") {
            let opened =
                read_all(OnDisk::archive(&archive).and_then(|disk| disk.open(""))).unwrap();
            assert_eq!(opened.id(), image.id(), "{name}");
        }
    }
}
