//! Hiding, while a layer is applied, what lower layers have: whiteouts and opaque markers.

use crate::apply::Application;
use crate::arena::NodeId;
use crate::listing::WhiteoutKind;
use crate::resolve::Place;
use crate::{EntryPath, Error};

impl Application<'_> {
    /// Hides what a marker hides.
    pub(crate) fn hide_one(&mut self, kind: WhiteoutKind, path: &EntryPath) -> Result<(), Error> {
        let directory = match kind {
            WhiteoutKind::Entry => path.parent(),
            WhiteoutKind::Opaque => path.as_bytes(),
        };
        let Some(place) = self.follow(directory, path.as_bytes())? else { return Ok(()) };
        self.doubt_links(directory, &place);
        self.note_hidden(kind, path, &place)?;
        self.refuse_below_whiteout(&place, path.as_bytes());
        self.refuse_through_link(&place, path.as_bytes());
        self.doubt_missing(&place);
        let Some(directory) = place.unpacked() else { return Ok(()) };
        self.marked.insert(directory);
        match kind {
            WhiteoutKind::Opaque => {
                self.doubt_opaque(directory);
                self.settle(directory, WhiteoutKind::Opaque)
            }
            WhiteoutKind::Entry => {
                let again = !self.whited_out.insert((directory, path.name().into()));
                if again {
                    self.refuse(path.as_bytes(), "two whiteouts have this name");
                }
                match self.tree.arena.child(directory, path.name()) {
                    Some(node) if self.is_upper(node) => {
                        self.doubt_late_marker(path);
                        self.settle(node, WhiteoutKind::Entry)
                    }
                    Some(node) => {
                        if !self.marked_below(node).is_empty() {
                            self.refuse(
                                path.as_bytes(),
                                "a whiteout hides a directory that holds a marker",
                            );
                        }
                        self.vacate(node);
                        self.remove(node)
                    }
                    None => Ok(()),
                }
            }
        }
    }

    /// Removes what lower layers have below a node. No node is looked into twice.
    fn settle(&mut self, node: NodeId, kind: WhiteoutKind) -> Result<(), Error> {
        let mut ahead = vec![node];
        while let Some(node) = ahead.pop() {
            if !self.settled.insert(node) {
                continue;
            }
            let children: Vec<NodeId> = self.tree.arena.children(node).collect();
            for child in children {
                if self.is_upper(child) {
                    if kind == WhiteoutKind::Opaque {
                        self.doubt_implied(child);
                    }
                    ahead.push(child);
                } else {
                    if kind == WhiteoutKind::Opaque {
                        self.marked_below(child).into_iter().for_each(|it| self.doubt_marked(it));
                    }
                    self.remove(child)?;
                }
            }
        }
        Ok(())
    }

    /// Returns the directories of lower layers at or below a node in which the layer has a marker.
    pub(crate) fn marked_below(&self, node: NodeId) -> Vec<NodeId> {
        let mut marked = Vec::new();
        let mut ahead: Vec<NodeId> = if self.marked.is_empty() { Vec::new() } else { vec![node] };
        while let Some(node) = ahead.pop() {
            ahead.extend(self.tree.arena.children(node));
            marked.extend(Some(node).filter(|node| self.marked.contains(node)));
        }
        marked
    }

    /// Returns whether the layer put a node there, or anything below it.
    pub(crate) fn is_upper(&self, node: NodeId) -> bool {
        let data = self.tree.arena.get(node);
        data.is_some_and(|data| data.touched || data.placed_by == self.layer)
    }

    /// Notes that the layer puts something into a directory.
    pub(crate) fn touch(&mut self, directory: NodeId) {
        let mut at = directory;
        while self.hides && at != NodeId::ROOT && !self.is_upper(at) {
            let Some(data) = self.tree.arena.get_mut(at) else { return };
            data.touched = true;
            self.touched.push(at);
            at = self.tree.arena.parent(at);
        }
    }

    /// Puts in place how overlayfs itself marks what it hides, a character device with the number
    /// 0:0: like a file, it replaces whatever has its name, and then nothing is there.
    pub(crate) fn shadow(&mut self, place: Place, path: &[u8], name: &[u8]) -> Result<(), Error> {
        let clean = EntryPath::clean(path).unwrap_or_default();
        self.note_hidden(WhiteoutKind::Entry, &clean, &place)?;
        self.doubt_device(&clean);
        let directory = self.make_directories(place, path)?;
        self.whited_out.insert((directory, name.into()));
        if let Some(node) = self.tree.arena.child(directory, name) {
            self.vacate(node);
            self.remove(node)?;
        }
        Ok(())
    }
}
