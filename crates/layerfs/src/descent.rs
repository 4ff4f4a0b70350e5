//! Walking over a merged tree in the order in which people list one.

use crate::{NodeId, Tree};

/// An iterator over a node and all below it: each directory before what lies in it, siblings by name.
#[derive(Debug)]
pub struct Descent<'t> {
    tree: &'t Tree,
    /// What is still to come, the next one last.
    ahead: Vec<NodeId>,
}

impl Tree {
    /// Returns `node` and all below it; see [`tree_order`](crate::tree_order).
    pub fn descend(&self, node: NodeId) -> Descent<'_> {
        Descent { tree: self, ahead: vec![node] }
    }
}

impl Iterator for Descent<'_> {
    type Item = NodeId;

    fn next(&mut self) -> Option<NodeId> {
        let node = self.ahead.pop()?;
        let from = self.ahead.len();
        self.ahead.extend(self.tree.children(node));
        if let Some(children) = self.ahead.get_mut(from..) {
            children.reverse();
        }
        Some(node)
    }
}
