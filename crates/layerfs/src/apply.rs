//! Laying one layer over a tree: the rules of the overlay, which exist here and nowhere else.
//!
//! Entries are put in place and markers hide in the order of the archive, as umoci does it. What a
//! marker hides is what lower layers have, wherever it stands (OCI image specification, layer.md,
//! "Whiteouts"): what the layer itself put there before stays. A whiteout's directory is followed
//! through symbolic links, those of its own layer included, its last component never. An entry's
//! directory is followed through links too, and made where it does not exist. A directory over a
//! directory keeps what lies in it; anything else over anything else
//! replaces it with all below. Where the specification is silent, this does as umoci and containerd.

use std::collections::HashSet;

use cutaway_tar::Kind;

use crate::arena::{Content, NodeId};
use crate::blocks::{Full, Text};
use crate::changes::{Changes, End};
use crate::implied_last::ImpliedLast;
use crate::listing::{Listing, Mark, MarkKind, WhiteoutKind};
use crate::record::Record;
use crate::resolve::{Last, Loop, Place, follow, split};
use crate::tree::{Inode, Tree};
use crate::warning::Warnings;
use crate::{EntryPath, Error, Warning, Watch};

impl Tree {
    /// Lays a layer over the tree. Layers come base first, each with a number of its own.
    ///
    /// Entries that cannot be put anywhere, such as hard links to nothing, are left out with a
    /// warning; warnings are the same for the same layers, and at most a hundred or so.
    ///
    /// # Errors
    ///
    /// Returns an error when the tree goes over a limit; it then holds part of the layer and is of
    /// no more use.
    pub fn apply(&mut self, layer: u32, listing: &Listing) -> Result<Vec<Warning>, Error> {
        self.lay(layer, listing, None, None)
    }

    /// Lays a layer over the tree, as [`Tree::apply`] does, and notes what it ends and hides.
    ///
    /// # Errors
    ///
    /// As [`Tree::apply`]; what is noted counts against the limit `tree_bytes`, too.
    pub fn apply_noting(
        &mut self,
        layer: u32,
        listing: &Listing,
        changes: &mut Changes,
    ) -> Result<Vec<Warning>, Error> {
        self.lay(layer, listing, None, Some(changes))
    }

    /// Lays a layer over the tree; tells `watch` which names it puts into the watched directories or takes
    /// from them, and notes what it ends and hides.
    pub(crate) fn lay(
        &mut self,
        layer: u32,
        listing: &Listing,
        watch: Option<&mut Watch>,
        mut changes: Option<&mut Changes>,
    ) -> Result<Vec<Warning>, Error> {
        self.expect(listing);
        if self.entries > self.limits.tar.entries {
            return Err(over("entries", self.limits.tar.entries, b""));
        }
        let mut application = Application::new(self, layer, listing, Rule::InPlace);
        let before = changes.as_ref().map_or(0, |changes| changes.superseded.len());
        application.watch = watch;
        application.changes = changes.as_deref_mut();
        application.run()?;
        let warnings = application.warnings.into_vec();
        for superseded in changes.into_iter().flat_map(|it| it.superseded.iter_mut().skip(before)) {
            if self.at(&superseded.version.path).is_some() {
                superseded.end = End::Replaced;
            }
        }
        Ok(warnings)
    }

    /// Counts the entries of a layer, for which the tree may hold so much without paying.
    pub(crate) fn expect(&mut self, listing: &Listing) {
        if self.entries == 0 {
            self.account = listing.account.beside();
        }
        self.entries = self.entries.saturating_add(u64::from(listing.len()));
    }
}

/// How a layer is unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// In the place of the lower layers, as umoci does it: this is what is read.
    InPlace,
    /// Alone, as overlay drivers do it, to be laid over the lower layers afterwards.
    Alone,
    /// As containerd unpacks the lowest layer: markers remove what is there.
    Lowest,
}

/// One layer on its way into a tree.
pub(crate) struct Application<'t> {
    pub(crate) tree: &'t mut Tree,
    pub(crate) layer: u32,
    pub(crate) listing: &'t Listing,
    pub(crate) rule: Rule,
    /// Whether nothing lies below the layer.
    pub(crate) is_lowest: bool,
    pub(crate) warnings: Warnings,
    /// Whether overlay drivers do not unpack the layer.
    pub(crate) refused: bool,
    /// Whether a driver does with global headers all that any runtime does.
    pub(crate) obeys_globals: bool,
    /// Whether the layer has markers, so that it matters what it has touched.
    pub(crate) hides: bool,
    /// The directories of lower layers that the layer has put something into.
    pub(crate) touched: Vec<NodeId>,
    /// Directories that hold nothing of lower layers any more, since a marker has hidden it.
    pub(crate) settled: HashSet<NodeId>,
    /// Names of directories of lower layers that the layer has taken away, with their directories.
    pub(crate) vacated: HashSet<(NodeId, Box<[u8]>)>,
    /// Names that the layer has whited out, with their directories.
    pub(crate) whited_out: HashSet<(NodeId, Box<[u8]>)>,
    /// Directories of lower layers in which the layer has a marker.
    pub(crate) marked: HashSet<NodeId>,
    /// Directories without an entry that it has made.
    pub(crate) implied_last: ImpliedLast,
    /// Global headers that had no effect yet, had they been entries.
    pub(crate) globals: Vec<EntryPath>,
    /// Directories in which the caller wants to know which names change.
    pub(crate) watch: Option<&'t mut Watch>,
    /// Where the caller wants it noted what the layer changes.
    pub(crate) changes: Option<&'t mut Changes>,
}

impl<'t> Application<'t> {
    /// Returns a layer that nothing of was unpacked yet.
    pub(crate) fn new(tree: &'t mut Tree, layer: u32, listing: &'t Listing, rule: Rule) -> Self {
        Self {
            is_lowest: tree.awaits_lowest(),
            tree,
            layer,
            listing,
            rule,
            warnings: Warnings::default(),
            refused: false,
            obeys_globals: false,
            hides: listing.whiteout_count() > 0,
            touched: Vec::new(),
            settled: HashSet::new(),
            vacated: HashSet::new(),
            whited_out: HashSet::new(),
            marked: HashSet::new(),
            implied_last: ImpliedLast::default(),
            globals: Vec::new(),
            watch: None,
            changes: None,
        }
    }

    /// Goes through the layer in the order of its archive.
    pub(crate) fn run(&mut self) -> Result<(), Error> {
        let mut records = self.listing.records();
        let mut marks = self.listing.marks().peekable();
        loop {
            let entry = records.at();
            while let Some(Mark { kind, path, .. }) = marks.next_if(|it| it.before <= entry) {
                match kind {
                    _ if self.rule != Rule::InPlace => self.mark_of_driver(kind, &path)?,
                    MarkKind::Whiteout => self.hide_one(WhiteoutKind::Entry, &path)?,
                    MarkKind::Opaque => self.hide_one(WhiteoutKind::Opaque, &path)?,
                    MarkKind::Global if self.obeys_globals => self.obey_in_place(&path)?,
                    MarkKind::Global => self.doubt_global(path)?,
                }
            }
            let Some(record) = records.next() else { break };
            self.place_one(entry, records.path(), record)?;
        }
        self.doubt_globals()?;
        self.tree.has_layers = true;
        for node in self.touched.drain(..) {
            if let Some(data) = self.tree.arena.get_mut(node) {
                data.touched = false;
            }
        }
        Ok(())
    }

    fn place_one(&mut self, entry: u32, path: &[u8], record: Record<'_>) -> Result<(), Error> {
        let (parent, name) = split(path);
        if name.is_empty() {
            let content = Content { kind: Kind::Directory, ..self.content(entry, record, path)? };
            return self.update(NodeId::ROOT, content);
        }
        let Some(place) = self.follow(parent, path)? else { return Ok(()) };
        self.doubt_links(parent, &place);
        self.refuse_below_whiteout(&place, path);
        self.refuse_through_link(&place, path);
        if record.kind == Kind::CharDevice && record.device == Some((0, 0)) {
            return match self.rule {
                Rule::Alone => self.white_out(place, path, name),
                Rule::InPlace | Rule::Lowest => self.shadow(place, path, name),
            };
        }
        let content = match record.kind {
            Kind::HardLink => {
                let link = record.link.unwrap_or_default();
                let target = self.hard_link(path, link, &place, name)?;
                let Some(content) = target else {
                    self.refused = true;
                    return Ok(());
                };
                self.doubt_attributes(path, record, content);
                content
            }
            _ => self.content(entry, record, path)?,
        };
        let directory = self.make_directories(place, path)?;
        let existing = self.tree.arena.child(directory, name);
        if let Some(existing) = existing {
            let both = content.kind == Kind::Directory
                && self.tree.arena.kind(existing) == Kind::Directory;
            if both {
                return self.update(existing, content);
            }
            if let Some(data) = self.tree.arena.get(existing)
                && data.explicit
                && data.placed_by == self.layer
            {
                let message =
                    || "more than one entry of the layer has this name; the last one counts".into();
                self.warnings.push("duplicate-entry", Some(path), message);
            }
            self.refuse_lost_directories(existing, path);
            self.vacate(existing);
            self.remove(existing)?;
        }
        if content.kind == Kind::Directory {
            self.doubt_directory(directory, name);
        }
        self.insert(directory, name, true, content, path)?;
        Ok(())
    }

    /// Follows the path of a directory; none, with a warning, where it goes in circles.
    pub(crate) fn follow(&mut self, directory: &[u8], path: &[u8]) -> Result<Option<Place>, Error> {
        match follow(&self.tree.arena, directory, Last::Follow, self.tree.limits.symlink_hops) {
            Ok(place) => {
                self.spend(place.link_bytes, path)?;
                Ok(Some(place))
            }
            Err(circle) => {
                self.spend(circle.link_bytes, path)?;
                let message = || format!("{}; skipped", Loop::from(circle));
                self.warnings.push("symlink-loop", Some(path), message);
                self.doubt_circle(directory);
                Ok(None)
            }
        }
    }

    /// Counts what was followed against its limit.
    pub(crate) fn spend(&mut self, link_bytes: u64, path: &[u8]) -> Result<(), Error> {
        self.tree.link_bytes = self.tree.link_bytes.saturating_add(link_bytes);
        let max = self.tree.limits.link_bytes;
        if self.tree.link_bytes > max { Err(over("link_bytes", max, path)) } else { Ok(()) }
    }

    /// Makes the directories on the way that do not exist and returns the last one.
    pub(crate) fn make_directories(&mut self, place: Place, path: &[u8]) -> Result<NodeId, Error> {
        let mut directory = place.node;
        if self.tree.arena.kind(directory) != Kind::Directory {
            // No unpacker gets past this. What lies below is worth more to know than what is lost.
            self.refused = true;
            let message = || "lies below what is no directory; that is read as one".into();
            self.warnings.push("parent-not-a-directory", Some(path), message);
            self.note(directory)?;
            self.watch_node(directory);
            self.touch(self.tree.arena.parent(directory));
            let implied = self.implied();
            if let Some(data) = self.tree.arena.get_mut(directory) {
                data.content = implied;
                data.placed_by = self.layer;
                data.explicit = false;
            }
            self.implied_last.add(directory);
        }
        for name in &place.missing {
            directory = self.insert(directory, name, false, self.implied(), path)?;
            self.implied_last.add(directory);
        }
        Ok(directory)
    }

    pub(crate) fn insert(
        &mut self,
        directory: NodeId,
        name: &[u8],
        explicit: bool,
        content: Content,
        path: &[u8],
    ) -> Result<NodeId, Error> {
        self.touch(directory);
        let tree = &mut *self.tree;
        let within = |have: usize, max: u64| u64::try_from(have).is_ok_and(|have| have < max);
        if u64::from(tree.arena.depth(directory)) >= tree.limits.depth {
            return Err(over("depth", tree.limits.depth, path));
        }
        if !within(tree.arena.len(), tree.limits.tar.entries) {
            return Err(over("entries", tree.limits.tar.entries, path));
        }
        let text = tree.arena.text_len().saturating_add(name.len());
        if !within(text, tree.limits.tree_bytes) {
            return Err(over("tree_bytes", tree.limits.tree_bytes, path));
        }
        tree.hold()?;
        if let Some(watch) = self.watch.as_deref_mut() {
            watch.tell(directory, name);
        }
        let inserted = tree.arena.insert(directory, name, explicit, self.layer, content);
        inserted.map_err(|Full| over("tree_bytes", tree.limits.tree_bytes, path))
    }

    /// Gives a directory the entry that stands for it from now on.
    fn update(&mut self, node: NodeId, content: Content) -> Result<(), Error> {
        self.note(node)?;
        self.touch(self.tree.arena.parent(node));
        if let Some(data) = self.tree.arena.get_mut(node) {
            data.content = content;
            data.placed_by = self.layer;
            data.explicit = true;
        }
        Ok(())
    }

    /// Removes a node and all below it.
    pub(crate) fn remove(&mut self, node: NodeId) -> Result<(), Error> {
        self.watch_node(node);
        self.note(node)?;
        self.note_below(node)?;
        for gone in self.marked_below(node) {
            self.marked.remove(&gone);
        }
        self.tree.arena.remove(node);
        Ok(())
    }

    fn content(&mut self, entry: u32, record: Record<'_>, path: &[u8]) -> Result<Content, Error> {
        let target = record.link.filter(|_| record.kind == Kind::Symlink).unwrap_or_default();
        let link =
            if target.is_empty() { Ok(Text::default()) } else { self.tree.arena.add_text(target) };
        let link = link.map_err(|Full| over("tree_bytes", self.tree.limits.tree_bytes, path))?;
        self.tree.hold()?;
        Ok(Content { kind: record.kind, layer: self.layer, entry, size: record.size, link })
    }

    pub(crate) fn implied(&self) -> Content {
        let (layer, entry) = (self.layer, Inode::IMPLIED);
        Content { kind: Kind::Directory, layer, entry, size: 0, link: Text::default() }
    }
}

pub(crate) fn over(limit: &'static str, max: u64, path: &[u8]) -> Error {
    Error::Limit { limit, max, path: path.into() }
}
