//! What became of packages from layer to layer: which layer brought each, which one ended it.
//!
//! The only input is what each layer changed in the visible databases. An entry of a database says
//! nothing about when it came; comparing the states does. What a layer did not change costs nothing,
//! so all layers together cost what their databases have records, however often one is listed.

use std::collections::{BTreeMap, BTreeSet};

use crate::architecture::{goes_on_as, may_go_on};
use crate::{Few, Identity, Package};

/// A database as a layer brought it: ordered by preference, so of several that have the same record
/// the smallest is the one that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DatabaseRef {
    /// Its place in the order of preference.
    pub rank: usize,
    /// A number that no other file has, and no other version of this one.
    pub version: usize,
    /// A number of its path.
    pub path: usize,
}

/// A record, and the database that has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed<'a> {
    /// The record.
    pub package: &'a Package,
    /// The database.
    pub database: DatabaseRef,
    /// The position of the record in it.
    pub at: usize,
}

/// What one layer changed in the visible databases. A database that it changed stands in both lists.
#[derive(Debug, Clone, Default)]
pub struct Change<'a> {
    /// The records that count no more: those of databases that are not visible any more, among others.
    pub ended: Vec<Listed<'a>>,
    /// The records that count since.
    pub begun: Vec<Listed<'a>>,
    /// Whether a visible database or a record could not be read, so that a missing record proves nothing.
    pub incomplete: bool,
}

/// A record that is visible at the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Present<'a> {
    /// The record.
    pub package: &'a Package,
    /// Its database.
    pub database: DatabaseRef,
    /// The layer that brought the version that is there now.
    pub layer: usize,
}

/// A package that was installed after some layer and is not at the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removed<'a> {
    /// The last record in which it was installed.
    pub package: &'a Package,
    /// Its database.
    pub database: DatabaseRef,
    /// The layer that brought that version.
    pub layer: usize,
    /// The layer that ended it.
    pub hidden_by: usize,
}

/// What became of all packages.
#[derive(Debug, Clone, Default)]
pub struct Timeline<'a> {
    /// Every record of the top, each once, by identity and version.
    pub present: Vec<Present<'a>>,
    /// Packages that a lower layer had installed and the image has not, by identity and version.
    pub removed: Vec<Removed<'a>>,
}

/// Compares the states after each layer, oldest first.
///
/// A package that comes back after it was gone is brought by the layer in which it comes back. An
/// upgrade is no removal, and neither is it one to change between `native` architectures and none
/// (`all`, `noarch`) in one layer. Where a state is incomplete, what it lacks is taken for unchanged.
pub fn timeline<'a>(changes: &[Change<'a>], native: &[&str]) -> Timeline<'a> {
    let mut tracker = Tracker::default();
    for (layer, change) in changes.iter().enumerate() {
        tracker.step(layer, change, native, |_, _| {});
    }
    let mut told = Timeline::default();
    for track in tracker.tracks.values() {
        for (version, listed) in track.listed.iter() {
            let layer = track.now.get(version).map_or(0, |version| version.since);
            let Some((&(database, _), _)) = listed.first() else { continue };
            let of_first = listed.iter().take_while(|((of, _), _)| *of == database);
            let mut packages: Vec<_> = of_first.map(|(_, package)| *package).collect();
            packages.sort_unstable();
            packages.dedup();
            let present = packages.into_iter().map(|package| Present { package, database, layer });
            told.present.extend(present);
        }
        if let Some((hidden_by, last)) = &track.ended {
            told.removed.extend(last.iter().map(
                |&Version { package, database, since, .. }| Removed {
                    package,
                    database,
                    layer: since,
                    hidden_by: *hidden_by,
                },
            ));
        }
    }
    told
}

/// All packages on their way through the layers.
#[derive(Debug, Default)]
pub(crate) struct Tracker<'a> {
    tracks: BTreeMap<Identity<'a>, Track<'a>>,
    /// Packages without a record since a state was incomplete: what became of them is not known yet.
    frozen: BTreeSet<Identity<'a>>,
    /// How many records each visible database has, by the number of its path.
    records: BTreeMap<usize, usize>,
}

/// One package on its way.
#[derive(Debug, Default)]
struct Track<'a> {
    /// The records that are visible, by version; of those that say the same the first one counts.
    listed: Few<&'a str, Few<(DatabaseRef, usize), &'a Package>>,
    /// The versions that are taken to be there.
    now: Few<&'a str, Version<'a>>,
    /// How many of them are installed.
    installed: usize,
    /// Versions whose records changed since they were last looked at.
    touched: Few<&'a str, ()>,
    /// Which layer ended it, and the versions that were installed before.
    ended: Option<(usize, Vec<Version<'a>>)>,
}

/// One version of a package that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Version<'a> {
    pub(crate) package: &'a Package,
    pub(crate) database: DatabaseRef,
    since: usize,
    installed: bool,
}

/// What one layer did to one package.
#[derive(Debug, Clone, Default)]
pub(crate) struct Turned<'a> {
    /// The versions that are not installed any more, by version.
    pub(crate) gone: Vec<Version<'a>>,
    /// The versions that are installed since, by version.
    pub(crate) come: Vec<Version<'a>>,
    /// Whether none was installed before, and whether none is now.
    fresh: bool,
    over: bool,
}

impl<'a> Tracker<'a> {
    /// Takes in what a layer changed, and tells of each package that it brought, changed or ended.
    pub(crate) fn step(
        &mut self,
        layer: usize,
        change: &Change<'a>,
        native: &[&str],
        mut tell: impl FnMut(Identity<'a>, Turned<'a>),
    ) {
        let mut touched = BTreeSet::new();
        for listed in &change.ended {
            touched.insert(self.touch(listed, Track::end));
            let count = self.records.entry(listed.database.path).or_default();
            *count = count.saturating_sub(1);
        }
        for listed in &change.begun {
            touched.insert(self.touch(listed, Track::begin));
            let count = self.records.entry(listed.database.path).or_default();
            *count = count.saturating_add(1);
        }
        if !change.incomplete {
            touched.append(&mut self.frozen);
        }
        let mut turns: BTreeMap<Identity<'a>, Turned<'a>> = BTreeMap::new();
        for identity in touched {
            let Some(track) = self.tracks.get_mut(&identity) else { continue };
            if change.incomplete && track.listed.is_empty() {
                self.frozen.insert(identity);
                continue;
            }
            self.frozen.remove(&identity);
            let turned = track.go_on(layer);
            if !turned.gone.is_empty() || !turned.come.is_empty() {
                turns.insert(identity, turned);
            }
        }
        self.join_architectures(&mut turns, native);
        turns.into_iter().for_each(|(identity, turned)| tell(identity, turned));
    }

    /// Returns whether a database has a visible record, by the number of its path.
    pub(crate) fn has_records(&self, path: usize) -> bool {
        self.records.get(&path).is_some_and(|count| *count > 0)
    }

    fn touch(
        &mut self,
        listed: &Listed<'a>,
        change: impl FnOnce(&mut Track<'a>, &Listed<'a>),
    ) -> Identity<'a> {
        let identity = listed.package.identity();
        let track = self.tracks.entry(identity).or_default();
        change(track, listed);
        track.touched.insert(&listed.package.version, ());
        identity
    }

    /// Makes one upgrade of a package that ended in one architecture and began in another, where one
    /// of them is that of the system and the other none.
    fn join_architectures(
        &mut self,
        turns: &mut BTreeMap<Identity<'a>, Turned<'a>>,
        native: &[&str],
    ) {
        let mut over: BTreeMap<Identity<'a>, Vec<Identity<'a>>> = BTreeMap::new();
        let mut begun = Vec::new();
        for (identity, turned) in &*turns {
            if turned.over && may_go_on(identity.arch, native) {
                let any = Identity { arch: None, ..*identity };
                over.entry(any).or_default().push(*identity);
            }
            if turned.fresh {
                begun.push(*identity);
            }
        }
        for new in begun {
            let changes = |old: &&Identity<'a>| goes_on_as(old.arch, new.arch, native);
            let same = over.get(&Identity { arch: None, ..new });
            let of_old = same.and_then(|same| same.iter().find(changes).copied());
            let Some(old) = of_old else { continue };
            if let Some(track) = self.tracks.get_mut(&old) {
                track.ended = None;
            }
            let gone = turns.remove(&old).map(|turned| turned.gone).unwrap_or_default();
            if let Some(turned) = turns.get_mut(&new) {
                turned.gone.extend(gone);
            }
        }
    }
}

impl<'a> Track<'a> {
    fn begin(&mut self, listed: &Listed<'a>) {
        let version = listed.package.version.as_str();
        let place = (listed.database, listed.at);
        if let Some(records) = self.listed.get_mut(&version) {
            records.insert(place, listed.package);
        } else {
            let mut records = Few::default();
            records.insert(place, listed.package);
            self.listed.insert(version, records);
        }
    }

    fn end(&mut self, listed: &Listed<'a>) {
        let version = listed.package.version.as_str();
        let Some(records) = self.listed.get_mut(&version) else { return };
        records.remove(&(listed.database, listed.at));
        if records.is_empty() {
            self.listed.remove(&version);
        }
    }

    /// Looks again at the versions that were touched.
    fn go_on(&mut self, layer: usize) -> Turned<'a> {
        let was_installed = self.installed;
        let mut turned = Turned::default();
        for (&version, ()) in std::mem::take(&mut self.touched).iter() {
            let old = self.now.get(&version).copied();
            let new = self.listed.get(&version).and_then(|records| {
                let (&(database, _), &first) = records.first()?;
                let of_first = records.iter().take_while(|((of, _), _)| *of == database);
                let installed = of_first.map(|(_, package)| *package).find(|it| it.is_installed());
                let package = installed.unwrap_or(first);
                let installed = package.is_installed();
                let goes_on = |old: &Version<'_>| old.installed || !installed;
                let since = old.filter(goes_on).map_or(layer, |old| old.since);
                Some(Version { package, database, since, installed })
            });
            let installed = |version: Option<Version<'a>>| version.filter(|it| it.installed);
            match (installed(old), installed(new)) {
                (Some(old), None) => {
                    self.installed = self.installed.saturating_sub(1);
                    turned.gone.push(old);
                }
                (None, Some(new)) => {
                    self.installed = self.installed.saturating_add(1);
                    turned.come.push(new);
                }
                (Some(_), Some(_)) | (None, None) => {}
            }
            match new {
                Some(new) => self.now.insert(version, new),
                None => drop(self.now.remove(&version)),
            }
        }
        turned.fresh = was_installed == 0 && self.installed > 0;
        turned.over = was_installed > 0 && self.installed == 0;
        if turned.over {
            self.ended = Some((layer, turned.gone.clone()));
        } else if self.installed > 0 {
            self.ended = None;
        }
        turned
    }
}
