//! What is at a path? Decided newest layer first, and no layer asked for that cannot change it.
//!
//! Pure: it is told one layer after the other and says whether the answer is decided by then. It has
//! no rules of the overlay of its own: it lays what is known over nothing and asks the tree.
//!
//! What is known of the newest layers decides a question where no lower layer can change the way to
//! the answer. A path that leads over symbolic links depends on every directory on its way, so each
//! must have an entry. An entry whose directory has none may really lie elsewhere, namely where a
//! lower layer has a link in that directory's place; such entries leave a question open when their
//! name could fall on the way. A hard link needs its target, and a directory its own entry.
//!
//! One thing is taken for granted, since without it hardly any layer could be spared that lists no
//! directories: that a layer which puts an entry where a link leads, through a directory that it does
//! not list, does not replace that place, too.

use std::collections::{HashMap, HashSet, VecDeque};

use cutaway_layerfs::{
    Changes, End, EntryPath, Inode, Kind, Limits, Listing, Trace, Tree, WhiteoutKind,
};

use crate::Error;

/// A question about one path of an image.
#[derive(Debug)]
pub struct Question {
    path: Vec<u8>,
    follow: bool,
    limits: Limits,
    /// The position of the oldest layer that is known; all above it are known, too.
    first: usize,
    listings: VecDeque<Listing>,
    /// The answer before the last layer, where that layer does not touch it.
    unchanged: Option<Open>,
}

/// Whether a question is decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Another layer has to be read.
    Open(Open),
    /// Something is there.
    Found(Found),
    /// Nothing is there.
    Absent(Absent),
}

/// A question that is open, and what to look for in the next layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// The position of the layer that is to be read.
    pub layer: usize,
    /// The name of the entry that would be the answer, if the layer has it and does not say otherwise
    /// further on; none where no single entry could be.
    pub candidate: Option<EntryPath>,
    /// Where the path leads by what is known.
    place: EntryPath,
    /// Whether more than an entry at the place or above it could change the answer.
    delicate: bool,
}

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it really is, links followed.
    pub path: EntryPath,
    /// What it is; never a hard link.
    pub kind: Kind,
    /// The layer whose entry put the name there.
    pub layer: usize,
    /// The entry that holds its content.
    pub inode: Inode,
}

/// Why nothing is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Absent {
    /// The place where nothing is, links followed.
    pub path: EntryPath,
    /// What made it so.
    pub why: Why,
}

/// What made it so that nothing is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// No layer has it.
    Nowhere,
    /// A layer deleted it, or would hide it if a lower layer had it.
    Deleted {
        /// The position of the layer.
        layer: usize,
    },
    /// What should be a directory on the way is none.
    NoDirectory,
}

impl Question {
    /// Asks what is at `path` in an image of `layers` layers; with `follow`, what its last component
    /// leads to where that is a symbolic link.
    pub fn new(path: &[u8], follow: bool, layers: usize, limits: Limits) -> Self {
        let path = path.to_vec();
        Self { path, follow, limits, first: layers, listings: VecDeque::new(), unchanged: None }
    }

    /// Takes in the next layer, the one that [`Open::layer`] names.
    pub fn take(&mut self, open: Open, listing: Listing) {
        self.unchanged = (!open.delicate && !touches(&listing, &open.place)).then_some(open);
        self.first = self.first.saturating_sub(1);
        self.listings.push_front(listing);
    }

    /// Returns what a layer that is known says of one of its entries.
    pub fn entry(&self, inode: Inode) -> Option<cutaway_layerfs::Entry> {
        let layer = usize::try_from(inode.layer).ok()?.checked_sub(self.first)?;
        self.listings.get(layer)?.get(inode.entry)
    }

    /// Decides the question by the layers that are known, or says which one to read.
    ///
    /// # Errors
    ///
    /// Returns an error when the layers go over a limit, or the path in circles.
    pub fn answer(&mut self) -> Result<Answer, Error> {
        if let (Some(open), Some(layer)) = (self.unchanged.take(), self.first.checked_sub(1)) {
            return Ok(Answer::Open(Open { layer, ..open }));
        }
        let mut changes = Changes::default();
        let tree = self.lay(Some(&mut changes), |_, _| ())?;
        let trace = match (tree.trace(&self.path, self.follow), self.first.checked_sub(1)) {
            (Ok(trace), _) => trace,
            (Err(source), None) => return Err(Error::Loop { path: self.path.clone(), source }),
            // Lower layers may yet lead it out of its circle.
            (Err(_), Some(layer)) => {
                let (candidate, place) = (None, EntryPath::root());
                return Ok(Answer::Open(Open { layer, candidate, place, delicate: true }));
            }
        };
        let place = tree.path(trace.node).join(&trace.missing);
        let Some(next) = self.first.checked_sub(1) else {
            return Ok(decided(&tree, &trace, place, &changes));
        };
        // Where a way goes back up, it matters where it came from.
        let turns = trace.links > 0 || self.path.split(|&byte| byte == b'/').any(|n| n == b"..");
        let delicate = trace.strays || (turns && trace.implied);
        let delicate = delicate || self.is_disturbed(&tree, &changes, &place)?;
        let node = tree.node(trace.node);
        let exists = trace.missing.is_empty();
        let implied = node.is_implied();
        let whole = node.inode().layer == node.placed_by();
        let closed = if exists {
            !implied && whole
        } else {
            node.kind() != Kind::Directory || hidden_by(&changes, &tree, &trace).is_some()
        };
        if closed && !delicate && (exists || !self.wanders()?) {
            return Ok(decided(&tree, &trace, place, &changes));
        }
        let candidate = (!delicate && (!exists || implied)).then(|| place.clone());
        // A link between layers is told apart by reading on, and so is what it links.
        let delicate = delicate || (exists && !implied) || turns;
        Ok(Answer::Open(Open { layer: next, candidate, place, delicate }))
    }

    /// Lays the known layers over nothing; `look` sees the tree before each.
    fn lay(
        &self,
        mut changes: Option<&mut Changes>,
        mut look: impl FnMut(&Tree, usize),
    ) -> Result<Tree, Error> {
        let mut tree = Tree::new(self.limits);
        for (position, listing) in self.listings.iter().enumerate() {
            look(&tree, position);
            let layer = self.first.saturating_add(position);
            let number = u32::try_from(layer).unwrap_or(u32::MAX);
            let applied = match changes.as_deref_mut() {
                Some(changes) => tree.apply_noting(number, listing, changes),
                None => tree.apply(number, listing),
            };
            applied.map_err(|source| Error::Overlay { layer, source })?;
        }
        Ok(tree)
    }

    /// Returns whether the known layers have an entry that may lie where a link of a lower layer leads,
    /// which makes that place, whatever it is, a directory.
    fn wanders(&self) -> Result<bool, Error> {
        let mut wanders = false;
        self.lay(None, |below, position| {
            wanders =
                wanders || self.listings.get(position).is_some_and(|l| self::wanders(l, below));
        })?;
        Ok(wanders)
    }

    /// Returns whether something in the known layers may really be about the way to `place`, or not
    /// about it, which only lower layers can tell.
    fn is_disturbed(
        &self,
        top: &Tree,
        changes: &Changes,
        place: &EntryPath,
    ) -> Result<bool, Error> {
        let dangles =
            |path: &EntryPath| could_fall_on(path.as_bytes(), place) || place.is_above(path);
        if changes.dangling.iter().any(|link| dangles(&link.path)) {
            return Ok(true);
        }
        let delicate: Vec<Delicate> =
            self.listings.iter().map(|listing| Delicate::of(listing, place)).collect();
        if delicate.iter().all(Delicate::is_empty) {
            return Ok(false);
        }
        let mut disturbed = false;
        self.lay(None, |below, position| {
            disturbed |= delicate.get(position).is_some_and(|layer| layer.disturbs(below, top));
        })?;
        Ok(disturbed)
    }
}

/// Returns whether a layer puts an entry into a directory that may really be a link.
fn wanders(listing: &Listing, below: &Tree) -> bool {
    let mut known: HashSet<Vec<u8>> = HashSet::from([Vec::new()]);
    let mut wanders = false;
    listing.for_each(|path, kind| {
        if wanders {
            return;
        }
        let slash = path.iter().rposition(|&byte| byte == b'/').unwrap_or(0);
        let parent = path.get(..slash).unwrap_or_default();
        if !known.contains(parent) {
            if !is_known(below, parent) {
                wanders = true;
                return;
            }
            known.insert(parent.to_vec());
        }
        if kind == Kind::Directory {
            known.insert(path.to_vec());
        }
    });
    wanders
}

/// Returns whether the way to a directory is sure: each directory on it has an entry.
fn is_known(tree: &Tree, path: &[u8]) -> bool {
    let way = tree.trace(path, true);
    way.is_ok_and(|way| !way.implied && !way.strays && way.missing.is_empty())
}

/// The entries of a layer whose place matters to a question.
#[derive(Debug, Default)]
struct Delicate {
    /// Entries that could fall on the way, and those on it, each with its position.
    entries: Vec<(u32, EntryPath, bool)>,
    /// Directories whose content is hidden in whole or part.
    hiding: Vec<EntryPath>,
    /// The first entry of each directory above these entries.
    directories: HashMap<EntryPath, u32>,
}

impl Delicate {
    fn of(listing: &Listing, place: &EntryPath) -> Self {
        let mut delicate = Self::default();
        let mut number = 0_u32;
        listing.for_each(|path, _| {
            let on_the_way = is_above(path, place.as_bytes());
            if (on_the_way || could_fall_on(path, place))
                && let Ok(path) = EntryPath::clean(path)
            {
                delicate.entries.push((number, path, on_the_way));
            }
            number = number.saturating_add(1);
        });
        for whiteout in listing.whiteouts() {
            let path = &whiteout.path;
            if could_fall_on(path.as_bytes(), place) && !path.is_above(place) {
                delicate.hiding.push(match whiteout.kind {
                    WhiteoutKind::Entry => path.directory(),
                    WhiteoutKind::Opaque => path.clone(),
                });
            }
        }
        let wanted: HashSet<EntryPath> =
            delicate.entries.iter().flat_map(|(_, path, _)| above(path)).collect();
        let mut number = 0_u32;
        listing.for_each(|path, _| {
            if let Some(path) = wanted.get(path) {
                delicate.directories.entry(path.clone()).or_insert(number);
            }
            number = number.saturating_add(1);
        });
        delicate
    }

    fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.hiding.is_empty()
    }

    /// Returns whether one of the entries may have been put elsewhere than the known layers say: its
    /// directory has no entry before it, so that a lower layer may have a link there.
    fn disturbs(&self, below: &Tree, top: &Tree) -> bool {
        let known = |path: &EntryPath| is_known(below, path.as_bytes());
        // What hides does so before the layer's own entries are there.
        if !self.hiding.iter().all(known) {
            return true;
        }
        self.entries.iter().any(|(number, path, on_the_way)| {
            above(path).any(|directory| {
                let before = self.directories.get(&directory).is_some_and(|first| first < number);
                // Where nothing ever gives it an entry, the path leads wherever the entry went.
                let matters = || {
                    !on_the_way || top.at(&directory).is_some_and(|id| !top.node(id).is_implied())
                };
                !before && !known(&directory) && matters()
            })
        })
    }
}

/// Returns the directories above a path, the root apart.
fn above(path: &EntryPath) -> impl Iterator<Item = EntryPath> + '_ {
    let bytes = path.as_bytes();
    let slashes = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'/');
    slashes.filter_map(|(at, _)| EntryPath::clean(bytes.get(..at)?).ok())
}

/// Returns the answer of a tree whose lower layers cannot change it.
pub(crate) fn decided(tree: &Tree, trace: &Trace, path: EntryPath, changes: &Changes) -> Answer {
    let node = tree.node(trace.node);
    if trace.missing.is_empty() && !trace.strays {
        let layer = position(node.placed_by());
        return Answer::Found(Found { path, kind: node.kind(), layer, inode: node.inode() });
    }
    // The layer that ended what was there, where it is known that something was.
    let ended = changes
        .superseded
        .iter()
        .filter(|version| version.version.path == path && version.end == End::Hidden)
        .map(|version| version.ended_by)
        .max();
    let why = match ended.or_else(|| hidden_by(changes, tree, trace)) {
        Some(layer) => Why::Deleted { layer: position(layer) },
        None if node.kind() != Kind::Directory || trace.strays => Why::NoDirectory,
        None => Why::Nowhere,
    };
    Answer::Absent(Absent { path, why })
}

/// Returns the newest layer that hides what lower layers may have where the way breaks off.
fn hidden_by(changes: &Changes, tree: &Tree, trace: &Trace) -> Option<u32> {
    let directory = tree.path(trace.node);
    let gap = directory.join(trace.missing.get(..1).unwrap_or_default());
    let hides = |hidden: &&cutaway_layerfs::Hidden| match hidden.kind {
        WhiteoutKind::Entry => hidden.path.is_above(&gap),
        WhiteoutKind::Opaque => hidden.path.is_above(&directory),
    };
    changes.hidden.iter().filter(hides).map(|hidden| hidden.layer).max()
}

/// Returns whether a layer may say anything about a place, its directories' own entries apart.
fn touches(listing: &Listing, place: &EntryPath) -> bool {
    let mut touched = false;
    listing.for_each(|path, kind| {
        let its_directory = kind == Kind::Directory && path != place.as_bytes();
        touched |= is_above(place.as_bytes(), path)
            || if is_above(path, place.as_bytes()) {
                !its_directory
            } else {
                could_fall_on(path, place)
            };
    });
    touched
        || listing.whiteouts().any(|whiteout| {
            whiteout.path.is_above(place) || could_fall_on(whiteout.path.as_bytes(), place)
        })
}

/// Returns whether what has this path, or what it lies in, could be on the way to a place, if one of
/// its directories were a link.
fn could_fall_on(path: &[u8], place: &EntryPath) -> bool {
    let mut names = path.rsplit(|&byte| byte == b'/');
    let name = names.next().unwrap_or_default();
    place.components().any(|component| component == name) || names.any(|name| name == place.name())
}

/// Returns whether a path is another one or above it, by text.
fn is_above(path: &[u8], other: &[u8]) -> bool {
    path.is_empty()
        || other
            .strip_prefix(path)
            .is_some_and(|rest| rest.first().is_none_or(|&byte| byte == b'/'))
}

fn position(layer: u32) -> usize {
    usize::try_from(layer).unwrap_or(usize::MAX)
}
