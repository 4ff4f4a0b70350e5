//! The nodes of a merged tree, flat: links between them are numbers, and one index finds a child by
//! its parent and name, so that a directory of a million costs no more a name than one of ten.

use std::hash::{BuildHasher as _, RandomState};

use cutaway_tar::Kind;
use hashbrown::HashTable;

use crate::blocks::{Full, Items, Text, Texts};

/// A name in a [`Tree`](crate::Tree), until the next layer is applied to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u32);

impl NodeId {
    /// The root of every tree.
    pub(crate) const ROOT: Self = Self(0);
    /// No node.
    const NONE: Self = Self(u32::MAX);

    fn index(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }

    fn some(self) -> Option<Self> {
        (self != Self::NONE).then_some(self)
    }
}

/// What a name stands for. Names linked together share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) kind: Kind,
    pub(crate) layer: u32,
    pub(crate) entry: u32,
    pub(crate) size: u64,
    /// Where the target of a symbolic link stands.
    pub(crate) link: Text,
}

#[derive(Debug, Clone)]
pub(crate) struct NodeData {
    parent: NodeId,
    first_child: NodeId,
    next: NodeId,
    previous: NodeId,
    name: Text,
    depth: u16,
    /// Whether an entry of the layer put it here, rather than an entry below it.
    pub(crate) explicit: bool,
    /// Whether the layer that is being applied put anything below it.
    pub(crate) touched: bool,
    pub(crate) placed_by: u32,
    pub(crate) content: Content,
}

#[derive(Debug, Clone)]
pub(crate) struct Arena {
    nodes: Items<NodeData>,
    free: Vec<NodeId>,
    texts: Texts,
    index: HashTable<NodeId>,
    /// Seeded anew for each tree, so that nobody can choose names that collide.
    hasher: RandomState,
}

impl Arena {
    /// Returns an arena with nothing but a root.
    pub(crate) fn new(root: Content) -> Self {
        let root = NodeData {
            parent: NodeId::ROOT,
            first_child: NodeId::NONE,
            next: NodeId::NONE,
            previous: NodeId::NONE,
            name: Text::default(),
            depth: 0,
            explicit: false,
            touched: false,
            placed_by: root.layer,
            content: root,
        };
        Self {
            nodes: Items::new(root),
            free: Vec::new(),
            texts: Texts::default(),
            index: HashTable::new(),
            hasher: RandomState::new(),
        }
    }

    /// Returns the number of nodes, the root included.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len().saturating_sub(self.free.len())
    }

    /// Returns the bytes of memory that the arena takes.
    pub(crate) fn memory(&self) -> usize {
        let free = self.free.capacity().saturating_mul(size_of::<NodeId>());
        [self.nodes.memory(), free, self.texts.memory(), self.index.allocation_size()]
            .into_iter()
            .fold(0, usize::saturating_add)
    }

    /// Returns the bytes that its content takes, at once: without the room for more.
    pub(crate) fn held(&self) -> usize {
        // The index has four bytes and one of its own for each node, and a half to all of its places are taken.
        let node = size_of::<NodeData>().saturating_add(10);
        self.nodes.len().saturating_mul(node).saturating_add(self.texts.len())
    }

    /// Returns how many bytes of names and link targets there are.
    pub(crate) fn text_len(&self) -> usize {
        self.texts.len()
    }

    pub(crate) fn get(&self, id: NodeId) -> Option<&NodeData> {
        self.nodes.get(id.index())
    }

    pub(crate) fn get_mut(&mut self, id: NodeId) -> Option<&mut NodeData> {
        self.nodes.get_mut(id.index())
    }

    pub(crate) fn kind(&self, id: NodeId) -> Kind {
        self.get(id).map_or(Kind::Other(0), |node| node.content.kind)
    }

    /// Returns whether a node has no entry and exists because of what lies in it.
    pub(crate) fn is_implied(&self, id: NodeId) -> bool {
        self.get(id).is_none_or(|node| node.content.entry == u32::MAX)
    }

    /// Returns the parent; the root is its own.
    pub(crate) fn parent(&self, id: NodeId) -> NodeId {
        self.get(id).map_or(NodeId::ROOT, |node| node.parent)
    }

    pub(crate) fn depth(&self, id: NodeId) -> u16 {
        self.get(id).map_or(0, |node| node.depth)
    }

    pub(crate) fn name(&self, id: NodeId) -> &[u8] {
        self.get(id).map_or(&[], |node| self.texts.get(node.name))
    }

    /// Returns the target of a symbolic link; empty for anything else.
    pub(crate) fn link(&self, id: NodeId) -> &[u8] {
        self.get(id).map_or(&[], |node| self.texts.get(node.content.link))
    }

    /// Returns the child of this name.
    pub(crate) fn child(&self, parent: NodeId, name: &[u8]) -> Option<NodeId> {
        let found = self.index.find(self.hash(parent, name), |&id| self.is_at(id, parent, name));
        found.copied()
    }

    /// Returns the children, the youngest first.
    pub(crate) fn children(&self, parent: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let first = self.get(parent).and_then(|node| node.first_child.some());
        std::iter::successors(first, |&id| self.get(id).and_then(|node| node.next.some()))
    }

    /// Returns whether `above` is `below` or a directory above it.
    pub(crate) fn is_above(&self, above: NodeId, mut below: NodeId) -> bool {
        loop {
            if below == above {
                return true;
            }
            if below == NodeId::ROOT {
                return false;
            }
            below = self.parent(below);
        }
    }

    /// Appends text, such as the target of a link.
    pub(crate) fn add_text(&mut self, text: &[u8]) -> Result<Text, Full> {
        self.texts.push(text)
    }

    /// Adds a child. There must be none of that name.
    pub(crate) fn insert(
        &mut self,
        parent: NodeId,
        name: &[u8],
        explicit: bool,
        placed_by: u32,
        content: Content,
    ) -> Result<NodeId, Full> {
        let hash = self.hash(parent, name);
        let text = self.add_text(name)?;
        let above = self.get(parent).ok_or(Full)?;
        let next = above.first_child;
        let node = NodeData {
            parent,
            first_child: NodeId::NONE,
            next,
            previous: NodeId::NONE,
            name: text,
            depth: above.depth.checked_add(1).ok_or(Full)?,
            explicit,
            touched: false,
            placed_by,
            content,
        };
        let id = self.allocate(node)?;
        if let Some(above) = self.get_mut(parent) {
            above.first_child = id;
        }
        if let Some(next) = self.get_mut(next) {
            next.previous = id;
        }
        let Self { nodes, texts, index, hasher, .. } = self;
        index.insert_unique(hash, id, |&id| {
            // Growing the table hashes every name in it anew.
            let node = nodes.get(id.index());
            node.map_or(0, |node| hasher.hash_one((node.parent, texts.get(node.name))))
        });
        Ok(id)
    }

    /// Removes a node and all below it. The root stays, without children.
    pub(crate) fn remove(&mut self, id: NodeId) {
        if id == NodeId::ROOT {
            return self.clear(id);
        }
        self.unlink(id);
        let mut gone = vec![id];
        while let Some(id) = gone.pop() {
            gone.extend(self.children(id));
            let hash = self.hash(self.parent(id), self.name(id));
            if let Ok(entry) = self.index.find_entry(hash, |&other| other == id) {
                entry.remove();
            }
            self.free.push(id);
        }
    }

    /// Removes all below a node.
    pub(crate) fn clear(&mut self, id: NodeId) {
        while let Some(child) = self.get(id).and_then(|node| node.first_child.some()) {
            self.remove(child);
        }
    }

    fn allocate(&mut self, node: NodeData) -> Result<NodeId, Full> {
        if let Some(id) = self.free.pop() {
            *self.get_mut(id).ok_or(Full)? = node;
            return Ok(id);
        }
        let id = NodeId(u32::try_from(self.nodes.len()).map_err(|_| Full)?);
        if id == NodeId::NONE {
            return Err(Full);
        }
        self.nodes.push(node);
        Ok(id)
    }

    /// Takes a node out of the list of its siblings.
    fn unlink(&mut self, id: NodeId) {
        let Some(node) = self.get(id) else { return };
        let (parent, next, previous) = (node.parent, node.next, node.previous);
        if let Some(next) = self.get_mut(next) {
            next.previous = previous;
        }
        match self.get_mut(previous) {
            Some(previous) => previous.next = next,
            None => {
                if let Some(parent) = self.get_mut(parent) {
                    parent.first_child = next;
                }
            }
        }
    }

    fn is_at(&self, id: NodeId, parent: NodeId, name: &[u8]) -> bool {
        self.get(id).is_some_and(|node| node.parent == parent && self.texts.get(node.name) == name)
    }

    fn hash(&self, parent: NodeId, name: &[u8]) -> u64 {
        self.hasher.hash_one((parent, name))
    }
}
