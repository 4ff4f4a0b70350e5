//! Layers that overlay drivers do not unpack, found while they are applied. They are read all the same.

use cutaway_tar::Kind;

use crate::apply::{Application, Rule};
use crate::arena::NodeId;
use crate::resolve::Place;

impl Application<'_> {
    /// Says why overlay drivers do not unpack the layer.
    pub(crate) fn refuse(&mut self, path: &[u8], why: &str) {
        self.refused = true;
        if self.rule == Rule::InPlace {
            self.warnings.push_refused(path, || format!("overlay drivers refuse the layer: {why}"));
        }
    }

    /// Refuses what lies below a name that the layer has whited out and not given an entry again.
    pub(crate) fn refuse_below_whiteout(&mut self, place: &Place, path: &[u8]) {
        let Some(first) = place.missing.first() else { return };
        if !self.whited_out.is_empty() && self.whited_out.contains(&(place.node, first.clone())) {
            self.refuse(path, "something lies below a whiteout, whose directory has no entry");
        }
    }

    /// Refuses what goes through a link of the layer to what the layer has not put there: Docker and Podman
    /// follow it while nothing else is there.
    pub(crate) fn refuse_through_link(&mut self, place: &Place, path: &[u8]) {
        let own = place.lowest_link == Some(self.layer);
        let there = self.tree.arena.get(place.node);
        let put = place.missing.is_empty()
            && there.is_some_and(|it| it.placed_by == self.layer || place.node == NodeId::ROOT);
        if self.rule == Rule::InPlace && own && !put {
            self.refuse(path, "a link of the layer leads to what it does not hold");
        }
    }

    /// Refuses that a directory is replaced in which the layer has put directories: drivers set their times
    /// at the end.
    pub(crate) fn refuse_lost_directories(&mut self, replaced: NodeId, path: &[u8]) {
        let mut ahead: Vec<NodeId> = self.tree.arena.children(replaced).collect();
        while let Some(node) = ahead.pop() {
            let Some(data) = self.tree.arena.get(node) else { continue };
            let own = data.explicit && data.placed_by == self.layer;
            if own && data.content.kind == Kind::Directory {
                return self
                    .refuse(path, "a directory is replaced that holds directories of the layer");
            }
            ahead.extend(self.tree.arena.children(node));
        }
    }
}
