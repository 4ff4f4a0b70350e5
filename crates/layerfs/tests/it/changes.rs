//! What is noted of layers tells every state that the tree ever had.

use std::collections::BTreeMap;

use cutaway_layerfs::{Changes, EntryPath, Inode, Limits, Listing, Tree, tree_order};
use proptest::prelude::*;

use crate::models::{notation, stack};
use crate::stack::{merge, tar, walk};

type State = BTreeMap<EntryPath, (Inode, u32)>;

fn state(tree: &Tree) -> State {
    let nodes = tree.descend(tree.root()).skip(1);
    nodes.map(|id| (tree.path(id), (tree.node(id).inode(), tree.node(id).placed_by()))).collect()
}

/// The state after `layer`, of what is visible at the top and what was noted.
fn told(top: &State, changes: &Changes, layer: u32) -> State {
    let visible = top.iter().filter(|(_, (_, placed_by))| *placed_by <= layer);
    let gone = changes
        .superseded
        .iter()
        .filter(|gone| gone.version.placed_by <= layer && gone.ended_by > layer);
    let gone =
        gone.map(|gone| (gone.version.path.clone(), (gone.version.inode, gone.version.placed_by)));
    let mut state: State = visible.map(|(path, version)| (path.clone(), *version)).collect();
    for (path, version) in gone {
        assert_eq!(state.insert(path.clone(), version), None, "{path} has two versions at once");
    }
    state
}

fn check(listings: &[Listing]) {
    let mut tree = Tree::new(Limits::default());
    let mut changes = Changes::default();
    let mut states = Vec::new();
    for (layer, listing) in listings.iter().enumerate() {
        tree.apply_noting(layer as u32, listing, &mut changes).unwrap();
        states.push(state(&tree));
    }
    changes.sort();
    let top = state(&tree);
    for (layer, state) in states.iter().enumerate() {
        assert_eq!(told(&top, &changes, layer as u32), *state, "after layer {layer}");
    }
    for gone in &changes.superseded {
        assert!(changes.of(&gone.version.path).contains(gone));
    }
    let nodes: Vec<EntryPath> = tree.descend(tree.root()).map(|id| tree.path(id)).collect();
    assert!(nodes.is_sorted_by(|a, b| tree_order(a, b).is_lt()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_state_is_told(layers in stack()) {
        let listings: Vec<Listing> = notation(&layers)
            .iter()
            .map(|layer| walk(&tar(layer)).unwrap().0.listing)
            .collect();
        check(&listings);
    }
}

#[test]
fn ends_are_told_apart() {
    for (stack, told) in [
        ("a=1 | a=2", "a 0-1 Replaced"),
        ("a=1 | .wh.a", "a 0-1 Hidden"),
        ("d/ d/a=1 | d/.wh..wh..opq d/a=2", "d/a 0-1 Replaced"),
        ("d/ d/a=1 | d=x", "d 0-1 Replaced, d/a 0-1 Hidden"),
        ("d/ d/a=1 | d/ d/b=1", "d 0-1 Replaced"),
        ("a=1 | a=2 | .wh.a | a=3", "a 0-1 Replaced, a 1-2 Hidden"),
        ("a=1 | b=1", ""),
        // What a layer itself replaces was never visible.
        ("a=1 a=2", ""),
    ] {
        let merged = merge(stack).unwrap();
        let mut tree = Tree::new(Limits::default());
        let mut changes = Changes::default();
        for (layer, (listing, _)) in merged.layers.iter().enumerate() {
            tree.apply_noting(layer as u32, listing, &mut changes).unwrap();
        }
        changes.sort();
        let found: Vec<String> = changes
            .superseded
            .iter()
            .map(|s| {
                format!("{} {}-{} {:?}", s.version.path, s.version.placed_by, s.ended_by, s.end)
            })
            .collect();
        assert_eq!(found.join(", "), told, "{stack}");
    }
}

#[test]
fn whiteouts_are_noted_where_they_lead_also_to_nothing() {
    let merged = merge("l→d | l/.wh.a e/.wh..wh..opq .wh.f").unwrap();
    let mut tree = Tree::new(Limits::default());
    let mut changes = Changes::default();
    for (layer, (listing, _)) in merged.layers.iter().enumerate() {
        tree.apply_noting(layer as u32, listing, &mut changes).unwrap();
    }
    let hidden: Vec<String> =
        changes.hidden.iter().map(|h| format!("{} {:?} {}", h.path, h.kind, h.layer)).collect();
    assert_eq!(hidden, ["d/a Entry 1", "e Opaque 1", "f Entry 1"]);
}

#[test]
fn what_is_noted_is_bounded() {
    let limits = Limits { tree_bytes: 300, ..Limits::default() };
    let mut tree = Tree::new(limits);
    let mut changes = Changes::default();
    let layers: Vec<Listing> =
        (0..20).map(|n| walk(&tar(&format!("a={n}"))).unwrap().0.listing).collect();
    let applied: Result<Vec<_>, _> = layers
        .iter()
        .enumerate()
        .map(|(layer, listing)| tree.apply_noting(layer as u32, listing, &mut changes))
        .collect();
    assert!(applied.unwrap_err().to_string().contains("tree_bytes = 300"));
}
