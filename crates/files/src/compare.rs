//! The files of two images side by side, without reading what both have in common.
//!
//! Images that share their lowest layers share what those hold. The views start above them, so a path
//! that one of them does not mention is there as the shared base has it, whatever that is.

use std::collections::HashSet;

use cutaway_layerfs::{EntryPath, Inode, Kind, Meta, WhiteoutKind, tree_order};
use cutaway_model::Image;

use crate::View;

/// What one of two images has at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Side {
    /// What the shared base has, which was not read.
    Base,
    /// Nothing.
    Absent,
    /// Something.
    Present(Present),
}

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    /// What its layer says about it.
    pub meta: Meta,
    /// The layer that put it there.
    pub layer: usize,
}

/// A path at which two images differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The path.
    pub path: EntryPath,
    /// What the first image has.
    pub a: Side,
    /// What the second image has.
    pub b: Side,
    /// Whether the contents differ, of files on both sides.
    pub content: bool,
}

/// Returns how many layers two images share, from the base up.
pub fn shared_layers(a: &Image, b: &Image) -> usize {
    let layers = a.layers().iter().zip(b.layers());
    layers.take_while(|(a, b)| a.diff_id() == b.diff_id()).count()
}

/// Compares two views that begin above the same base and were read with the same fingerprints.
///
/// Files are the same where kind, mode, owner, time, attributes and content are. A difference of time
/// alone is none for directories, since every build gives them another.
pub fn compare(a: &View, b: &View) -> Vec<Difference> {
    let mut paths = said(a);
    paths.extend(said(b));
    paths.sort_by(tree_order);
    paths.dedup();
    let (hidden_a, hidden_b) = (Marks::of(a), Marks::of(b));
    let mut differences = Vec::new();
    for path in paths {
        let (on_a, on_b) = (side(a, &hidden_a, &path), side(b, &hidden_b, &path));
        let content = match (&on_a, &on_b) {
            (Side::Present(left), Side::Present(right)) => {
                let inode =
                    |view: &View| view.tree().at(&path).map(|n| view.tree().node(n).inode());
                let of = |view: &View, inode: Option<Inode>| inode.and_then(|i| view.content(i));
                let differs = of(a, inode(a)) != of(b, inode(b));
                if !differs && same(&left.meta, &right.meta) {
                    continue;
                }
                differs && left.meta.kind == Kind::File && right.meta.kind == Kind::File
            }
            (Side::Base, Side::Base) | (Side::Absent, Side::Absent) => continue,
            _ => false,
        };
        differences.push(Difference { path, a: on_a, b: on_b, content });
    }
    differences
}

/// Returns the paths that a view says anything about.
fn said(view: &View) -> Vec<EntryPath> {
    let tree = view.tree();
    let nodes = view.descend(tree.root()).skip(1);
    let mut paths: Vec<EntryPath> = nodes.map(|node| tree.path(node)).collect();
    let hidden = view.changes().hidden.iter();
    let hidden = hidden.filter(|hidden| hidden.kind == WhiteoutKind::Entry);
    paths.extend(hidden.map(|hidden| hidden.path.clone()));
    paths
}

fn side(view: &View, hidden: &Marks<'_>, path: &EntryPath) -> Side {
    let tree = view.tree();
    if let Some(node) = tree.at(path) {
        let node = tree.node(node);
        // A directory without an entry is there for what lies in it; the base may say more.
        if node.is_implied() && view.first() > 0 {
            return Side::Base;
        }
        let layer = usize::try_from(node.placed_by()).unwrap_or(usize::MAX);
        return Side::Present(Present { meta: view.meta(node.inode()), layer });
    }
    if view.first() == 0 {
        return Side::Absent;
    }
    let mut above = path.directory();
    let below_a_file = loop {
        if let Some(node) = tree.at(&above) {
            break tree.node(node).kind() != Kind::Directory;
        }
        if above.is_root() {
            break false;
        }
        above = above.directory();
    };
    if hidden.covers(path) || below_a_file { Side::Absent } else { Side::Base }
}

/// What a view hides of the base, by path.
struct Marks<'v> {
    entries: HashSet<&'v [u8]>,
    opaque: HashSet<&'v [u8]>,
}

impl<'v> Marks<'v> {
    fn of(view: &'v View) -> Self {
        let (mut entries, mut opaque) = (HashSet::new(), HashSet::new());
        for hidden in &view.changes().hidden {
            let marks = match hidden.kind {
                WhiteoutKind::Entry => &mut entries,
                WhiteoutKind::Opaque => &mut opaque,
            };
            marks.insert(hidden.path.as_bytes());
        }
        Self { entries, opaque }
    }

    /// Returns whether the base's version of a path is hidden.
    fn covers(&self, path: &EntryPath) -> bool {
        let mut at = path.as_bytes();
        if self.entries.contains(at) {
            return true;
        }
        while !at.is_empty() {
            let parent = at.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
            at = at.get(..parent).unwrap_or_default();
            if self.entries.contains(at) || self.opaque.contains(at) {
                return true;
            }
        }
        false
    }
}

fn same(a: &Meta, b: &Meta) -> bool {
    let time =
        |meta: &Meta| (meta.kind != Kind::Directory).then_some((meta.mtime, meta.mtime_nanos));
    let all = |meta: &Meta| (meta.kind, meta.size, meta.mode, meta.uid, meta.gid, meta.device);
    all(a) == all(b) && time(a) == time(b) && a.link == b.link && a.xattrs == b.xattrs
}
