//! The file system that layers make together.

use cutaway_tar::len64;

use crate::arena::{Arena, Content, NodeId};
use crate::blocks::Text;
use crate::budget::{Account, TREE_ENTRY};
use crate::resolve::{Last, Place, follow};
use crate::{EntryPath, Error, Kind, Limits, Loop};

/// Layers laid over each other: what a container would see.
///
/// Layers are applied base first with [`Tree::apply`]. Paths are followed as in a container: inside
/// the root, whatever links say. Nodes stay valid until the next layer is applied.
#[derive(Debug, Clone)]
pub struct Tree {
    pub(crate) arena: Arena,
    pub(crate) limits: Limits,
    /// Entries applied so far.
    pub(crate) entries: u64,
    /// Bytes of link targets followed so far.
    pub(crate) link_bytes: u64,
    /// Bytes of what was noted of its changes.
    pub(crate) noted: u64,
    /// What it and its changes have taken from the budget of the run.
    pub(crate) account: Account,
    /// Whether there are layers below that are not known.
    pub(crate) is_above_others: bool,
    /// Whether a layer was laid, be it one that left nothing.
    pub(crate) has_layers: bool,
}

/// Which entry holds a file's content, and what the layer says about it. Names of one file, hard
/// links, have the same; also across layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Inode {
    /// The layer, as numbered when it was applied.
    pub layer: u32,
    /// Position in the listing of the layer; [`Inode::IMPLIED`] for a directory without an entry.
    pub entry: u32,
}

impl Inode {
    /// Stands for the entry of a directory that has none: it exists because of what lies in it.
    pub const IMPLIED: u32 = u32::MAX;
}

/// A name in a [`Tree`] and what it stands for.
#[derive(Debug, Clone, Copy)]
pub struct Node<'t> {
    tree: &'t Tree,
    id: NodeId,
    content: Content,
    placed_by: u32,
}

/// Where a path leads in a tree, also where that is nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// The last node on the way that exists.
    pub node: NodeId,
    /// The names behind it that do not exist; none where the path leads to the node.
    pub missing: Vec<Box<[u8]>>,
    /// Whether the path takes a way that the kernel refuses, such as `..` after what is no directory.
    pub strays: bool,
    /// How many symbolic links were followed.
    pub links: u64,
    /// How many bytes of their targets there were.
    pub link_bytes: u64,
    /// Whether the way goes through a directory that has no entry, of which a lower layer that is
    /// not in the tree may know better.
    pub implied: bool,
}

impl Tree {
    /// Returns a tree with nothing but a root.
    pub fn new(limits: Limits) -> Self {
        let root = Content {
            kind: Kind::Directory,
            layer: 0,
            entry: Inode::IMPLIED,
            size: 0,
            link: Text::default(),
        };
        let (arena, account) = (Arena::new(root), Account::default());
        let (entries, link_bytes, noted) = (0, 0, 0);
        let (is_above_others, has_layers) = (false, false);
        Self { arena, limits, entries, link_bytes, noted, account, is_above_others, has_layers }
    }

    /// Returns a tree for layers that lie above so many others, which are not known: what is not there may be.
    pub fn above(layers: usize, limits: Limits) -> Self {
        Self { is_above_others: layers > 0, ..Self::new(limits) }
    }

    /// Returns whether nothing lies below the layer that is laid next.
    pub(crate) fn awaits_lowest(&self) -> bool {
        !self.has_layers && !self.is_above_others
    }

    /// Pays for what is held by now, from the budget of the first layer.
    pub(crate) fn hold(&mut self) -> Result<(), Error> {
        let held = len64(self.arena.held()).saturating_add(self.noted);
        if self.account.hold(held, self.entries.saturating_mul(TREE_ENTRY)) {
            return Ok(());
        }
        Err(Error::Held { max: self.account.max() })
    }

    /// Returns the root.
    pub fn root(&self) -> NodeId {
        NodeId::ROOT
    }

    /// Returns the number of names, the root included.
    pub fn len(&self) -> usize {
        self.arena.len()
    }

    /// Returns whether there is nothing but the root.
    pub fn is_empty(&self) -> bool {
        self.len() <= 1
    }

    /// Returns what a path leads to, symbolic links followed as in a container: absolute targets
    /// begin at the root of the tree, `..` does not lead out of it, and a name below what is no
    /// directory does not exist.
    ///
    /// # Errors
    ///
    /// Returns an error for a path over more links than the limit `symlink_hops`.
    pub fn resolve(&self, path: &[u8]) -> Result<Option<NodeId>, Loop> {
        Ok(follow(&self.arena, path, Last::Follow, self.limits.symlink_hops)?.existing())
    }

    /// Returns what a path leads to, as [`Tree::resolve`] does, except that a symbolic link in its
    /// last component is what is returned.
    ///
    /// # Errors
    ///
    /// Returns an error for a path over more links than the limit `symlink_hops`.
    pub fn lookup(&self, path: &[u8]) -> Result<Option<NodeId>, Loop> {
        Ok(follow(&self.arena, path, Last::Keep, self.limits.symlink_hops)?.existing())
    }

    /// Returns where a path leads, symbolic links followed, that in its last component only with
    /// `follow_last`.
    ///
    /// # Errors
    ///
    /// Returns an error for a path over more links than the limit `symlink_hops`.
    pub fn trace(&self, path: &[u8], follow_last: bool) -> Result<Trace, Loop> {
        let last = if follow_last { Last::Follow } else { Last::Keep };
        let place = follow(&self.arena, path, last, self.limits.symlink_hops)?;
        let Place { node, missing, strays, links, link_bytes, implied, .. } = place;
        Ok(Trace { node, missing, strays, links, link_bytes, implied })
    }

    /// Returns the node at a path without links, which are not followed.
    pub fn at(&self, path: &EntryPath) -> Option<NodeId> {
        path.components().try_fold(NodeId::ROOT, |node, name| self.arena.child(node, name))
    }

    /// Returns what has a name in a directory, links not followed.
    pub fn child(&self, directory: NodeId, name: &[u8]) -> Option<NodeId> {
        self.arena.child(directory, name)
    }

    /// Returns what lies in a directory, sorted by name.
    pub fn children(&self, node: NodeId) -> Vec<NodeId> {
        let mut children: Vec<NodeId> = self.arena.children(node).collect();
        children.sort_unstable_by_key(|&child| self.arena.name(child));
        children
    }

    /// Returns the path of a node, without links.
    pub fn path(&self, node: NodeId) -> EntryPath {
        let mut names = Vec::with_capacity(usize::from(self.arena.depth(node)));
        let mut at = node;
        while at != NodeId::ROOT {
            names.push(self.arena.name(at));
            at = self.arena.parent(at);
        }
        names.reverse();
        EntryPath::from_components(&names)
    }

    /// Returns the directory that a node lies in; the root for the root.
    pub fn parent(&self, node: NodeId) -> NodeId {
        self.arena.parent(node)
    }

    /// Returns what a node stands for.
    pub fn node(&self, id: NodeId) -> Node<'_> {
        // A node of another tree is a mistake of the caller that does no harm: it shows the root.
        let data = self.arena.get(id).or_else(|| self.arena.get(NodeId::ROOT));
        let implied = Content {
            kind: Kind::Directory,
            layer: 0,
            entry: Inode::IMPLIED,
            size: 0,
            link: Text::default(),
        };
        let (content, placed_by) = data.map_or((implied, 0), |data| (data.content, data.placed_by));
        Node { tree: self, id, content, placed_by }
    }

    /// Returns the bytes of memory that the tree takes.
    pub fn memory(&self) -> usize {
        self.arena.memory().saturating_add(size_of::<Self>())
    }
}

impl<'t> Node<'t> {
    /// Returns the last component of the path; empty for the root.
    pub fn name(&self) -> &'t [u8] {
        self.tree.arena.name(self.id)
    }

    /// Returns what it is; never a hard link, as every name of a file is as good as the other.
    pub fn kind(&self) -> Kind {
        self.content.kind
    }

    /// Returns whether it is a directory without an entry, which exists because of what lies in it.
    pub fn is_implied(&self) -> bool {
        self.content.entry == Inode::IMPLIED
    }

    /// Returns the entry that holds its content.
    pub fn inode(&self) -> Inode {
        Inode { layer: self.content.layer, entry: self.content.entry }
    }

    /// Returns the layer whose entry put this name here: that of the link for a hard link, the last
    /// one with an entry for a directory, and for one without any that of what lies in it.
    pub fn placed_by(&self) -> u32 {
        self.placed_by
    }

    /// Returns the bytes of content; zero for all but files.
    pub fn size(&self) -> u64 {
        self.content.size
    }

    /// Returns the target of a symbolic link, as the layer has it; none for other kinds.
    pub fn link(&self) -> Option<&'t [u8]> {
        (self.content.kind == Kind::Symlink).then(|| self.tree.arena.link(self.id))
    }
}
