//! Layers laid over each other as they are read, and beside that as overlay drivers read them, once the
//! two may differ.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};

use cutaway_tar::Kind;

use crate::arena::NodeId;
use crate::listing::MarkKind;
use crate::resolve::{Last, follow, split};
use crate::{Changes, Error, Limits, Listing, Tree, Warning, Watch};

/// The two readings of the layers of an image, from the lowest on.
///
/// The tree is what is read, decided by the truth table. The other reading is kept only from the first
/// layer on that may be read in another way, and costs as much again from there.
#[derive(Debug)]
pub struct Readings {
    tree: Tree,
    other: Option<Tree>,
    /// Whether the other reading went over a limit, so that nothing is known of it.
    lost: bool,
}

impl Readings {
    /// Returns readings of no layers.
    pub fn new(limits: Limits) -> Self {
        Self { tree: Tree::new(limits), other: None, lost: false }
    }

    /// Returns readings for layers that lie above so many others, which are not known.
    pub fn above(layers: usize, limits: Limits) -> Self {
        Self { tree: Tree::above(layers, limits), ..Self::new(limits) }
    }

    /// Lays a layer over the readings; tells `watch` which names what is read puts into the watched
    /// directories or takes from them, and notes in `changes` what it ends and hides.
    ///
    /// # Errors
    ///
    /// As [`Tree::apply_noting`].
    pub fn apply(
        &mut self,
        layer: u32,
        listing: &Listing,
        watch: Option<&mut Watch>,
        changes: Option<&mut Changes>,
    ) -> Result<Vec<Warning>, Error> {
        let fresh = self.other.is_none() && !self.lost && self.tree.may_differ(listing);
        if fresh {
            self.other = Some(self.tree.clone());
        }
        if let Some(other) = &mut self.other
            && other.lay_as_drivers(layer, listing).is_err()
        {
            (self.other, self.lost) = (None, true);
        }
        let warnings = self.tree.lay(layer, listing, watch, changes)?;
        if fresh && warnings.iter().all(|warning| warning.other.is_none()) {
            self.other = None;
        }
        Ok(warnings)
    }

    /// Returns what is read.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Returns what overlay drivers read, and what global headers may do; none where that is the same, or
    /// is not known for its size: a warning then tells of a place all the same.
    pub fn other(&self) -> Option<&Tree> {
        self.other.as_ref()
    }

    /// Returns what is read, for good.
    pub fn into_tree(self) -> Tree {
        self.tree
    }
}

impl Listing {
    /// Returns whether the layer may be read in another way, whatever lies below it: it has an opaque marker
    /// at the root, a global header, a device 0:0, or a directory at the name of a whiteout. Others show when
    /// it is applied to the lower layers.
    pub fn has_other_reading(&self) -> bool {
        let mut hidden = HashSet::new();
        for mark in self.marks() {
            match mark.kind {
                MarkKind::Global => return true,
                MarkKind::Opaque if mark.path.is_root() => return true,
                MarkKind::Opaque => {}
                MarkKind::Whiteout => drop(hidden.insert(mark.path)),
            }
        }
        let mut records = self.records();
        while let Some(record) = records.next() {
            let again = record.kind == Kind::Directory && hidden.contains(records.path());
            if again || record.device == Some((0, 0)) {
                return true;
            }
        }
        false
    }
}

impl Tree {
    /// Returns whether a layer may be read in another way than the tree does it; never wrongly no, and
    /// seldom wrongly yes. Costs a look at the directory of each entry.
    fn may_differ(&self, listing: &Listing) -> bool {
        if listing.global_count > 0 || (self.is_empty() && listing.whiteout_count() > 0) {
            return true;
        }
        let mut marks = Marks { tree: self, names: HashSet::new(), hasher: RandomState::new() };
        for mark in listing.marks() {
            let path = mark.path.as_bytes();
            let opaque = mark.kind == MarkKind::Opaque;
            let directory = if opaque { path } else { split(path).0 };
            // Drivers make a directory for a marker where none is.
            if (opaque && mark.path.is_root()) || !matches!(marks.enter(directory), Ok(Some(_))) {
                return true;
            }
            if !opaque {
                marks.note(path);
            }
        }
        let mut records = listing.records();
        let mut directory: (Vec<u8>, Option<NodeId>) = (Vec::new(), Some(NodeId::ROOT));
        while let Some(record) = records.next() {
            if record.kind == Kind::CharDevice && record.device == Some((0, 0)) {
                return true;
            }
            if self.is_empty() {
                continue;
            }
            let (parent, name) = split(records.path());
            if directory.0 != parent {
                match marks.enter(parent) {
                    Ok(node) => directory = (parent.to_vec(), node),
                    Err(Differs) => return true,
                }
            }
            if marks.meet(records.path(), record.kind, directory.1, name).is_err() {
                return true;
            }
        }
        // A marker may go through a link that its own layer has.
        listing.marks().any(|mark| marks.enter(split(mark.path.as_bytes()).0).is_err())
    }
}

/// A layer may be read in another way.
struct Differs;

/// What of a layer another reading may depend on.
struct Marks<'t> {
    tree: &'t Tree,
    /// Hashes of names at which the layer has a whiteout, a link, or no directory over a directory.
    names: HashSet<u64>,
    hasher: RandomState,
}

impl Marks<'_> {
    fn note(&mut self, path: &[u8]) {
        self.names.insert(self.hasher.hash_one(path));
    }

    /// Returns a directory, where the lower layers have it.
    fn enter(&self, path: &[u8]) -> Result<Option<NodeId>, Differs> {
        let hops = self.tree.limits.symlink_hops;
        let place = follow(&self.tree.arena, path, Last::Follow, hops).map_err(|_| Differs)?;
        let mut above = path;
        while !self.names.is_empty() && !above.is_empty() {
            if self.names.contains(&self.hasher.hash_one(above)) {
                return Err(Differs);
            }
            above = split(above).0;
        }
        if place.links > 0 {
            return Err(Differs);
        }
        let node = place.unpacked();
        Ok(node.filter(|&node| self.tree.arena.kind(node) == Kind::Directory))
    }

    fn meet(
        &mut self,
        path: &[u8],
        kind: Kind,
        directory: Option<NodeId>,
        name: &[u8],
    ) -> Result<(), Differs> {
        match kind {
            Kind::Directory if self.names.is_empty() => Ok(()),
            Kind::Directory if !self.names.contains(&self.hasher.hash_one(path)) => Ok(()),
            Kind::Directory => Err(Differs),
            _ => {
                let arena = &self.tree.arena;
                let below = directory.and_then(|directory| arena.child(directory, name));
                if matches!(kind, Kind::Symlink | Kind::HardLink)
                    || below.is_some_and(|below| arena.kind(below) == Kind::Directory)
                {
                    self.note(path);
                }
                Ok(())
            }
        }
    }
}
