//! The other reading, that of overlay drivers: rows that containerd, and but for global headers Docker and
//! Podman, were seen to unpack so.

use cutaway_layerfs::{Limits, OtherReading, Readings, Tree};

use crate::stack::{tar, text_of, walk};

/// Layers, and what overlay drivers make of them; none where they make the same of them as we do.
const ROWS: &[(&str, Option<&str>)] = &[
    ("a=1 d/ d/x=1 | b=2 d/y=2", None),
    ("a=1 d/ d/x=1 | .wh..wh..opq b=2", Some("a b d/ d/x")),
    ("d/ d/x=1 | .wh.d d/ d/y=2", Some("d/ d/x d/y")),
    ("d/ d/x=1 | d=f d/ d/y=2", Some("d/ d/x d/y")),
    ("d/ d/x=1 | d@0,0 d/ d/y=2", Some("d/ d/x d/y")),
    ("d/a/b=1 | d/.wh.a d/a/ d/a/c=2", Some("d/ d/a/ d/a/b d/a/c")),
    ("d/ d/x=1 l→d | l/y=2", Some("d/ d/x l/ l/y")),
    ("d/ d/x=1 l→d | l/.wh.x", Some("d/ d/x l/")),
    ("d/ d/x=1 l→d | l/.wh..wh..opq", Some("d/ d/x l/")),
    ("d/ d/x=1 l→d | k→l k/y=2", Some("d/ d/x k→l l/ l/y")),
    ("d/ d/x=1 | l→d d/ l/y=2", None),
    ("d/ d/x=1 l→d | l/ l/y=2", None),
    ("d/ d/x=1 | l→d .wh.d l/ d/", Some("d/ d/x l/")),
    ("a=1 | a=2 g:a", Some("")),
    ("a=1 | g:a a=2", Some("a")),
    ("a=1 b=1 | g:.wh.a c=1", Some("b c")),
    ("a=1 d/ d/x=1 | .wh.a g:a", Some("a d/ d/x")),
    ("a=1 d/x=1 | g:d/.wh..wh..opq d/y=2", Some("a d/ d/y")),
    ("a=1 | g:new/dir/file", Some("a new/ new/dir/")),
    ("a=1 | g:a/x", Some("a/")),
    ("a=1 | g:pax_global_header a=2", None),
    // Refused by drivers, and so read as everywhere.
    ("a=1 | a=2 .wh.a", None),
    ("d/ d/x=1 | .wh.d d/y=2", None),
    ("a=1 | h⇒a", None),
    // The lowest layer.
    ("a=1 .wh.a b=1", Some("b")),
    ("a=1 .wh.a | b=1", Some("b")),
    ("a/b/x=1 .wh..wh..opq c=1 | z=1", Some("c z")),
    ("a/ a/x=1 a/.wh..wh..opq | z=1", None),
    ("a=1 | a@0,0", Some("")),
    ("a=1 | c/d@0,0", Some("a c/")),
    ("f=1 | f/.wh..wh..opq", Some("f/")),
    ("f=1 | f/.wh.x", Some("f/")),
    ("a=1 | c/.wh.d", Some("a c/")),
    ("a=1 | e/.wh..wh..opq", Some("a e/")),
    // Later layers make the two the same again, or not.
    ("a=1 | .wh..wh..opq b=2 | a=3", Some("a b")),
    ("d/ d/x=1 | .wh.d d/ | d/y=1", Some("d/ d/x d/y")),
];

#[test]
fn overlay_drivers_read() {
    for (stack, other) in ROWS {
        let mut readings = Readings::new(Limits::default());
        let mut told = Vec::new();
        for (layer, text) in stack.split('|').enumerate() {
            let listing = walk(&tar(text)).unwrap().0.listing;
            told.extend(readings.apply(layer as u32, &listing, None, None).unwrap());
        }
        let ambiguous = told.iter().any(|warning| warning.other.is_some());
        assert_eq!(
            readings.others().last().map(names),
            other.map(str::to_owned),
            "{stack}: {told:?}"
        );
        assert_eq!(ambiguous, other.is_some(), "{stack}: {told:?}");
        assert!(
            told.iter().all(|it| it.other != Some(OtherReading::Unknown) || stack.contains("opq")),
            "{stack}: {told:?}"
        );
    }
}

/// The names in a tree, without contents.
fn names(tree: &Tree) -> String {
    let lines = text_of(tree);
    lines.join(" ")
}
