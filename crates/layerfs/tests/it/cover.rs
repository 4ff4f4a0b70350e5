//! What a cover says of layers, newest first, against the tree of all of them.

use std::collections::{BTreeMap, BTreeSet};

use cutaway_layerfs::{Cover, EntryPath, Inode, Kind, Limits};
use proptest::prelude::*;

use crate::models::{Op, notation, stack};
use crate::stack::{Merged, merge, merge_layers};

/// What a cover has told of a stack.
struct Told {
    /// By path: the last entry there that was said to be visible.
    shown: BTreeMap<EntryPath, Inode>,
    /// Names of hard links in layers that were told to their end.
    links: BTreeSet<(u32, EntryPath)>,
    /// Whether every layer had a certain place for all that it does.
    is_plain: bool,
}

/// Tells a cover the layers, newest first; leaves out what it said of layers that turned out odd.
fn tell(merged: &Merged) -> Told {
    let mut cover = Cover::new(Limits::default());
    let mut told = Told { shown: BTreeMap::new(), links: BTreeSet::new(), is_plain: true };
    for (layer, (listing, keep)) in merged.layers.iter().enumerate().rev() {
        cover.begin(layer == 0);
        let layer = layer as u32;
        let mut shown = BTreeMap::new();
        for (entry, path, meta) in &keep.seen {
            let visible = cover.entry(*entry, path, meta);
            for made in cover.implied() {
                shown.insert(made.clone(), Inode { layer, entry: Inode::IMPLIED });
            }
            if visible {
                shown.insert(path.clone(), Inode { layer, entry: *entry });
            }
            if meta.kind == Kind::HardLink {
                told.links.insert((layer, path.clone()));
            }
        }
        if cover.is_odd() {
            told.is_plain = false;
        } else {
            told.shown.append(&mut shown);
        }
        cover.end(listing);
        told.is_plain &= !cover.is_blind();
    }
    told
}

/// Everything that was said to be visible is, as it was said; returns how much that is.
fn is_true(merged: &Merged, told: &Told, stack: &str) -> usize {
    for (path, shown) in &told.shown {
        let found = merged.tree.at(path).map(|id| merged.tree.node(id).inode());
        let replaced = told.links.contains(&(shown.layer, path.clone()));
        assert!(found.is_some(), "{path} is gone: {stack}");
        assert!(found == Some(*shown) || replaced, "{path}: {found:?}, {shown:?}: {stack}");
    }
    told.shown.len()
}

/// Everything that is visible under the path of its own entry was said to be.
fn is_whole(merged: &Merged, told: &Told, stack: &str) {
    let mut ahead = merged.tree.children(merged.tree.root());
    while let Some(id) = ahead.pop() {
        ahead.extend(merged.tree.children(id));
        let (path, inode) = (merged.tree.path(id), merged.tree.node(id).inode());
        assert_eq!(told.shown.get(&path), Some(&inode), "{path}: {stack}");
    }
}

/// Puts entries for all directories above its entries in front of a layer, as builders write them.
fn with_directories(ops: &[Op]) -> Vec<Op> {
    let mut above = BTreeSet::new();
    for op in ops {
        let path = match op {
            Op::File(path)
            | Op::Dir(path)
            | Op::Symlink(path, _)
            | Op::HardLink(path, _)
            | Op::Whiteout(path) => path.clone(),
            Op::Opaque(path) => format!("{path}/"),
        };
        above.extend(path.match_indices('/').map(|(slash, _)| path[..slash].to_owned()));
    }
    above.into_iter().filter(|path| !path.is_empty()).map(Op::Dir).chain(ops.to_vec()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn says_nothing_that_is_not_so(layers in stack()) {
        for layers in [layers.clone(), layers.iter().map(|ops| with_directories(ops)).collect()] {
            let text = notation(&layers);
            let merged = merge_layers(&text).unwrap();
            let told = tell(&merged);
            is_true(&merged, &told, &text.join(" | "));
            let has_links = layers.iter().flatten().any(|op| matches!(op, Op::HardLink(..)));
            if told.is_plain && !has_links {
                is_whole(&merged, &told, &text.join(" | "));
            }
        }
    }
}

#[test]
fn says_all_of_layers_as_builders_write_them() {
    for (stack, count) in [
        ("", 0),
        ("a=1", 1),
        // The base may leave out directories.
        ("a/b/c=1 a/d=2", 4),
        ("a/ a/x=1 a/y=2 | a/ a/.wh.x a/z=3", 3),
        ("a/ a/b/ a/b/x=1 | a/ a/b/ a/b/.wh..wh..opq a/b/y=2", 3),
        ("a/ a/b/ a/b/x=1 | a/ a/.wh.b | a/ a/b/ a/b/y=2", 3),
        ("a/ a/x=1 | a=2", 1),
        ("a=2 | a/ a/x=1", 2),
        ("a/ a/x=1 | a=2 | a/ a/y=3", 2),
        ("usr/ usr/lib/ lib→usr/lib usr/lib/a=1 | usr/ usr/lib/ usr/lib/a=2", 4),
        ("x=1 x=2", 1),
        ("x=1 x/ x/y=2", 2),
        ("foo=1 d/ d/x=1 | .wh..wh..opq new=1", 1),
    ] {
        let merged = merge(stack).unwrap();
        let told = tell(&merged);
        assert!(told.is_plain, "{stack}");
        assert_eq!(is_true(&merged, &told, stack), count, "{stack}");
        is_whole(&merged, &told, stack);
    }
}

#[test]
fn leaves_open_what_has_no_certain_place() {
    // Stacks, what is said of them, and whether all layers have certain places.
    for (stack, shown, is_plain) in [
        // What lies below something that may be a link of a lower layer, and what that lands on.
        ("usr/ usr/lib/ lib→usr/lib usr/lib/a=1 | lib/a=2", "", false),
        ("usr/ usr/lib/ lib→usr/lib usr/lib/a=1 | lib/.wh.a top=1", "top", false),
        ("d/ d/a=1 | d/.wh..wh..opq d/ top=1", "d top", false),
        // A directory that gives way to something else in its own layer.
        ("d/ d/x=1 d=2", "", false),
        ("d/ d/x=1 d→e", "", false),
        ("d/ d/x=1 d@0,0", "", false),
        ("a=1 a@0,0", "", false),
        ("a=1 a/b=2", "", false),
        ("a→b a/b=2", "", false),
        // A link may not be there in the end, and then what it would have replaced is.
        ("a=1 | a⇒nowhere b=1", "b", true),
        ("a=1 | b⇒a c=2", "a c", true),
    ] {
        let merged = merge(stack).unwrap();
        let told = tell(&merged);
        is_true(&merged, &told, stack);
        let paths: Vec<_> = told.shown.keys().map(ToString::to_string).collect();
        assert_eq!((paths.join(" ").as_str(), told.is_plain), (shown, is_plain), "{stack}");
    }
}

#[test]
fn names_take_little() {
    let text: Vec<String> = (0..20_000)
        .map(|n| {
            format!("usr/share/package-{:05}/directory-{}/some-file-{n}.ext", n / 200, n / 40 % 5)
        })
        .collect();
    let merged = merge(&text.join(" ")).unwrap();
    let (_, keep) = &merged.layers[0];
    let mut cover = Cover::new(Limits::default());
    cover.begin(true);
    assert!(keep.seen.iter().all(|(entry, path, meta)| cover.entry(*entry, path, meta)));
    let each = cover.memory() / keep.seen.len();
    assert!(each <= 90, "{each} bytes");
}

#[test]
fn beyond_a_limit_nothing_is_decided() {
    let merged = merge("a/b/c/d=1 e=1").unwrap();
    let tar = cutaway_tar::Limits { entries: 4, ..cutaway_tar::Limits::default() };
    let mut cover = Cover::new(Limits { tar, ..Limits::default() });
    cover.begin(true);
    let told = merged.layers[0].1.seen.iter();
    let told: Vec<bool> = told.map(|(entry, path, meta)| cover.entry(*entry, path, meta)).collect();
    assert_eq!((told, cover.is_odd()), (vec![false, false], true));
    cover.end(&merged.layers[0].0);
    assert!(cover.is_blind());
}
