//! What each layer did to each package, told in order.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Kind, State};

/// What became of one package, layer by layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageStory<'a> {
    /// The package manager's kind.
    pub kind: Kind,
    /// The name.
    pub name: &'a str,
    /// The architecture, where records have one.
    pub arch: Option<&'a str>,
    /// What happened, oldest first; never nothing.
    pub turns: Vec<Turn<'a>>,
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
    /// The number of the database that says or said so.
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

type Identity<'a> = (Kind, &'a str, Option<&'a str>);
/// The installed versions of a package, each with the number of its database.
type Versions<'a> = BTreeMap<&'a str, usize>;

/// Tells the stories of all packages that were installed after any layer, by kind, name and
/// architecture. Where a state is incomplete, what it lacks is taken for unchanged.
pub fn stories<'a>(states: &[State<'a>]) -> Vec<PackageStory<'a>> {
    let mut told: BTreeMap<Identity<'a>, Vec<Turn<'a>>> = BTreeMap::new();
    let mut before: BTreeMap<Identity<'a>, Versions<'a>> = BTreeMap::new();
    for (layer, state) in states.iter().enumerate() {
        let mut now: BTreeMap<Identity<'a>, Versions<'a>> = BTreeMap::new();
        for &(package, database) in &state.records {
            if package.is_installed() {
                let identity = (package.kind, package.name.as_str(), package.arch.as_deref());
                now.entry(identity).or_default().insert(&package.version, database);
            }
        }
        let databases: BTreeSet<usize> =
            state.records.iter().map(|&(_, database)| database).collect();
        if state.incomplete {
            for (identity, versions) in &before {
                now.entry(*identity).or_insert_with(|| versions.clone());
            }
        }
        let identities: BTreeSet<Identity<'a>> = before.keys().chain(now.keys()).copied().collect();
        let none = Versions::new();
        for identity in identities {
            let (old, new) =
                (before.get(&identity).unwrap_or(&none), now.get(&identity).unwrap_or(&none));
            let turns = turns(layer, old, new, &databases);
            if !turns.is_empty() {
                told.entry(identity).or_default().extend(turns);
            }
        }
        before = now;
    }
    told.into_iter()
        .map(|((kind, name, arch), turns)| PackageStory { kind, name, arch, turns })
        .collect()
}

/// Compares the versions before and after a layer. One that goes while one comes is an upgrade.
fn turns<'a>(
    layer: usize,
    old: &Versions<'a>,
    new: &Versions<'a>,
    databases: &BTreeSet<usize>,
) -> Vec<Turn<'a>> {
    let missing = |from: &Versions<'a>, in_other: &Versions<'a>| -> Vec<(&'a str, usize)> {
        let missing = from.iter().filter(|(version, _)| !in_other.contains_key(**version));
        missing.map(|(version, database)| (*version, *database)).collect()
    };
    let (mut gone, come) = (missing(old, new).into_iter(), missing(new, old));
    let mut turns = Vec::new();
    for (version, database) in come {
        let from = gone.next().map(|(version, _)| version);
        let event = if from.is_some() { PackageEvent::Upgraded } else { PackageEvent::Installed };
        turns.push(Turn { layer, event, version, from, database });
    }
    turns.extend(gone.map(|(version, database)| {
        let event = if databases.contains(&database) {
            PackageEvent::Removed
        } else {
            PackageEvent::Hidden
        };
        Turn { layer, event, version, from: None, database }
    }));
    turns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Package;

    fn package(name: &str, version: &str, state: &str) -> Package {
        Package {
            kind: Kind::Deb,
            name: name.into(),
            version: version.into(),
            epoch: None,
            release: None,
            arch: None,
            source: None,
            licenses: Vec::new(),
            vendor: None,
            state: state.into(),
        }
    }

    /// Tells states parted by `|`, records `name version database [state]` by `,`, `?` for incomplete.
    fn tell(text: &str) -> String {
        let states: Vec<(Vec<(Package, usize)>, bool)> = text
            .split('|')
            .map(|state| {
                let records = state.split(',').map(|record| record.trim_matches([' ', '?']));
                let records = records.filter(|record| !record.is_empty()).map(|record| {
                    let words: Vec<&str> = record.split(' ').collect();
                    let state = words.get(3).copied().unwrap_or("installed");
                    (package(words[0], words[1], state), words[2].parse().unwrap())
                });
                (records.collect(), state.contains('?'))
            })
            .collect();
        let states: Vec<State<'_>> = states
            .iter()
            .map(|(records, incomplete)| State {
                records: records.iter().map(|(package, database)| (package, *database)).collect(),
                incomplete: *incomplete,
            })
            .collect();
        let turn = |turn: &Turn<'_>| {
            let from = turn.from.map_or_else(String::new, |from| format!("<{from}"));
            format!("{}{:?} {}{from}", turn.layer, turn.event, turn.version)
        };
        let stories = stories(&states);
        let stories = stories.iter().map(|story| {
            let turns: Vec<String> = story.turns.iter().map(turn).collect();
            format!("{}: {}", story.name, turns.join(", "))
        });
        stories.collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn tells_what_happened() {
        for (text, told) in [
            ("a 1 0 | a 1 0", "a: 0Installed 1"),
            ("a 1 0 | a 2 0 | a 2 0", "a: 0Installed 1, 1Upgraded 2<1"),
            ("a 1 0, b 1 0 | b 1 0", "a: 0Installed 1, 1Removed 1; b: 0Installed 1"),
            ("a 1 0 | | a 1 0", "a: 0Installed 1, 1Hidden 1, 2Installed 1"),
            ("a 1 0 | a 1 0 config-files", "a: 0Installed 1, 1Removed 1"),
            ("a 1 0 | b 1 1", "a: 0Installed 1, 1Hidden 1; b: 1Installed 1"),
            (
                "k 1 0, k 2 0 | k 2 0, k 3 0, k 4 0",
                "k: 0Installed 1, 0Installed 2, 1Upgraded 3<1, 1Installed 4",
            ),
            ("a 1 0 | ? | a 1 0", "a: 0Installed 1"),
            ("", ""),
        ] {
            assert_eq!(tell(text), told, "{text}");
        }
    }
}
