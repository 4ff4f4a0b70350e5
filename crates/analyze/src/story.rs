//! What each layer did to each package, told in order.

use std::collections::BTreeMap;

use crate::timeline::{Tracker, Turned};
use crate::{Change, Ecosystem, Identity};

/// What became of one package, layer by layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageStory<'a> {
    /// Whose package it is.
    pub ecosystem: &'a Ecosystem,
    /// What stands before the name, where names alone are not unique.
    pub namespace: Option<&'a str>,
    /// The name.
    pub name: &'a str,
    /// The architecture, where records have one.
    pub arch: Option<&'a str>,
    /// What tells copies apart that lie beside each other.
    pub place: Option<&'a str>,
    /// What happened, oldest first; never nothing.
    pub turns: Vec<Turn<'a>>,
}

impl<'a> PackageStory<'a> {
    /// Returns what makes a record one of this package.
    pub fn identity(&self) -> Identity<'a> {
        let Self { ecosystem, namespace, name, arch, place, .. } = *self;
        Identity { ecosystem, namespace, name, arch, place }
    }
}

/// What one layer did to a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn<'a> {
    /// The layer.
    pub layer: usize,
    /// What it did.
    pub event: PackageEvent,
    /// The version that it brought or ended.
    pub version: &'a str,
    /// The version that was there before an upgrade.
    pub from: Option<&'a str>,
    /// The number of the path of the database that says or said so.
    pub database: usize,
}

/// What a layer did to a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PackageEvent {
    /// It was not installed before.
    Installed,
    /// Another version was installed before, whichever of the two is the newer.
    Upgraded,
    /// It is not installed any more, but its database is there.
    Removed,
    /// It is gone with its whole database.
    Hidden,
}

/// Tells the stories of all packages that were installed after any layer, by identity. What counts as
/// an upgrade and as a removal is as in [`timeline`](crate::timeline()).
pub fn stories<'a>(changes: &[Change<'a>], native: &[&str]) -> Vec<PackageStory<'a>> {
    let mut told: BTreeMap<Identity<'a>, Vec<Turn<'a>>> = BTreeMap::new();
    let mut tracker = Tracker::default();
    for (layer, change) in changes.iter().enumerate() {
        let mut turned = Vec::new();
        tracker.step(layer, change, native, |identity, turn| turned.push((identity, turn)));
        for (identity, turn) in turned {
            told.entry(identity).or_default().extend(turns(layer, &turn, &tracker));
        }
    }
    let story = |(identity, turns): (Identity<'a>, Vec<Turn<'a>>)| {
        let Identity { ecosystem, namespace, name, arch, place } = identity;
        PackageStory { ecosystem, namespace, name, arch, place, turns }
    };
    told.into_iter().map(story).collect()
}

/// Tells one turn. A version that goes while one comes is an upgrade.
fn turns<'a>(layer: usize, turned: &Turned<'a>, tracker: &Tracker<'a>) -> Vec<Turn<'a>> {
    let mut gone = turned.gone.iter();
    let mut turns = Vec::new();
    for new in &turned.come {
        let from = gone.next().map(|old| old.package.version.as_str());
        let event = if from.is_some() { PackageEvent::Upgraded } else { PackageEvent::Installed };
        let (version, database) = (new.package.version.as_str(), new.database.path);
        turns.push(Turn { layer, event, version, from, database });
    }
    turns.extend(gone.map(|old| {
        let database = old.database.path;
        let event = if tracker.has_records(database) {
            PackageEvent::Removed
        } else {
            PackageEvent::Hidden
        };
        Turn { layer, event, version: &old.package.version, from: None, database }
    }));
    turns
}
