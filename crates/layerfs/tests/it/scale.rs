//! What large and hostile layers cost.

use std::time::{Duration, Instant};

use cutaway_layerfs::{EntryPath, Error, Limits, Listing, Meta, Readings, Tree, Visitor, Walk};

use crate::stack::{member, tar, walk};

struct Nothing;

impl Visitor for Nothing {
    fn entry(&mut self, _: u32, _: &EntryPath, _: &Meta) -> bool {
        false
    }
    fn data(&mut self, _: &[u8]) {}
    fn hole(&mut self, _: u64) {}
    fn end(&mut self) {}
}

fn list(members: impl Iterator<Item = Vec<u8>>) -> Listing {
    let mut walk = Walk::new(Limits::default());
    for member in members {
        walk.push(&member, &mut Nothing).unwrap();
    }
    walk.finish(&mut Nothing).unwrap().listing
}

fn file(name: &str) -> Vec<u8> {
    member(b'0', name.as_bytes(), b"", (0, 0), b"")
}

fn timed<T>(what: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    (what(), start.elapsed())
}

#[test]
fn half_a_million_entries_fit() {
    // Names of the length that they have in real images, in directories of forty.
    let listing = list((0..500_000_u32).map(|n| {
        file(&format!(
            "usr/share/package-{:05}/directory-{}/some-file-{n}.ext",
            n / 200,
            n / 40 % 5
        ))
    }));
    let mut tree = Tree::new(Limits::default());
    tree.apply(0, &listing).unwrap();
    let entries = listing.len() as usize;
    let (listing, tree) = (listing.memory() / entries, tree.memory() / entries);
    eprintln!("{entries} entries: listing {listing} bytes each, tree {tree} bytes each");
    assert!(listing <= 90 && listing + tree <= 200, "listing {listing}, tree {tree}");
}

#[test]
fn siblings_cost_linear_time() {
    let siblings = |count: u32| {
        let listing = list((0..count).map(|n| file(&format!("d/{:060}{n:08}", 0))));
        let ((), time) = timed(|| {
            let mut tree = Tree::new(Limits::default());
            tree.apply(0, &listing).unwrap();
            let directory = tree.lookup(b"d").unwrap().unwrap();
            assert_eq!(tree.children(directory).len(), count as usize);
        });
        time
    };
    // The machine may stall for a while; the shortest of three is the cost.
    let cost = |count| (0..3).map(|_| siblings(count)).min().unwrap();
    let (few, many) = (cost(50_000), cost(1_000_000));
    // Twenty times as many: a quadratic cost would be four hundredfold.
    assert!(many < few * 100 + Duration::from_secs(1), "50,000: {few:?}, 1,000,000: {many:?}");
}

#[test]
fn layers_of_whiteouts_cost_linear_time() {
    let base = list((0..20_000).map(|n| file(&format!("d/f{n}"))));
    let hide = list(
        (0..20_000)
            .map(|n| file(&format!("d/.wh.f{n}")))
            .chain((0..20_000).map(|_| file("d/.wh..wh..opq")))
            .chain((0..20_000).map(|n| file(&format!("d/f{n}")))),
    );
    let stack = |layers: u32| {
        let ((), time) = timed(|| {
            let mut tree = Tree::new(Limits::default());
            tree.apply(0, &base).unwrap();
            for layer in 1..layers {
                tree.apply(layer, &hide).unwrap();
            }
            assert_eq!(tree.len(), 20_002);
        });
        time
    };
    let (few, many) = (stack(8), stack(64));
    assert!(many < few * 30 + Duration::from_secs(1), "8 layers: {few:?}, 64 layers: {many:?}");
}

/// A directory that is hidden again and again is not gone through each time.
#[test]
fn opaque_marks_of_one_directory_cost_linear_time() {
    let layer = |count: u32| {
        let listing = list((0..count).flat_map(|n| {
            // Every other file brings a directory without an entry.
            let above = if n % 2 == 0 { String::new() } else { format!("i{n}/") };
            [file("d/.wh..wh..opq"), file(&format!("d/{above}f{n}"))]
        }));
        let ((), time) = timed(|| {
            Readings::new(Limits::default()).apply(0, &listing, None, None).unwrap();
        });
        time
    };
    let cost = |count| (0..3).map(|_| layer(count)).min().unwrap();
    let (few, many) = (cost(2_000), cost(40_000));
    assert!(many < few * 100 + Duration::from_secs(1), "2,000: {few:?}, 40,000: {many:?}");
}

#[test]
fn entries_of_all_layers_are_limited() {
    let listing = walk(&tar("a b c")).unwrap().0.listing;
    let tar = cutaway_tar::Limits { entries: 5, ..cutaway_tar::Limits::default() };
    let mut tree = Tree::new(Limits { tar, ..Limits::default() });
    tree.apply(0, &listing).unwrap();
    let Err(Error::Limit { limit: "entries", max: 5, .. }) = tree.apply(1, &listing) else {
        panic!("too many")
    };
}

#[test]
fn implied_directories_are_limited() {
    let listing = walk(&tar("a/b/c/d/e/f")).unwrap().0.listing;
    let tar = cutaway_tar::Limits { entries: 5, ..cutaway_tar::Limits::default() };
    let mut tree = Tree::new(Limits { tar, ..Limits::default() });
    let error = tree.apply(0, &listing).unwrap_err();
    assert_eq!(error.to_string(), "over the limit entries = 5, at a/b/c/d/e/f");
}

#[test]
fn depth_through_links_is_limited() {
    // Each link leads to the end of the last path, and each entry goes further down from there.
    let mut text = String::from("d/d/d/d/ ");
    for n in 0..20 {
        let from = if n == 0 { "d/d/d/d".to_owned() } else { format!("l{}/e/e/e/e", n - 1) };
        text.push_str(&format!("l{n}→{from} l{n}/e/e/e/e/ "));
    }
    let listing = walk(&tar(&text)).unwrap().0.listing;
    let mut tree = Tree::new(Limits { depth: 50, ..Limits::default() });
    let Err(Error::Limit { limit: "depth", .. }) = tree.apply(0, &listing) else {
        panic!("too deep")
    };
    assert!(Tree::new(Limits::default()).apply(0, &listing).is_ok());
}

#[test]
fn long_links_are_limited() {
    let target = format!("{}d", "./".repeat(45));
    let mut text = format!("d/ l→{target} ");
    for n in 0..100 {
        text.push_str(&format!("l/{n} "));
    }
    let listing = walk(&tar(&text)).unwrap().0.listing;
    let limits = |link_bytes| Limits { link_bytes, ..Limits::default() };
    assert!(Tree::new(limits(9200)).apply(0, &listing).is_ok());
    for stack in [text, format!("a→{target}/../b b→{target}/../a {}", "a/x ".repeat(100))] {
        let listing = walk(&tar(&stack)).unwrap().0.listing;
        let Err(Error::Limit { limit: "link_bytes", .. }) =
            Tree::new(limits(9000)).apply(0, &listing)
        else {
            panic!("too long")
        };
    }
}
