//! The rules of the overlay, a row each, and what else a merged tree knows.

use cutaway_layerfs::{Error, Inode};

use crate::rows::ROWS;
use crate::stack::merge;

#[test]
fn rows() {
    for (row, layers, result, warnings) in ROWS {
        let merged = merge(layers).unwrap_or_else(|error| panic!("{row}: {error}"));
        assert_eq!(merged.text(), *result, "{row}: {layers}");
        assert_eq!(merged.warnings, *warnings, "{row}: {layers}");
    }
}

#[test]
fn row_k_bare_whiteouts() {
    for (stack, name) in [
        ("d/ d/a | d/.wh.", "d/.wh."),
        ("d/ | d/.wh..", "d/.wh.."),
        ("d/ | .wh...", ".wh..."),
        (".wh./", ".wh./"),
    ] {
        let Err(Error::BareWhiteout { path, .. }) = merge(stack) else { panic!("{stack}") };
        assert_eq!(&*path, name.as_bytes());
    }
    let error = merge("d/.wh.").err().unwrap().to_string();
    assert_eq!(
        error,
        "whiteout d/.wh. hides nothing that a file can be called, at offset 0 of the archive"
    );
}

#[test]
fn names_know_their_layer_and_content() {
    let merged = merge("a=0 d/ d/x=1 | b⇒a d/y=2 e/f=3 | a=4 c⇒b d/ | .wh.x").unwrap();
    let inode = |layer, entry| Inode { layer, entry };
    for (path, placed_by, content) in [
        ("a", 2, inode(2, 0)),
        ("b", 1, inode(0, 0)),
        ("c", 2, inode(0, 0)),
        ("d", 2, inode(2, 2)),
        ("d/x", 0, inode(0, 2)),
        ("d/y", 1, inode(1, 1)),
        ("e", 1, inode(1, Inode::IMPLIED)),
        ("e/f", 1, inode(1, 2)),
    ] {
        assert_eq!((merged.placed_by(path), merged.inode(path)), (placed_by, content), "{path}");
    }
}

#[test]
fn children_are_sorted() {
    let merged = merge("b a/ c→b | a/z a/b a/c | aa").unwrap();
    let names = |path: &[u8]| -> Vec<String> {
        let node = merged.tree.lookup(path).unwrap().unwrap();
        let children = merged.tree.children(node);
        children
            .iter()
            .map(|&id| String::from_utf8_lossy(merged.tree.node(id).name()).into())
            .collect()
    };
    assert_eq!(names(b""), ["a", "aa", "b", "c"]);
    assert_eq!(names(b"a"), ["b", "c", "z"]);
}
