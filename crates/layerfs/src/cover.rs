//! What can be told of a layer for certain while only the layers above it are known.
//!
//! Layers are laid over each other base first, and where an entry ends up depends on the links that lower
//! layers have. Read newest first, an entry can still be placed for certain where its own layer has an
//! entry for each directory above it: these are directories then, whatever lies below. What a cover cannot
//! place so, it leaves open, and says no more of that layer; of lower layers it still says something where
//! all that the layer does to them has a certain place. It never decides otherwise than [`Tree`] does.
//!
//! [`Tree`]: crate::Tree

use crate::listing::{Listing, WhiteoutKind};
use crate::names::{NameId, Names};
use crate::{EntryPath, Kind, Limits, Meta};

/// Bytes that a cover may take beyond so many an entry: where names without an entry take more, it says no
/// more.
const SPARE: u64 = 4 << 20;
/// Bytes that an entry may take: common ones take about 80.
const COVERED_ENTRY: u64 = 160;
/// Bytes that a name takes beside its text, at most.
const NAME: usize = 64;

/// The layers above the one that is being read, as far as they decide what is visible of it.
///
/// Layers are told newest first, each between [`Cover::begin`] and [`Cover::end`], with its entries in the
/// order of its archive.
///
/// *Guarantee*: what [`Cover::entry`] returns `true` for is in the [`Tree`] of all layers at this very path,
/// as this entry, unless a later entry of its own layer takes its name or takes it away. Where that may be
/// so, [`Cover::is_odd`] says so after that later entry, one of the same name aside.
///
/// [`Tree`]: crate::Tree
#[derive(Debug)]
pub struct Cover {
    names: Names<State>,
    limits: Limits,
    /// How many layers have begun.
    turn: u32,
    /// How many entries were told.
    entries: u64,
    is_base: bool,
    /// The directory that was looked for last, and where it is.
    last: (Vec<u8>, NameId),
    /// Directories without an entry that the last entry has made, and that are visible.
    implied: Vec<EntryPath>,
    repeats: bool,
    odd: bool,
    blind: bool,
}

/// What is known of a name. Layers are numbered in the order in which they are told, from one on.
#[derive(Debug, Clone, Copy, Default)]
struct State {
    /// The first layer that has decided what has this name; 0 for none.
    decided: u32,
    /// The first layer that lets nothing of lower ones through at the name and below it; 0 for none.
    closed: u32,
    /// The layer that has put something here last, and what.
    here: u32,
    what: Here,
    /// The entry of `here` that made it a directory.
    since: u32,
    /// Whether it, as a directory of `here`, is covered by a layer above.
    hidden: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Here {
    Directory,
    #[default]
    Other,
}

/// A layer does something that has no certain place.
#[derive(Debug, Clone, Copy)]
struct Uncertain;

impl Cover {
    /// Returns a cover of no layers.
    pub fn new(limits: Limits) -> Self {
        Self {
            names: Names::new(State::default()),
            limits,
            turn: 0,
            entries: 0,
            is_base: false,
            last: (Vec::new(), NameId::ROOT),
            implied: Vec::new(),
            repeats: false,
            odd: false,
            blind: false,
        }
    }

    /// Returns a cover that decides nothing.
    pub fn blind() -> Self {
        Self { blind: true, ..Self::new(Limits::default()) }
    }

    /// Begins the next layer; `is_base` says that none lies below it.
    pub fn begin(&mut self, is_base: bool) {
        self.turn = self.turn.saturating_add(1);
        self.is_base = is_base;
        self.last = (Vec::new(), NameId::ROOT);
        (self.repeats, self.odd) = (false, false);
        let turn = self.turn;
        if let Some(root) = self.names.get_mut(NameId::ROOT) {
            let hidden = root.closed != 0 && root.closed < turn;
            *root = State { here: turn, what: Here::Directory, since: 0, hidden, ..*root };
        }
    }

    /// Takes the next entry of the layer, with its position in the listing; returns whether it is certain
    /// to be visible at its path as it is. Hard links never are, nor is the root.
    pub fn entry(&mut self, entry: u32, path: &EntryPath, meta: &Meta) -> bool {
        self.implied.clear();
        if self.blind || self.odd {
            return false;
        }
        self.entries = self.entries.saturating_add(1);
        self.place(entry, path, meta).unwrap_or_else(|Uncertain| {
            self.odd = true;
            self.implied.clear();
            false
        })
    }

    /// Returns the directories that the last entry has made since nothing has an entry for them, parents
    /// first, as far as they are certain to be visible. A later entry may still describe them.
    pub fn implied(&self) -> &[EntryPath] {
        &self.implied
    }

    /// Returns whether the layer had two entries of one name so far, of which the later one counts.
    pub fn repeats(&self) -> bool {
        self.repeats
    }

    /// Returns whether the layer did something that has no certain place, or that takes away what it has
    /// put somewhere itself. Nothing more of it is decided then, and nothing of lower layers.
    pub fn is_odd(&self) -> bool {
        self.odd
    }

    /// Leaves the rest of the layer open, as if it were odd.
    pub fn give_up(&mut self) {
        self.odd = true;
    }

    /// Returns whether nothing more can be decided.
    pub fn is_blind(&self) -> bool {
        self.blind
    }

    /// Ends the layer, of which this is the whole listing.
    pub fn end(&mut self, listing: &Listing) {
        if !self.is_base && !self.blind && !self.odd {
            let hidden = listing
                .whiteouts()
                .try_for_each(|whiteout| self.hide(whiteout.before, whiteout.kind, &whiteout.path));
            self.odd |= hidden.is_err();
        }
        self.blind |= self.odd;
    }

    /// Returns the bytes of memory that the cover takes.
    pub fn memory(&self) -> usize {
        self.names.memory().saturating_add(size_of::<Self>())
    }

    fn place(&mut self, entry: u32, path: &EntryPath, meta: &Meta) -> Result<bool, Uncertain> {
        if path.is_root() {
            return Ok(false);
        }
        // A link that leads nowhere makes no directories either.
        let may_imply = self.is_base && meta.kind != Kind::HardLink;
        let parent = self.directory(entry, path.parent(), may_imply)?;
        let covered = self.names.get(parent).is_none_or(|state| state.hidden);
        let (turn, node) = (self.turn, self.child_or_new(parent, path.name())?);
        let state = self.names.get_mut(node).ok_or(Uncertain)?;
        let is_directory = state.here == turn && state.what == Here::Directory;
        self.repeats |= state.here == turn;
        let covered = covered || is_before(state.closed, turn);
        let shown = !covered && !is_before(state.decided, turn);
        first(&mut state.decided, turn);
        match meta.kind {
            Kind::Directory if is_directory => {}
            Kind::Directory => {
                *state = State {
                    here: turn,
                    what: Here::Directory,
                    since: entry,
                    hidden: covered,
                    ..*state
                };
            }
            // A device that stands for a whiteout takes away what the layer itself has put there.
            Kind::CharDevice if meta.device == Some((0, 0)) => return Err(Uncertain),
            // All that lies in the directory goes with it.
            _ if is_directory => return Err(Uncertain),
            _ => {
                first(&mut state.closed, turn);
                *state = State { here: turn, what: Here::Other, ..*state };
            }
        }
        Ok(shown && meta.kind != Kind::HardLink)
    }

    /// Finds a directory of which the layer has put every component there itself.
    fn directory(&mut self, entry: u32, path: &[u8], may_imply: bool) -> Result<NameId, Uncertain> {
        if self.last.0 == path {
            return Ok(self.last.1);
        }
        let mut at = NameId::ROOT;
        let mut end = 0_usize;
        for name in path.split(|&byte| byte == b'/').filter(|name| !name.is_empty()) {
            end = end.saturating_add(usize::from(end > 0)).saturating_add(name.len());
            let found = self.names.child(at, name);
            let state = found.and_then(|found| self.names.get(found));
            at = match (found, state.filter(|state| state.here == self.turn)) {
                (Some(found), Some(State { what: Here::Directory, .. })) => found,
                (_, None) if may_imply => {
                    let path = path.get(..end).unwrap_or_default();
                    self.imply(at, name, entry, path)?
                }
                _ => return Err(Uncertain),
            };
        }
        self.last.0.clear();
        self.last.0.extend_from_slice(path);
        self.last.1 = at;
        Ok(at)
    }

    /// Makes a directory that the base has no entry for: what it does not name is not there.
    fn imply(
        &mut self,
        parent: NameId,
        name: &[u8],
        entry: u32,
        path: &[u8],
    ) -> Result<NameId, Uncertain> {
        let covered = self.names.get(parent).is_none_or(|state| state.hidden);
        let (turn, node) = (self.turn, self.child_or_new(parent, name)?);
        let state = self.names.get_mut(node).ok_or(Uncertain)?;
        let hidden = covered || is_before(state.closed, turn);
        if !hidden && !is_before(state.decided, turn) {
            self.implied.push(EntryPath::clean(path).map_err(|_| Uncertain)?);
        }
        first(&mut state.decided, turn);
        *state = State { here: turn, what: Here::Directory, since: entry, hidden, ..*state };
        Ok(node)
    }

    /// Hides from lower layers what a marker hides that stands behind `before` entries.
    fn hide(&mut self, before: u32, kind: WhiteoutKind, path: &EntryPath) -> Result<(), Uncertain> {
        let directory = match kind {
            WhiteoutKind::Entry => path.parent(),
            WhiteoutKind::Opaque => path.as_bytes(),
        };
        let (turn, directory) = (self.turn, self.directory(before, directory, false)?);
        let since = self.names.get(directory).map(|state| state.since).ok_or(Uncertain)?;
        // It has to be a directory by then. Those above it came before it.
        if directory != NameId::ROOT && since >= before {
            return Err(Uncertain);
        }
        let node = match kind {
            WhiteoutKind::Opaque => directory,
            WhiteoutKind::Entry => self.child_or_new(directory, path.name())?,
        };
        let state = self.names.get_mut(node).ok_or(Uncertain)?;
        first(&mut state.closed, turn);
        if kind == WhiteoutKind::Entry {
            first(&mut state.decided, turn);
        }
        Ok(())
    }

    fn child_or_new(&mut self, parent: NameId, name: &[u8]) -> Result<NameId, Uncertain> {
        if let Some(found) = self.names.child(parent, name) {
            return Ok(found);
        }
        // Whoever lays the layers over each other says which limit it is.
        let within = |have: usize, max: u64| u64::try_from(have).is_ok_and(|have| have < max);
        let text = self.names.text_len();
        let allowed = self.entries.saturating_mul(COVERED_ENTRY).saturating_add(SPARE);
        if !within(self.names.len(), self.limits.tar.entries)
            || !within(self.names.len().saturating_mul(NAME).saturating_add(text), allowed)
            || !within(text.saturating_add(name.len()), self.limits.tree_bytes)
        {
            return Err(Uncertain);
        }
        self.names.insert(parent, name, State::default()).ok_or(Uncertain)
    }
}

/// Notes the first layer that does something.
fn first(layer: &mut u32, turn: u32) {
    if *layer == 0 {
        *layer = turn;
    }
}

/// Returns whether a layer above the one of this turn has done something.
fn is_before(layer: u32, turn: u32) -> bool {
    layer != 0 && layer < turn
}
