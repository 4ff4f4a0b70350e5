//! Which entries of a layer may be about a place, or about another one than their names say.
//!
//! An entry whose directory has no entry of its own really lies where a lower layer has a link in that
//! directory's place. Names tell which entries that could concern; whether it does, the tree tells.

use std::collections::{HashMap, HashSet};

use cutaway_layerfs::{EntryPath, Kind, Listing, Tree, WhiteoutKind};

/// Returns whether a layer puts an entry into a directory that may really be a link.
pub(super) fn wanders(listing: &Listing, below: &Tree) -> bool {
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

/// The way to a place.
#[derive(Debug)]
pub(super) struct Way<'a> {
    place: &'a EntryPath,
    /// The names that are looked up on it: also those that it turns back from, and those of links.
    passed: HashSet<Box<[u8]>>,
}

impl<'a> Way<'a> {
    pub(super) fn to(place: &'a EntryPath, passed: HashSet<Box<[u8]>>) -> Self {
        Self { place, passed }
    }

    /// Returns whether what has this path, or what it lies in, could be on the way, if one of its
    /// directories were a link.
    pub(super) fn could_meet(&self, path: &[u8]) -> bool {
        let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
        could_fall_on(path, self.place) || self.passed.contains(name)
    }
}

/// The entries of a layer whose place matters to a question.
#[derive(Debug, Default)]
pub(super) struct Delicate {
    /// Entries that could fall on the way, and those on it, each with its position.
    entries: Vec<(u32, EntryPath, bool)>,
    /// Directories whose content is hidden in whole or part.
    hiding: Vec<EntryPath>,
    /// The first entry of each directory above these entries.
    directories: HashMap<EntryPath, u32>,
}

impl Delicate {
    pub(super) fn of(listing: &Listing, way: &Way<'_>) -> Self {
        let place = way.place;
        let mut delicate = Self::default();
        let mut number = 0_u32;
        listing.for_each(|path, _| {
            let on_the_way = is_above(path, place.as_bytes());
            if (on_the_way || way.could_meet(path))
                && let Ok(path) = EntryPath::clean_at_root(path)
            {
                delicate.entries.push((number, path, on_the_way));
            }
            number = number.saturating_add(1);
        });
        for whiteout in listing.whiteouts() {
            let path = &whiteout.path;
            if way.could_meet(path.as_bytes()) && !path.is_above(place) {
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

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.hiding.is_empty()
    }

    /// Returns whether one of the entries may have been put elsewhere than the known layers say: its
    /// directory has no entry before it, so that a lower layer may have a link there.
    pub(super) fn disturbs(&self, below: &Tree, top: &Tree) -> bool {
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

/// Returns whether a layer may say anything about a place, its directories' own entries apart.
pub(super) fn touches(listing: &Listing, place: &EntryPath) -> bool {
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
