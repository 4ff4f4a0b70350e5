//! The story of each path: its versions from layer to layer, and what each layer did.

use std::cmp::Ordering;

use cutaway_layerfs::{Descent, End, EntryPath, Kind, NodeId, Superseded, Version, tree_order};

use crate::View;

/// One path and all its versions, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// The path, without links.
    pub path: EntryPath,
    /// Its versions; never none.
    pub spans: Vec<Span>,
}

/// One version of a path, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The version.
    pub version: Version,
    /// The layer that ended it, and how; none for the one that is visible.
    pub ended: Option<(u32, End)>,
}

/// What a layer did to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deed {
    /// Nothing was there before.
    Added,
    /// Another version was.
    Changed,
    /// Nothing was there afterwards.
    Removed,
}

/// What one layer did to one path.
#[derive(Debug, Clone, Copy)]
pub struct Event<'s> {
    /// The position of the layer.
    pub layer: usize,
    /// What it did.
    pub deed: Deed,
    /// The path.
    pub path: &'s EntryPath,
    /// The version that was there before.
    pub before: Option<&'s Version>,
    /// The version that is there since.
    pub after: Option<&'s Version>,
}

/// An iterator over the stories of a view, as its tree is walked, hidden paths in their places.
#[derive(Debug)]
pub struct Stories<'v> {
    view: &'v View,
    nodes: Descent<'v>,
    /// The next path that is visible.
    node: Option<(NodeId, EntryPath)>,
    /// The versions that are not, from the next path on.
    superseded: &'v [Superseded],
}

impl View {
    /// Returns the story of every path, the root apart.
    pub fn stories(&self) -> Stories<'_> {
        let mut nodes = self.tree().descend(self.tree().root());
        nodes.next();
        let superseded = self.changes().superseded.as_slice();
        let mut stories = Stories { view: self, nodes, node: None, superseded };
        stories.step();
        stories
    }

    /// Returns the story of one path, without links; none where nothing ever was there.
    pub fn story(&self, path: &EntryPath) -> Option<Story> {
        let mut spans: Vec<Span> = self.superseded(path).iter().map(Span::from).collect();
        if let Some(node) = self.tree().at(path) {
            spans.push(self.visible(node, path.clone()));
        }
        (!spans.is_empty()).then(|| Story { path: path.clone(), spans })
    }

    /// Tells what each layer did to a path. A directory that a layer merely lists again, as layers do
    /// on the way to what they change, is not changed by that.
    pub fn events<'s>(&self, story: &'s Story) -> Vec<Event<'s>> {
        let mut events = Vec::new();
        let mut last: Option<&Span> = None;
        for span in &story.spans {
            let by = span.version.placed_by;
            let before = last.filter(|last| last.ended == Some((by, End::Replaced)));
            let before = before.map(|last| &last.version);
            let deed = if before.is_some() { Deed::Changed } else { Deed::Added };
            if !before.is_some_and(|before| self.is_same_directory(before, &span.version)) {
                let (path, after) = (&story.path, Some(&span.version));
                events.push(Event { layer: position(by), deed, path, before, after });
            }
            if let Some((by, End::Hidden)) = span.ended {
                events.push(Event {
                    layer: position(by),
                    deed: Deed::Removed,
                    path: &story.path,
                    before: Some(&span.version),
                    after: None,
                });
            }
            last = Some(span);
        }
        events
    }

    fn is_same_directory(&self, a: &Version, b: &Version) -> bool {
        if a.kind != Kind::Directory || b.kind != Kind::Directory {
            return false;
        }
        let (a, b) = (self.meta(a.inode), self.meta(b.inode));
        (a.mode, a.uid, a.gid, &a.xattrs) == (b.mode, b.uid, b.gid, &b.xattrs)
    }

    fn visible(&self, node: NodeId, path: EntryPath) -> Span {
        let node = self.tree().node(node);
        let version = Version {
            path,
            kind: node.kind(),
            inode: node.inode(),
            placed_by: node.placed_by(),
            size: node.size(),
        };
        Span { version, ended: None }
    }
}

impl Stories<'_> {
    fn step(&mut self) {
        self.node = self.nodes.next().map(|node| (node, self.view.tree().path(node)));
    }
}

impl Iterator for Stories<'_> {
    type Item = Story;

    fn next(&mut self) -> Option<Story> {
        let order = match (&self.node, self.superseded.first()) {
            (None, None) => return None,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((_, path)), Some(gone)) => tree_order(path, &gone.version.path),
        };
        let path = match (&self.node, self.superseded.first()) {
            (Some((_, path)), _) if order != Ordering::Greater => path.clone(),
            (_, Some(gone)) => gone.version.path.clone(),
            _ => return None,
        };
        let mut spans = Vec::new();
        while let Some((gone, rest)) = self.superseded.split_first()
            && gone.version.path == path
        {
            spans.push(Span::from(gone));
            self.superseded = rest;
        }
        if order != Ordering::Greater
            && let Some((node, path)) = self.node.take()
        {
            spans.push(self.view.visible(node, path));
            self.step();
        }
        Some(Story { path, spans })
    }
}

impl From<&Superseded> for Span {
    fn from(superseded: &Superseded) -> Self {
        let Superseded { version, ended_by, end } = superseded.clone();
        Self { version, ended: Some((ended_by, end)) }
    }
}

fn position(layer: u32) -> usize {
    usize::try_from(layer).unwrap_or(usize::MAX)
}
