//! Layers laid over each other as they are read, and beside that as overlay drivers read them, once the
//! two may differ.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use cutaway_tar::Kind;

use crate::arena::NodeId;
use crate::drivers::Globals;
use crate::listing::MarkKind;
use crate::resolve::{Last, follow, split};
use crate::warning::OtherReading;
use crate::{Changes, EntryPath, Error, Limits, Listing, Tree, Warning, Watch};

/// The readings of the layers of an image, from the lowest on.
///
/// The tree is what is read, decided by the truth table. Another reading is kept only from the first
/// layer on that may be read in another way, and costs as much again from there: that of overlay drivers
/// which heed no global header, and from the first layer with a global header on that of drivers which
/// do with it all that any runtime does.
#[derive(Debug)]
pub struct Readings {
    tree: Tree,
    drivers: Option<Tree>,
    globals: Option<Tree>,
    /// Global headers so far.
    global_count: u64,
    /// Whether a place is read in different ways for another reason than a global header.
    mixed: bool,
    /// Whether another reading went over a limit, so that nothing is known of any.
    lost: bool,
}

impl Readings {
    /// Returns readings of no layers.
    pub fn new(limits: Limits) -> Self {
        Self {
            tree: Tree::new(limits),
            drivers: None,
            globals: None,
            global_count: 0,
            mixed: false,
            lost: false,
        }
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
        let fresh = self.drivers.is_none() && !self.lost && self.tree.may_differ(listing);
        if fresh {
            self.drivers = Some(self.tree.clone());
        }
        if listing.global_count > 0 && self.globals.is_none() {
            self.globals = self.drivers.clone();
        }
        let others = [(&mut self.drivers, Globals::Ignored), (&mut self.globals, Globals::Obeyed)];
        let lost = others.into_iter().any(|(other, globals)| {
            other.as_mut().is_some_and(|it| it.lay_as_drivers(layer, listing, globals).is_err())
        });
        if lost {
            (self.drivers, self.globals, self.lost) = (None, None, true);
        }
        let warnings = self.tree.lay(layer, listing, watch, changes)?;
        let others = warnings.iter().filter_map(|warning| warning.other);
        let mut others = others.filter(|other| *other != OtherReading::Attributes).peekable();
        if fresh && others.peek().is_none() {
            (self.drivers, self.globals) = (None, None);
        }
        self.mixed |= others.any(|other| other == OtherReading::Known);
        self.global_count = self.global_count.saturating_add(u64::from(listing.global_count));
        Ok(warnings)
    }

    /// Returns what is read.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Returns what others may read: overlay drivers, and where there are global headers drivers that heed
    /// them. None where that is the same, or is not known for its size: a warning then tells of a place all
    /// the same.
    pub fn others(&self) -> impl Iterator<Item = &Tree> {
        self.drivers.iter().chain(&self.globals)
    }

    /// Returns whether all that others read at a place is among [`Readings::others`].
    ///
    /// What a global header does is not the same to all who heed it. So it is known only of one that is alone:
    /// two of them, or one and another mark, may cancel each other out to some and not to others.
    pub fn shows(&self, other: OtherReading) -> bool {
        let is_kept = self.drivers.is_some();
        match other {
            OtherReading::Attributes => true,
            OtherReading::Known => is_kept,
            OtherReading::Global => is_kept && !self.mixed && self.global_count <= 1,
            OtherReading::Unknown => false,
        }
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
        let mut marks = Marks {
            tree: self,
            names: HashSet::new(),
            whiteouts: HashSet::new(),
            opaques: HashSet::new(),
            hasher: RandomState::new(),
        };
        for mark in listing.marks() {
            let path = mark.path.as_bytes();
            let opaque = mark.kind == MarkKind::Opaque;
            // Drivers make a directory for a marker where none is.
            let there = matches!(marks.enter(mark.directory()), Ok(Some(_)));
            if (opaque && mark.path.is_root()) || !there {
                return true;
            }
            let hash = marks.hash(path);
            if opaque {
                marks.opaques.insert(hash);
            } else {
                marks.names.insert(hash);
                marks.whiteouts.insert(hash);
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
            let met = marks.meet(records.path(), record.kind, directory.1, name);
            let link = record.link.filter(|_| record.kind == Kind::HardLink);
            if met.is_err() || link.is_some_and(|link| marks.shares_whiteout(link)) {
                return true;
            }
        }
        // A marker may go through a link that its own layer has, or lie below a directory that another one hides.
        listing.marks().any(|mark| {
            let directory = mark.directory();
            marks.enter(directory).is_err() || marks.any_above(&marks.opaques, split(directory).0)
        })
    }
}

/// A layer may be read in another way.
struct Differs;

/// What of a layer another reading may depend on.
struct Marks<'t> {
    tree: &'t Tree,
    /// Hashes of names at which the layer has a whiteout, a link, or no directory over a directory.
    names: HashSet<u64>,
    /// Hashes of names at which the layer has a whiteout.
    whiteouts: HashSet<u64>,
    /// Hashes of directories in which the layer has an opaque marker.
    opaques: HashSet<u64>,
    hasher: RandomState,
}

impl Marks<'_> {
    /// Returns whether a hard link may share a whiteout.
    fn shares_whiteout(&self, link: &[u8]) -> bool {
        let target = EntryPath::clean_at_root(link).ok().filter(|_| !self.whiteouts.is_empty());
        target.is_some_and(|target| {
            let path = target.as_bytes();
            self.whiteouts.contains(&self.hash(path)) || self.enter(split(path).0).is_err()
        })
    }

    fn hash(&self, path: &[u8]) -> u64 {
        self.hashes(path).last().unwrap_or_default()
    }

    /// Returns the hashes of a path and of all directories above it, the highest first.
    fn hashes(&self, path: &[u8]) -> impl Iterator<Item = u64> {
        let mut hasher = self.hasher.build_hasher();
        let names = path.split(|&byte| byte == b'/').filter(|name| !name.is_empty());
        names.map(move |name| {
            hasher.write(name);
            hasher.write_u8(b'/');
            hasher.finish()
        })
    }

    /// Returns whether a path or a directory above it is among `marked`; the root never is.
    fn any_above(&self, marked: &HashSet<u64>, path: &[u8]) -> bool {
        !marked.is_empty() && self.hashes(path).any(|hash| marked.contains(&hash))
    }

    /// Returns a directory, where the lower layers have it.
    fn enter(&self, path: &[u8]) -> Result<Option<NodeId>, Differs> {
        let hops = self.tree.limits.symlink_hops;
        let place = follow(&self.tree.arena, path, Last::Follow, hops).map_err(|_| Differs)?;
        if place.links > 0 || self.any_above(&self.names, path) {
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
            Kind::Directory if !self.names.contains(&self.hash(path)) => Ok(()),
            Kind::Directory => Err(Differs),
            _ => {
                let arena = &self.tree.arena;
                let below = directory.and_then(|directory| arena.child(directory, name));
                if matches!(kind, Kind::Symlink | Kind::HardLink)
                    || below.is_some_and(|below| arena.kind(below) == Kind::Directory)
                {
                    self.names.insert(self.hash(path));
                }
                Ok(())
            }
        }
    }
}
