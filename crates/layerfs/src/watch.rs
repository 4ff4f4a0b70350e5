//! Which names change in directories that somebody looks into, while layers are applied.
//!
//! What a path leads to can only change when a name changes in one of the directories in which it was
//! looked up. So whoever asks the same paths after each layer watches these, and asks again only then.

use std::collections::{BTreeSet, HashSet};

use crate::apply::Application;
use crate::arena::NodeId;
use crate::resolve::{Last, Loop, follow_telling};
use crate::tree::Tree;

/// Directories of a [`Tree`], and the names that changed in them since they were last asked for.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    directories: HashSet<NodeId>,
    changed: BTreeSet<(NodeId, Box<[u8]>)>,
}

impl Watch {
    /// Watches a directory.
    pub fn add(&mut self, directory: NodeId) {
        self.directories.insert(directory);
    }

    /// Returns each name that changed in a watched directory, with the directory: one that was put
    /// there, taken away or replaced. The next layer begins with none.
    pub fn take(&mut self) -> BTreeSet<(NodeId, Box<[u8]>)> {
        std::mem::take(&mut self.changed)
    }

    pub(crate) fn tell(&mut self, directory: NodeId, name: &[u8]) {
        if self.directories.contains(&directory) {
            self.changed.insert((directory, name.into()));
        }
    }
}

impl Tree {
    /// Returns what a path leads to, as [`Tree::resolve`] does, or without `follow_last` as
    /// [`Tree::lookup`] does, and tells of each name on the way, with the directory in which it was
    /// looked up: the answer stays the same until one of these changes.
    ///
    /// # Errors
    ///
    /// Returns an error for a path over more links than the limit `symlink_hops`.
    pub fn look(
        &self,
        path: &[u8],
        follow_last: bool,
        looked_up: impl FnMut(NodeId, &[u8]),
    ) -> Result<Option<NodeId>, Loop> {
        let last = if follow_last { Last::Follow } else { Last::Keep };
        let hops = self.limits.symlink_hops;
        Ok(follow_telling(&self.arena, path, last, hops, looked_up)?.existing())
    }
}

impl Application<'_> {
    /// Tells that the name of a node changes.
    pub(crate) fn watch_node(&mut self, node: NodeId) {
        if let Some(watch) = self.watch.as_deref_mut() {
            let arena = &self.tree.arena;
            watch.tell(arena.parent(node), arena.name(node));
        }
    }
}
