//! Noting, while a layer is applied, what it ends and hides.

use cutaway_tar::len64;

use crate::apply::{Application, over};
use crate::arena::NodeId;
use crate::changes::{Dangling, End, Hidden, Superseded, Version};
use crate::listing::WhiteoutKind;
use crate::resolve::Place;
use crate::tree::Tree;
use crate::{EntryPath, Error};

impl Application<'_> {
    /// Notes that the version at `node` ends, where it is one of a lower layer.
    pub(crate) fn note(&mut self, node: NodeId) -> Result<(), Error> {
        let Some(changes) = self.changes.as_deref_mut() else { return Ok(()) };
        let Some(data) = self.tree.arena.get(node) else { return Ok(()) };
        let (placed_by, content) = (data.placed_by, data.content);
        // The root exists in every image, whether a layer has an entry for it or not.
        if placed_by == self.layer || node == NodeId::ROOT {
            return Ok(());
        }
        let path = self.tree.path(node);
        spend(&mut changes.bytes, &path, self.tree)?;
        changes.superseded.push(Superseded {
            version: Version::new(path, placed_by, content),
            ended_by: self.layer,
            end: End::Hidden,
        });
        Ok(())
    }

    /// Notes that all versions below `node` end.
    pub(crate) fn note_below(&mut self, node: NodeId) -> Result<(), Error> {
        if self.changes.is_none() {
            return Ok(());
        }
        let mut ahead: Vec<NodeId> = self.tree.arena.children(node).collect();
        while let Some(node) = ahead.pop() {
            ahead.extend(self.tree.arena.children(node));
            self.note(node)?;
        }
        Ok(())
    }

    /// Notes a whiteout, also one that hides nothing that is in the tree.
    pub(crate) fn note_hidden(
        &mut self,
        kind: WhiteoutKind,
        path: &EntryPath,
        place: &Place,
    ) -> Result<(), Error> {
        let Some(changes) = self.changes.as_deref_mut() else { return Ok(()) };
        let directory = self.tree.path(place.node).join(&place.missing);
        let path = match kind {
            WhiteoutKind::Entry => directory.join(&[path.name()]),
            WhiteoutKind::Opaque => directory,
        };
        spend(&mut changes.bytes, &path, self.tree)?;
        changes.hidden.push(Hidden { path, kind, layer: self.layer });
        Ok(())
    }

    /// Notes a hard link whose target is not there.
    pub(crate) fn note_dangling(&mut self, path: &[u8]) -> Result<(), Error> {
        let Some(changes) = self.changes.as_deref_mut() else { return Ok(()) };
        let Ok(path) = EntryPath::clean(path) else { return Ok(()) };
        spend(&mut changes.bytes, &path, self.tree)?;
        changes.dangling.push(Dangling { path, layer: self.layer });
        Ok(())
    }
}

/// Counts what is noted against its limit, and has it paid for.
fn spend(bytes: &mut u64, path: &EntryPath, tree: &mut Tree) -> Result<(), Error> {
    let length = len64(path.as_bytes().len());
    *bytes = bytes.saturating_add(length).saturating_add(64);
    let max = tree.limits.tree_bytes;
    if *bytes > max {
        return Err(over("tree_bytes", max, path.as_bytes()));
    }
    // The path is alone in its memory, and lists grow by half of what they have.
    tree.noted = tree.noted.saturating_add(length).saturating_add(128);
    tree.hold()
}
