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
//! All of that is linear in the entries of the layers: where laying what is known once more after each
//! layer would cost more, some layers are asked for before the next look.
//!
//! One thing is taken for granted, since without it hardly any layer could be spared that lists no
//! directories: that a layer which puts an entry where a link leads, through a directory that it does
//! not list, does not replace that place, too.

mod doubt;
mod readings;

use std::cell::Cell;
use std::collections::{HashSet, VecDeque};

use cutaway_layerfs::{
    Changes, End, EntryPath, Inode, Kind, Limits, Listing, Trace, Tree, WhiteoutKind,
};

use self::doubt::{Delicate, Way, touches};
use crate::Error;

/// How many entries are laid while layers are few, whatever comes of it.
const FREE: u64 = 1 << 18;
/// How often an entry is laid beyond that, over all layers together.
const TIMES: u64 = 3;

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
    /// The entries of the layers that are known.
    entries: u64,
    /// How many entries were laid so far, those that were laid again included.
    laid: Cell<u64>,
    /// Whether a known layer may be read in another way: then all layers are asked for.
    differs: Cell<bool>,
    /// Places at which it is not known what other readings have.
    unclear: Vec<EntryPath>,
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
        Self {
            path: path.to_vec(),
            follow,
            limits,
            first: layers,
            listings: VecDeque::new(),
            unchanged: None,
            entries: 0,
            laid: Cell::new(0),
            differs: Cell::new(false),
            unclear: Vec::new(),
        }
    }

    /// Takes in the next layer, the one that [`Open::layer`] names.
    pub fn take(&mut self, open: Open, listing: Listing) {
        self.unchanged = (!open.delicate && !touches(&listing, &open.place)).then_some(open);
        self.first = self.first.saturating_sub(1);
        self.entries = self.entries.saturating_add(u64::from(listing.len()));
        self.differs.set(self.differs.get() || listing.has_other_reading());
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
        if let Some(layer) = self.first.checked_sub(1)
            && (self.differs.get() || !self.may_lay())
        {
            let (candidate, place) = (None, EntryPath::root());
            return Ok(Answer::Open(Open { layer, candidate, place, delicate: true }));
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
        if let Some(layer) = self.first.checked_sub(1)
            && self.differs.get()
        {
            let (candidate, place) = (None, EntryPath::root());
            return Ok(Answer::Open(Open { layer, candidate, place, delicate: true }));
        }
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

    /// Returns whether the known layers may be laid again. That after each layer would take the square of
    /// their number, so from some point on it is done when at least half as much again is known as the
    /// last time: layers may be read that could have been spared.
    fn may_lay(&self) -> bool {
        let allowed = self.entries.saturating_mul(TIMES).saturating_add(FREE);
        self.laid.get().saturating_add(self.entries) <= allowed
    }

    /// Lays the known layers over nothing; `look` sees the tree before each.
    fn lay(
        &self,
        mut changes: Option<&mut Changes>,
        mut look: impl FnMut(&Tree, usize),
    ) -> Result<Tree, Error> {
        self.laid.set(self.laid.get().saturating_add(self.entries));
        let mut tree = Tree::above(self.first, self.limits);
        for (position, listing) in self.listings.iter().enumerate() {
            look(&tree, position);
            let layer = self.first.saturating_add(position);
            let number = u32::try_from(layer).unwrap_or(u32::MAX);
            let applied = match changes.as_deref_mut() {
                Some(changes) => tree.apply_noting(number, listing, changes),
                None => tree.apply(number, listing),
            };
            let warnings = applied.map_err(|source| Error::Overlay { layer, source })?;
            let differs = warnings.iter().any(|warning| warning.other.is_some());
            self.differs.set(self.differs.get() || differs);
        }
        Ok(tree)
    }

    /// Returns whether the known layers have an entry that may lie where a link of a lower layer leads,
    /// which makes that place, whatever it is, a directory.
    fn wanders(&self) -> Result<bool, Error> {
        let mut wanders = false;
        self.lay(None, |below, position| {
            wanders =
                wanders || self.listings.get(position).is_some_and(|l| doubt::wanders(l, below));
        })?;
        Ok(wanders)
    }

    /// Returns the names that are looked up on the way, also where it goes back up or over links.
    fn passed(&self, tree: &Tree) -> HashSet<Box<[u8]>> {
        let mut passed = HashSet::new();
        // A way in circles was left to lower layers before this is asked.
        let _ = tree.look(&self.path, self.follow, |_, name| {
            passed.insert(name.into());
        });
        passed
    }

    /// Returns whether something in the known layers may really be about the way to `place`, or not
    /// about it, which only lower layers can tell.
    fn is_disturbed(
        &self,
        top: &Tree,
        changes: &Changes,
        place: &EntryPath,
    ) -> Result<bool, Error> {
        let way = Way::to(place, self.passed(top));
        let dangles = |path: &EntryPath| way.could_meet(path.as_bytes()) || place.is_above(path);
        if changes.dangling.iter().any(|link| dangles(&link.path)) {
            return Ok(true);
        }
        let delicate: Vec<Delicate> =
            self.listings.iter().map(|listing| Delicate::of(listing, &way)).collect();
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

fn position(layer: u32) -> usize {
    usize::try_from(layer).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use cutaway_fixtures::{Compression, ImageBuilder, LayerBuilder};
    use cutaway_layerfs::{EntryPath, Limits, Listing, Meta, Visitor, Walk};

    use super::{Answer, FREE, Question, TIMES};

    struct Unread;

    impl Visitor for Unread {
        fn entry(&mut self, _: u32, _: &EntryPath, _: &Meta) -> bool {
            false
        }
        fn data(&mut self, _: &[u8]) {}
        fn hole(&mut self, _: u64) {}
        fn end(&mut self) {}
    }

    fn listing(names: impl Iterator<Item = String>) -> Listing {
        let layer = LayerBuilder::new(Compression::Plain);
        let layer = names.fold(layer, |layer, name| layer.file(name, ""));
        let image = ImageBuilder::new().layer(layer).build();
        let mut walk = Walk::new(Limits::default());
        walk.push(&image.layers[0].tar, &mut Unread).unwrap();
        walk.finish(&mut Unread).unwrap().listing
    }

    #[test]
    fn entries_are_laid_a_bounded_number_of_times() {
        // Each layer puts something where the path leads, and none gives its directory an entry.
        let (layers, each) = (400_usize, 100_usize);
        let mut question = Question::new(b"etc/a/b", true, layers, Limits::default());
        let mut asked = 0_usize;
        while let Answer::Open(open) = question.answer().unwrap() {
            let names = (0..each).map(|n| format!("etc/a/{}-{n}", open.layer));
            let listing = listing(names);
            question.take(open, listing);
            asked += 1;
        }
        assert_eq!(asked, layers);
        let entries = u64::try_from(layers * each).unwrap();
        // Once after each layer would be 8 million.
        assert_eq!(entries, 40_000);
        assert!(question.laid.get() <= FREE + (TIMES + 2) * entries, "{:?}", question.laid);
    }
}
