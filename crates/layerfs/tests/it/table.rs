//! The rules of the overlay, a row each. Letters are rows of the truth table that the project keeps;
//! the others are what hostile or odd builders make.

use cutaway_layerfs::{Error, Inode};

use crate::stack::merge;

/// Row, layers, result, warnings.
const ROWS: &[(&str, &str, &str, &[&str])] = &[
    ("A", "foo=old | .wh.foo foo=new", "foo=new", &[]),
    ("A2", "foo=old | foo=new .wh.foo", "foo=new", &[]),
    ("B", "a/ a/foo=1 | .wh.a a/ a/baz=2", "a/ a/baz=2", &[]),
    ("C", "x=first x=second", "x=second", &["duplicate-entry"]),
    ("D", "etc/x=low | /etc/x=up", "etc/ etc/x=up", &[]),
    ("D2", "etc/x=low | /etc/.wh.x", "etc/", &[]),
    ("E", "t2=123 | t1⇒t2 t3⇒t1 | t1=456", "t1=456 t2=123 t3=123", &[]),
    ("F", "a=1 b⇒a | .wh.a", "b=1", &[]),
    ("G", "foo d/ d/x | .wh..wh..opq new", "new=", &[]),
    ("H", "test/ test/hello | .wh.test | test/ test/hello2", "test/ test/hello2=", &[]),
    ("I", "d/ d/a | d/ d/.wh..wh..opq d/c", "d/ d/c=", &[]),
    ("J", "d/ d/a | d/.wh..wh..opq", "d/", &[]),
    (
        "L",
        "usr/lib/ lib→usr/lib usr/lib/a=low | lib/a=up",
        "lib→usr/lib usr/ usr/lib/ usr/lib/a=up",
        &[],
    ),
    ("M", "x/ x/y | x=file | .wh.x x/ x/z", "x/ x/z=", &[]),
    ("N", ".wh..wh.aufs .wh..wh.plnk/ .wh..wh.plnk/1.2 .wh..wh.orph/ a=1", "a=1", &[]),
    ("O", "a/ a/foo | .wh.a a/bar=1", "a/ a/bar=1", &[]),
    ("P", "f=1 | f→other | ", "f→other", &[]),
    ("Q", "lib/ lib/x lib/y/ lib/y/z | lib=file", "lib=file", &[]),
    ("R", "x/real=1 | db⇒x/real", "db=1 x/ x/real=1", &[]),
    ("S", "db=found | db=", "db=", &[]),
    // Whiteouts.
    ("whiteout in any order", "d/ d/x | d/new .wh.d", "d/ d/new=", &[]),
    ("opaque after its new siblings", "d/ d/a d/b/ | d/c d/.wh..wh..opq", "d/ d/c=", &[]),
    ("whiteout and the same directory", "d/ d/x | d/ .wh.d", "d/", &[]),
    ("opaque and whiteout", "d/ d/x | d/.wh..wh..opq .wh.d d/y", "d/ d/y=", &[]),
    ("whiteout of nothing", "a | .wh.b c/.wh.d e/.wh..wh..opq", "a=", &[]),
    ("whiteout through a link", "d/ d/x l→d | l/.wh.x", "d/ l→d", &[]),
    ("whiteout of a link", "d/ d/x l→d | .wh.l", "d/ d/x=", &[]),
    ("opaque through a link", "d/ d/x l→d | l/.wh..wh..opq", "d/ l→d", &[]),
    ("opaque of a file", "f=1 | f/.wh..wh..opq", "f=1", &[]),
    ("overlayfs whiteout", "a b | a@0,0 b@1,3", "b@", &[]),
    ("whiteouts only reach down", ".wh.a a | b", "a= b=", &[]),
    ("whiteout through a loop", "a→b b→a | a/.wh.x c", "a→b b→a c=", &["symlink-loop"]),
    ("name of three dots", "... | .wh....", "", &[]),
    ("reserved names", "a | .wh.b/c .wh..wh.other", "a=", &["reserved-name", "reserved-name"]),
    // Names.
    ("one path, many names", "./a=1 | .//b/../a=2 | /./a=3", "a=3", &[]),
    ("names out of the root", "../../x a/../../x /../x a=1", "a=1", &["entry-outside-root"; 3]),
    ("root as a file", ".=1 a", "a=", &["root-not-a-directory"]),
    ("root as a directory", "./ a | ./", "a=", &[]),
    // Links.
    ("parent through an absolute link", "d/ l→/d | l/x=1", "d/ d/x=1 l→/d", &[]),
    (
        "parent through a link out of the root",
        "l→../../../etc | l/x=1",
        "etc/ etc/x=1 l→../../../etc",
        &[],
    ),
    (
        "parent through a dangling link",
        "l→no/where | l/x=1",
        "l→no/where no/ no/where/ no/where/x=1",
        &[],
    ),
    ("parent through a chain", "a→b b→c c/ | a/x=1", "a→b b→c c/ c/x=1", &[]),
    ("parent in a loop", "a→b b→a | a/x c=1", "a→b b→a c=1", &["symlink-loop"]),
    ("parent is a file", "f=1 | f/x=2", "f/ f/x=2", &["parent-not-a-directory"]),
    ("directory over a link", "d/ d/x l→d | l/ l/y", "d/ d/x= l/ l/y=", &[]),
    ("link over a directory", "l/ l/x d/ | l→d l/y", "d/ d/y= l→d", &[]),
    ("hard link to nothing", "a⇒b | c", "c=", &["hard-link-target-missing"]),
    ("hard link to a whiteout", ".wh.b a⇒.wh.b", "", &["hard-link-target-missing"]),
    ("hard link out of the root", "a⇒../../etc/passwd", "", &["hard-link-target-missing"]),
    ("hard link to what is hidden", "b=1 | .wh.b a⇒b", "", &["hard-link-target-missing"]),
    ("hard link to what is hidden later", "b=1 | a⇒b .wh.b", "a=1", &[]),
    ("hard link to a directory", "d/ a⇒d", "d/", &["hard-link-to-directory"]),
    ("hard link to itself", "a=1 | a⇒a", "a=1", &["hard-link-to-itself"]),
    ("hard link over its directory", "d/ d/x=1 | d⇒d/x", "d/ d/x=1", &["hard-link-to-itself"]),
    ("hard link to a link", "t=1 l→t | h⇒l", "h→t l→t t=1", &[]),
    ("hard link through a link", "d/ d/x=1 l→d | h⇒l/x", "d/ d/x=1 h=1 l→d", &[]),
    (
        "hard link through a link that only unpackers follow",
        "l→no/../d d/ d/x=1 | h⇒l/x",
        "d/ d/x=1 h=1 l→no/../d",
        &[],
    ),
    ("hard link with a slash", "x=1 | h⇒/x", "h=1 x=1", &[]),
    ("hard link to the newer file", "x=1 | x=2 h⇒x", "h=2 x=2", &[]),
    ("hard link before the newer file", "x=1 | h⇒x x=2", "h=1 x=2", &[]),
    // The rest.
    ("directory over a directory", "d/ d/x | d/ d/y", "d/ d/x= d/y=", &[]),
    ("directory twice", "d/ d/x d/", "d/ d/x=", &[]),
    ("file, directory, file", "a | a/ a/b | a=1", "a=1", &[]),
    ("parents without entries", "a/b/c/d=1", "a/ a/b/ a/b/c/ a/b/c/d=1", &[]),
    ("duplicate of an implied directory", "a/b a=1", "a=1", &[]),
];

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
