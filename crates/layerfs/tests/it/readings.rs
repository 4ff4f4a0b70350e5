//! The other reading, that of overlay drivers: rows that containerd, Docker and Podman unpack so (the runtimes
//! themselves judge them), but for global headers, of which these have all that any of them makes.

use cutaway_layerfs::{Limits, OtherReading, Readings, Tree, Warning};

use crate::drivers::stacks::stacks;
use crate::drivers::vary;
use crate::stack::{tar, text_of, walk};

/// Layers, and what overlay drivers make of them; none where they make the same of them as we do.
pub(crate) const ROWS: &[(&str, Option<&str>)] = &[
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
    ("d/e/x=1 | d/e/.wh.x d/.wh..wh..opq d/y=2", Some("d/ d/e/ d/y")),
    ("d/e/x=1 | d/e/.wh..wh..opq d/.wh..wh..opq", Some("d/ d/e/")),
    ("d/e/x=1 | d/.wh..wh..opq d/e/.wh.x", Some("d/ d/e/")),
    // Refused by drivers, and so read as everywhere.
    ("d/e/x=1 d/y=1 | d/e/.wh.x .wh.d", None),
    ("a=1 | a=2 .wh.a", None),
    ("d/ d/x=1 | .wh.d d/y=2", None),
    ("a=1 | h⇒a", None),
    // A whiteout is a device by then, and so is each name of it.
    ("a=1 d/x=1 | .wh.q a⇒q d/x⇒q", Some("d/")),
    ("a=1 | q@0,0 a⇒q", Some("")),
    ("a=1 | .wh.q e/b⇒q", Some("a e/")),
    ("d/ d/x=1 | d/.wh..wh..opq a⇒d/.wh..wh..opq", None),
    ("d/ d/x=1 | d/.wh..wh..opq d/.wh..wh..opq/x=1", None),
    // The lowest layer.
    ("a=1 .wh.a b=1", Some("b")),
    ("a=1 .wh.a | b=1", Some("b")),
    (".wh.x | a=1 .wh.a b=1", None),
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
        let (readings, told) = read(stack);
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

/// A link that is called `c` has another mode and owner than the file with this content, others have its own.
#[test]
fn a_header_of_a_hard_link_that_says_something_else_is_told() {
    for (layer, told) in [
        ("a=1 b⇒a", &[][..]),
        ("a=1 c⇒a b⇒a", &["c"]),
        ("a=1 d/c⇒a", &["d/c"]),
        ("a=1 | c⇒a", &[]),
        ("a→x c⇒a", &[]),
    ] {
        let mut readings = Readings::new(Limits::default());
        let mut warnings = Vec::new();
        for (number, text) in layer.split('|').enumerate() {
            let listing = walk(&vary(tar(text))).unwrap().0.listing;
            warnings.extend(readings.apply(number as u32, &listing, None, None).unwrap());
        }
        let of_attributes = warnings.iter().filter(|it| it.other == Some(OtherReading::Attributes));
        let paths = of_attributes.map(|it| it.ambiguous_at().unwrap().to_string());
        assert_eq!(paths.collect::<Vec<_>>(), told, "{layer}: {warnings:?}");
        assert_eq!(readings.others().count(), 0, "{layer}: the same files are no other reading");
        assert!(readings.shows(OtherReading::Attributes));
    }
}

/// Lays the layers of a stack, and returns what was told of them.
fn read(stack: &str) -> (Readings, Vec<Warning>) {
    let mut readings = Readings::new(Limits::default());
    let mut told = Vec::new();
    for (layer, text) in stack.split('|').enumerate() {
        let listing = walk(&tar(text)).unwrap().0.listing;
        told.extend(readings.apply(layer as u32, &listing, None, None).unwrap());
    }
    (readings, told)
}

/// The names in a tree, without contents.
fn names(tree: &Tree) -> String {
    let lines = text_of(tree);
    lines.join(" ")
}

/// Another reading begins at the first layer that may be read in another way. Begun before, it comes to the
/// same: no difference is lost, and none is without a warning.
#[test]
fn no_difference_is_lost() {
    let (mut differed, mut of_globals) = (0, 0);
    for stack in stacks(10_000, 9) {
        let (late, told) = read(&stack);
        // A whiteout in the lowest layer is reason enough to begin.
        let (early, _) = read(&format!("zz/.wh.x {stack}"));
        let below = |tree: &Tree| -> Vec<String> {
            text_of(tree).into_iter().filter(|line| !line.starts_with("zz")).collect()
        };
        let tree = below(late.tree());
        assert_eq!(tree, below(early.tree()), "{stack}");
        let others: Vec<Vec<String>> = late.others().map(below).collect();
        assert!(early.others().next().is_some(), "{stack}");
        for (at, begun_early) in early.others().map(below).enumerate() {
            let begun_late = others.get(at).or(others.first()).unwrap_or(&tree);
            assert_eq!(*begun_late, begun_early, "{stack}: {told:?}");
        }
        let differs = others.iter().any(|other| *other != tree);
        assert!(!differs || told.iter().any(|it| it.other.is_some()), "{stack}: {told:?}");
        differed += usize::from(differs);
        of_globals += usize::from(others.len() > 1 && others[0] != others[1]);
    }
    assert!(differed > 2000 && of_globals > 200, "{differed}, {of_globals}");
}
