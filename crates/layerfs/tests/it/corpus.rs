//! Real layers.

use std::io::Read as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use cutaway_layerfs::{Limits, Tree};

use crate::stack::walk;

#[expect(clippy::disallowed_methods, reason = "tests find the corpus")]
fn corpus(name: &str) -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus");
    let root =
        std::env::var_os("CUTAWAY_CORPUS").map_or_else(|| PathBuf::from(default), PathBuf::from);
    if !root.is_dir() {
        eprintln!("skipped: no corpus");
        return None;
    }
    Some(root.join(name))
}

fn unzip(path: &PathBuf) -> Option<Vec<u8>> {
    let child = Command::new("gzip").arg("-dc").arg(path).stdout(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        eprintln!("skipped: no gzip");
        return None;
    };
    let mut bytes = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut bytes).unwrap();
    assert!(child.wait().unwrap().success());
    Some(bytes)
}

#[test]
fn opaque_layer() {
    let Some(path) = corpus("tars/whiteout-opaque.layer.tar") else { return };
    let (walked, _) = walk(&std::fs::read(path).unwrap()).unwrap();
    assert!(walked.listing.whiteout_count() > 0);
    assert!(walked.warnings.is_empty(), "{:?}", walked.warnings);
    assert!(walked.listing.iter().all(|entry| !entry.path().name().starts_with(b".wh.")));
}

#[test]
fn distribution_upgrade() {
    let mut tree = Tree::new(Limits::default());
    let mut releases = Vec::new();
    for (layer, name) in ["tars/dist-upgrade-1-wheezy.tar.gz", "tars/dist-upgrade-2-jessie.tar.gz"]
        .iter()
        .enumerate()
    {
        let Some(bytes) = corpus(name).and_then(|path| unzip(&path)) else { return };
        let (walked, keep) = walk(&bytes).unwrap();
        assert_eq!(tree.apply(layer as u32, &walked.listing).unwrap(), []);
        releases.push(keep);
    }
    let node = tree
        .resolve(b"etc/debian_version")
        .unwrap()
        .or(tree.resolve(b"etc/os-release").unwrap())
        .unwrap();
    let inode = tree.node(node).inode();
    assert_eq!(inode.layer, 1);
    let text = String::from_utf8_lossy(&releases[1].files[&inode.entry]).into_owned();
    assert!(text.contains('8') || text.contains("jessie"), "{text}");
}
