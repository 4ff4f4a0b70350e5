//! What layers change in a tree: the versions of paths that are visible no more, and what hides them.
//!
//! Filled by [`Tree::apply_noting`](crate::Tree::apply_noting). What is visible is in the tree; the
//! two together are every version of every path.

use std::cmp::Ordering;

use cutaway_tar::Kind;

use crate::arena::Content;
use crate::listing::WhiteoutKind;
use crate::{EntryPath, Inode};

/// One version of a path, as a layer put it there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The path, without links.
    pub path: EntryPath,
    /// What it was; never a hard link.
    pub kind: Kind,
    /// The entry that holds its content.
    pub inode: Inode,
    /// The layer whose entry put the name there.
    pub placed_by: u32,
    /// Bytes of content; zero for all but files.
    pub size: u64,
}

/// A version that a later layer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Superseded {
    /// The version.
    pub version: Version,
    /// The layer that ended it.
    pub ended_by: u32,
    /// How it ended.
    pub end: End,
}

/// How a version ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    /// The layer put another version in its place.
    Replaced,
    /// The layer left nothing there.
    Hidden,
}

/// A whiteout or opaque marker, at the place where the tree had it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hidden {
    /// What is hidden, or the directory whose content is; without links as far as it exists.
    pub path: EntryPath,
    /// How much is hidden.
    pub kind: WhiteoutKind,
    /// The layer that hides it.
    pub layer: u32,
}

/// A hard link whose target the layers so far do not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dangling {
    /// The path of the entry, as the layer has it.
    pub path: EntryPath,
    /// The layer.
    pub layer: u32,
}

/// What the layers of a tree changed.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// Every version that is not visible any more.
    pub superseded: Vec<Superseded>,
    /// Every whiteout and opaque marker that led anywhere.
    pub hidden: Vec<Hidden>,
    /// Every hard link that was left out for want of its target.
    pub dangling: Vec<Dangling>,
    /// Bytes of paths noted so far.
    pub(crate) bytes: u64,
}

impl Changes {
    /// Sorts the versions as a tree is walked, the oldest version of a path first.
    pub fn sort(&mut self) {
        let age = |superseded: &Superseded| (superseded.version.placed_by, superseded.ended_by);
        self.superseded.sort_by(|a, b| {
            tree_order(&a.version.path, &b.version.path).then_with(|| age(a).cmp(&age(b)))
        });
    }

    /// Returns the versions of `path` that are not visible any more; needs [`Changes::sort`] before.
    pub fn of(&self, path: &EntryPath) -> &[Superseded] {
        let order = |superseded: &Superseded| tree_order(&superseded.version.path, path);
        let start = self.superseded.partition_point(|other| order(other) == Ordering::Less);
        let end = self.superseded.partition_point(|other| order(other) != Ordering::Greater);
        self.superseded.get(start..end).unwrap_or_default()
    }
}

impl Version {
    pub(crate) fn new(path: EntryPath, placed_by: u32, content: Content) -> Self {
        let Content { kind, layer, entry, size, .. } = content;
        Self { path, kind, inode: Inode { layer, entry }, placed_by, size }
    }
}

/// Orders paths as a tree is walked: a directory, then all below it, then its next sibling.
pub fn tree_order(a: &EntryPath, b: &EntryPath) -> Ordering {
    // No component has a NUL, so that it can stand for the end of one.
    let ends = |&byte: &u8| if byte == b'/' { 0 } else { byte };
    a.as_bytes().iter().map(ends).cmp(b.as_bytes().iter().map(ends))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_as_a_tree_is_walked() {
        let paths = ["", "a", "a/b", "a/b/c", "a-b", "a.b/c", "b"];
        let paths = paths.map(|path| EntryPath::clean(path.as_bytes()).unwrap());
        for (position, path) in paths.iter().enumerate() {
            for (other_position, other) in paths.iter().enumerate() {
                assert_eq!(tree_order(path, other), position.cmp(&other_position));
            }
        }
    }
}
