//! The files of two images side by side, without reading what both have in common.
//!
//! Images that share their lowest layers share what those hold. The views start above them, so a path
//! that one of them does not mention is there as the shared base has it, whatever that is.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::iter::Peekable;

use cutaway_layerfs::{Descent, EntryPath, Hidden, Inode, Kind, Meta, WhiteoutKind, tree_order};
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

/// Two views that begin above the same base and were read with the same fingerprints.
#[derive(Debug)]
pub struct Comparison<'v> {
    a: Looked<'v>,
    b: Looked<'v>,
}

/// A view, and what it hides of the base.
#[derive(Debug)]
struct Looked<'v> {
    view: &'v View,
    marks: Marks<'v>,
}

/// One of two images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Which {
    /// The first.
    A,
    /// The second.
    B,
}

impl<'v> Comparison<'v> {
    /// Lays two views side by side.
    pub fn new(a: &'v View, b: &'v View) -> Self {
        let look = |view| Looked { view, marks: Marks::of(view) };
        Self { a: look(a), b: look(b) }
    }

    /// Returns every path at which they differ, as a tree is walked.
    ///
    /// Files are the same where kind, mode, owner, time, attributes and content are. A difference of
    /// time alone is none for directories, since every build gives them another.
    pub fn differences(&self) -> impl Iterator<Item = Difference> + '_ {
        let (mut a, mut b) = (Said::by(self.a.view).peekable(), Said::by(self.b.view).peekable());
        let paths = std::iter::from_fn(move || earlier(&mut a, &mut b));
        paths.filter_map(|path| self.difference(path))
    }

    /// Returns whether it is the base that decides whether both have the same at `path`: one of them has
    /// what the base has there, and the other one has not.
    pub fn needs_base(&self, path: &EntryPath) -> bool {
        let base = |looked: &Looked<'_>| looked.side(path) == Side::Base;
        base(&self.a) != base(&self.b)
    }

    /// Returns the image that hides whatever the base has in `directory`, where the other one does not.
    pub fn emptied(&self, directory: &EntryPath) -> Option<Which> {
        // No entry can be called like that, so that only the base could have it.
        let probe = directory.join(&[b"\0"]);
        match [&self.a, &self.b].map(|looked| looked.side(&probe)) {
            [Side::Base, Side::Absent] => Some(Which::B),
            [Side::Absent, Side::Base] => Some(Which::A),
            _ => None,
        }
    }

    /// Returns the directories whose content an opaque marker of one image hides, and of the other none.
    pub fn opaque(&self) -> Vec<(EntryPath, Which)> {
        let marks = [&self.a, &self.b].map(|looked| looked.view.changes().hidden.iter());
        let marks = marks.into_iter().flatten();
        let marks = marks.filter(|hidden| hidden.kind == WhiteoutKind::Opaque);
        let emptied = marks.filter_map(|mark| Some((mark.path.clone(), self.emptied(&mark.path)?)));
        let mut emptied: Vec<(EntryPath, Which)> = emptied.collect();
        emptied.sort_by(|(a, _), (b, _)| tree_order(a, b));
        emptied.dedup();
        emptied
    }

    fn difference(&self, path: EntryPath) -> Option<Difference> {
        let (a, b) = (self.a.side(&path), self.b.side(&path));
        let content = match (&a, &b) {
            (Side::Present(left), Side::Present(right)) => {
                let differs = self.a.content(&path) != self.b.content(&path);
                if !differs && same(&left.meta, &right.meta) {
                    return None;
                }
                differs && left.meta.kind == Kind::File && right.meta.kind == Kind::File
            }
            (Side::Base, Side::Base) | (Side::Absent, Side::Absent) => return None,
            _ => false,
        };
        Some(Difference { path, a, b, content })
    }
}

impl Looked<'_> {
    fn side(&self, path: &EntryPath) -> Side {
        side(self.view, &self.marks, path)
    }

    fn content(&self, path: &EntryPath) -> Option<u64> {
        let tree = self.view.tree();
        let inode: Option<Inode> = tree.at(path).map(|node| tree.node(node).inode());
        inode.and_then(|inode| self.view.content(inode))
    }
}

/// The paths that a view says anything about, as a tree is walked; some more than once.
struct Said<'v> {
    view: &'v View,
    nodes: Descent<'v>,
    node: Option<EntryPath>,
    hidden: Peekable<std::vec::IntoIter<&'v Hidden>>,
}

impl<'v> Said<'v> {
    fn by(view: &'v View) -> Self {
        let hidden = view.changes().hidden.iter();
        let mut hidden: Vec<&Hidden> =
            hidden.filter(|hidden| hidden.kind == WhiteoutKind::Entry).collect();
        hidden.sort_by(|a, b| tree_order(&a.path, &b.path));
        let mut nodes = view.tree().descend(view.tree().root());
        // The root is in every image.
        nodes.next();
        let node = nodes.next().map(|node| view.tree().path(node));
        Self { view, nodes, node, hidden: hidden.into_iter().peekable() }
    }
}

impl Iterator for Said<'_> {
    type Item = EntryPath;

    fn next(&mut self) -> Option<EntryPath> {
        let hidden_first = match (&self.node, self.hidden.peek()) {
            (Some(node), Some(hidden)) => tree_order(&hidden.path, node) == Ordering::Less,
            (None, hidden) => hidden.is_some(),
            (Some(_), None) => false,
        };
        if hidden_first {
            return self.hidden.next().map(|hidden| hidden.path.clone());
        }
        let next = self.nodes.next().map(|node| self.view.tree().path(node));
        std::mem::replace(&mut self.node, next)
    }
}

/// Takes the path that comes first in either list, from both.
fn earlier(a: &mut Peekable<Said<'_>>, b: &mut Peekable<Said<'_>>) -> Option<EntryPath> {
    let path = match (a.peek(), b.peek()) {
        (Some(of_a), Some(of_b)) if tree_order(of_b, of_a) == Ordering::Less => of_b.clone(),
        (Some(path), _) | (None, Some(path)) => path.clone(),
        (None, None) => return None,
    };
    while a.next_if_eq(&path).is_some() {}
    while b.next_if_eq(&path).is_some() {}
    Some(path)
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
#[derive(Debug)]
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
