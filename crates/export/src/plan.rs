//! What a flattened file system consists of, and in which order it is written.
//!
//! Names without content come first, parents before what lies in them. Files come as their layers
//! stream by, each with all its names, so that a hard link always follows the file it shares.

use std::collections::VecDeque;
use std::sync::Arc;

use cutaway_layerfs::{EntryPath, Inode, Kind, Limits, Listing, Meta, NodeId, Tree};

use crate::Error;

/// The visible file system of an image.
#[derive(Debug)]
pub(crate) struct Plan {
    tree: Tree,
    listings: Vec<(u32, Arc<Listing>)>,
    /// Everything but files with content, parents first.
    pub(crate) bare: Vec<NodeId>,
    /// The names of files with content, sorted by the entry that holds it.
    files: Vec<(Inode, NodeId)>,
}

impl Plan {
    /// Lays numbered layers over each other, base first. Those of one number are the same.
    pub(crate) fn new(listings: Vec<(u32, Arc<Listing>)>, limits: Limits) -> Result<Self, Error> {
        let mut tree = Tree::new(limits);
        for (layer, listing) in &listings {
            let warnings =
                tree.apply(*layer, listing).map_err(|source| cutaway_read::Error::Layer {
                    what: format!("layer {layer} of {}", listings.len()),
                    source,
                })?;
            for warning in warnings {
                tracing::warn!(layer, code = &*warning.code, "{}", warning.message);
            }
        }
        let (mut bare, mut files) = (Vec::new(), Vec::new());
        let mut ahead = tree.children(tree.root());
        ahead.reverse();
        while let Some(id) = ahead.pop() {
            let node = tree.node(id);
            if node.kind() == Kind::File {
                files.push((node.inode(), id));
            } else {
                bare.push(id);
            }
            if node.kind() == Kind::Directory {
                let mut children = tree.children(id);
                children.reverse();
                ahead.extend(children);
            }
        }
        // Stable: the names of one file stay in the order of their paths.
        files.sort_by_key(|(inode, _)| *inode);
        Ok(Self { tree, listings, bare, files })
    }

    /// Returns the path and the metadata of a name; none of the latter for a directory that no layer describes.
    pub(crate) fn describe(&self, id: NodeId) -> (EntryPath, Option<Meta>) {
        let inode = self.tree.node(id).inode();
        let listing = self.listings.iter().find(|(layer, _)| *layer == inode.layer);
        let entry = listing.and_then(|(_, listing)| listing.get(inode.entry));
        (self.tree.path(id), entry.map(|entry| entry.meta().clone()))
    }

    /// Returns the entries of `layer` whose content is visible, ascending.
    pub(crate) fn wanted(&self, layer: u32) -> VecDeque<u32> {
        let mut wanted: VecDeque<u32> = VecDeque::new();
        for (inode, _) in self.of_layer(layer) {
            if wanted.back() != Some(&inode.entry) {
                wanted.push_back(inode.entry);
            }
        }
        wanted
    }

    /// Returns the names of the file that `entry` of `layer` holds.
    pub(crate) fn names(&self, layer: u32, entry: u32) -> Vec<EntryPath> {
        let inode = Inode { layer, entry };
        let start = self.files.partition_point(|(at, _)| *at < inode);
        let names = self.files.iter().skip(start).take_while(|(at, _)| *at == inode);
        names.map(|(_, id)| self.tree.path(*id)).collect()
    }

    fn of_layer(&self, layer: u32) -> impl Iterator<Item = &(Inode, NodeId)> {
        let start = self.files.partition_point(|(inode, _)| inode.layer < layer);
        self.files.iter().skip(start).take_while(move |(inode, _)| inode.layer == layer)
    }
}
