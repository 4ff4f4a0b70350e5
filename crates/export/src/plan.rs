//! What a flattened file system consists of, and in which order what is not yet written of it is.
//!
//! Names without content come first, parents before what lies in them. Files come as their layers
//! stream by, each under one name, and the other names at the end, so that a hard link always follows
//! the file it shares.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use cutaway_layerfs::{EntryPath, Inode, Kind, Listing, Meta, NodeId, Tree};
use cutaway_model::Error as ModelError;
use cutaway_read::Limits;

use crate::Error;
use crate::newest::Written;

/// The visible file system of an image.
#[derive(Debug)]
pub(crate) struct Plan {
    tree: Tree,
    listings: Vec<(u32, Arc<Listing>)>,
    /// Everything but files with content that is not written, parents first.
    pub(crate) bare: Vec<NodeId>,
    /// The names of files with content that is not written, sorted by the entry that holds it.
    files: Vec<(Inode, NodeId)>,
    /// Names of files that are written under another name, which comes first.
    pub(crate) links: Vec<(NodeId, NodeId)>,
}

impl Plan {
    /// Lays numbered layers over each other, base first, and leaves out what is `written` already: one item for
    /// each of the first of them. In `firsts` each has the number of the first layer that is the same, under
    /// which its files are wanted; empty where none is.
    ///
    /// # Errors
    ///
    /// Returns what keeps the layers from being laid over each other, and [`ModelError::Limit`] where
    /// something that is written is not there in the end and nothing that comes later can take its place.
    pub(crate) fn new(
        listings: Vec<(u32, Arc<Listing>)>,
        written: &[Written],
        firsts: &[u32],
        limits: &Limits,
    ) -> Result<Self, Error> {
        let mut tree = Tree::new(limits.layerfs);
        for (layer, listing) in &listings {
            let warnings =
                tree.apply(*layer, listing).map_err(|source| cutaway_read::Error::Layer {
                    what: format!("layer {layer} of {}", listings.len()),
                    source,
                })?;
            for warning in &warnings {
                tracing::info!(layer, code = &*warning.code, "{}", warning.message);
            }
            let position = usize::try_from(*layer).unwrap_or(usize::MAX);
            cutaway_read::warn_of_readings(position, &warnings);
        }
        let (mut bare, mut files) = (Vec::new(), Vec::new());
        let mut ahead = tree.children(tree.root());
        ahead.reverse();
        while let Some(id) = ahead.pop() {
            let node = tree.node(id);
            if node.kind() == Kind::File {
                let Inode { layer, entry } = node.inode();
                let first = usize::try_from(layer).ok().and_then(|layer| firsts.get(layer));
                files.push((Inode { layer: *first.unwrap_or(&layer), entry }, id));
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
        let mut plan = Self { tree, listings, bare, files, links: Vec::new() };
        let mut done = HashSet::new();
        for (&(layer, ref listing), written) in plan.listings.iter().zip(written) {
            if !written.is_empty() {
                plan.check(layer, listing, written, &mut done, limits.layer_hold_bytes)?;
            }
        }
        plan.bare.retain(|id| !done.contains(id));
        plan.divide(&done);
        Ok(plan)
    }

    /// Returns the path and the metadata of a name; none of the latter for a directory that no layer describes.
    pub(crate) fn describe(&self, id: NodeId) -> (EntryPath, Option<Meta>) {
        let inode = self.tree.node(id).inode();
        let listing = self.listings.iter().find(|(layer, _)| *layer == inode.layer);
        let entry = listing.and_then(|(_, listing)| listing.get(inode.entry));
        (self.tree.path(id), entry.map(|entry| entry.meta().clone()))
    }

    /// Returns whether `layer` has files whose content is to be written.
    pub(crate) fn wants_of(&self, layer: u32) -> bool {
        self.of_layer(layer).next().is_some()
    }

    /// Returns the entries of `layer` whose content is to be written, ascending.
    pub(crate) fn wanted(&self, layer: u32) -> VecDeque<u32> {
        self.of_layer(layer).map(|(inode, _)| inode.entry).collect()
    }

    /// Returns the name under which the file that `entry` of `layer` holds is to be written.
    pub(crate) fn first_name(&self, layer: u32, entry: u32) -> Option<EntryPath> {
        let inode = Inode { layer, entry };
        let at = self.files.binary_search_by_key(&inode, |(inode, _)| *inode).ok()?;
        self.files.get(at).map(|(_, id)| self.tree.path(*id))
    }

    fn of_layer(&self, layer: u32) -> impl Iterator<Item = &(Inode, NodeId)> {
        let start = self.files.partition_point(|(inode, _)| inode.layer < layer);
        self.files.iter().skip(start).take_while(move |(inode, _)| inode.layer == layer)
    }

    /// Finds out which names are written as they are to be. What was written twice is what was written last.
    fn check(
        &self,
        layer: u32,
        listing: &Listing,
        written: &Written,
        done: &mut HashSet<NodeId>,
        hold: u64,
    ) -> Result<(), Error> {
        let gone = |path: &EntryPath| {
            let what = format!("what layer {layer} has written at {path} and takes away later");
            ModelError::Limit { what, limit: "layer_hold_bytes", max: hold }
        };
        for path in &written.implied {
            let id = self.tree.at(path).ok_or_else(|| gone(path))?;
            if self.tree.node(id).is_implied() {
                done.insert(id);
            }
        }
        for (entry, at) in (0_u32..).zip(listing.iter()) {
            if !written.contains(entry) {
                continue;
            }
            let (path, meta) = (at.path(), at.meta());
            let id = self.tree.at(path).ok_or_else(|| gone(path))?;
            let node = self.tree.node(id);
            if node.inode() == (Inode { layer, entry }) {
                done.insert(id);
                continue;
            }
            done.remove(&id);
            let replaced = match meta.kind {
                // Its content may be there.
                Kind::Directory => node.kind() == Kind::Directory,
                // GNU tar makes links that lead out of a directory when all else is there.
                Kind::Symlink => node.link() == meta.link.as_deref(),
                _ => true,
            };
            if !replaced {
                return Err(gone(path).into());
            }
        }
        Ok(())
    }

    /// Divides the names of each file into the one that has its content, which may be written already, and
    /// links to it.
    fn divide(&mut self, done: &HashSet<NodeId>) {
        let names = std::mem::take(&mut self.files);
        for names in names.chunk_by(|(one, _), (other, _)| one == other) {
            let home = names.iter().find(|(_, id)| done.contains(id));
            let Some(&(inode, first)) = home.or_else(|| names.first()) else { continue };
            if home.is_none() {
                self.files.push((inode, first));
            }
            let others = names.iter().map(|(_, id)| *id).filter(|id| *id != first);
            self.links.extend(others.map(|other| (first, other)));
        }
    }
}
