//! The story of packages from layer to layer: which layer brought each, which one ended it.
//!
//! The only input is what the visible databases said after each layer. An entry of a database says
//! nothing about when it came; comparing the states does.

use std::collections::BTreeMap;

use crate::{Kind, Package};

/// What the visible databases said after one layer was applied.
#[derive(Debug, Clone, Default)]
pub struct State<'a> {
    /// Every record, each with a number that names its database.
    pub records: Vec<(&'a Package, usize)>,
    /// Whether a database or a record could not be read, so that a missing record proves nothing.
    pub incomplete: bool,
}

/// A record of the top state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Present<'a> {
    /// The record.
    pub package: &'a Package,
    /// The number of its database.
    pub database: usize,
    /// The layer that brought the version that is there now.
    pub layer: usize,
}

/// A package that was installed after some layer and is not at the top.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removed<'a> {
    /// The last record in which it was installed.
    pub package: &'a Package,
    /// The number of its database.
    pub database: usize,
    /// The layer that brought that version.
    pub layer: usize,
    /// The layer that ended it.
    pub hidden_by: usize,
}

/// What became of all packages.
#[derive(Debug, Clone, Default)]
pub struct Timeline<'a> {
    /// Every record of the top state, in its order.
    pub present: Vec<Present<'a>>,
    /// Packages that a lower layer had installed and the image has not, by kind, name and architecture.
    pub removed: Vec<Removed<'a>>,
}

/// What makes two records the same package, whatever their version.
type Identity<'a> = (Kind, &'a str, Option<&'a str>);

/// One version of a package that is there.
#[derive(Debug, Clone, Copy)]
struct Version<'a> {
    package: &'a Package,
    database: usize,
    since: usize,
}

/// One package on its way through the layers.
#[derive(Debug, Default)]
struct Story<'a> {
    /// The records of the newest state.
    now: Vec<Version<'a>>,
    /// The records with which it was last installed.
    installed: Vec<Version<'a>>,
    /// The layer since which it is not installed any more.
    ended: Option<usize>,
}

/// Compares the states after each layer, oldest first.
///
/// A package that comes back after it was gone is brought by the layer in which it comes back. An
/// upgrade is no removal. Where a state is incomplete, what it lacks is taken for unchanged.
pub fn timeline<'a>(states: &[State<'a>]) -> Timeline<'a> {
    let mut stories: BTreeMap<Identity<'a>, Story<'a>> = BTreeMap::new();
    for (layer, state) in states.iter().enumerate() {
        let mut records: BTreeMap<Identity<'a>, Vec<(&'a Package, usize)>> = BTreeMap::new();
        for &(package, database) in &state.records {
            records.entry(identity(package)).or_default().push((package, database));
            stories.entry(identity(package)).or_default();
        }
        for (identity, story) in &mut stories {
            match records.get(identity) {
                Some(records) => story.go_on(layer, records),
                None if state.incomplete => {}
                None => story.go_on(layer, &[]),
            }
        }
    }
    let top = states.last().map(|state| state.records.as_slice()).unwrap_or_default();
    let present = top
        .iter()
        .map(|&(package, database)| {
            let now = stories
                .get(&identity(package))
                .map(|story| story.now.as_slice())
                .unwrap_or_default();
            let version = now.iter().find(|version| version.package.version == package.version);
            Present { package, database, layer: version.map_or(0, |version| version.since) }
        })
        .collect();
    Timeline { present, removed: stories.values().flat_map(Story::removed).collect() }
}

impl<'a> Story<'a> {
    /// Takes in what the state after `layer` says of the package.
    fn go_on(&mut self, layer: usize, records: &[(&'a Package, usize)]) {
        let mut before = std::mem::take(&mut self.now);
        let was_installed = before.iter().any(|version| version.package.is_installed());
        for &(package, database) in records {
            let same = before.iter().position(|version| version.package.version == package.version);
            let since = match same.map(|position| before.swap_remove(position)) {
                Some(old) if old.package.is_installed() || !package.is_installed() => old.since,
                _ => layer,
            };
            self.now.push(Version { package, database, since });
        }
        let installed: Vec<_> =
            self.now.iter().copied().filter(|version| version.package.is_installed()).collect();
        if !installed.is_empty() {
            self.installed = installed;
            self.ended = None;
        } else if was_installed {
            self.ended = Some(layer);
        }
    }

    fn removed(&self) -> impl Iterator<Item = Removed<'a>> {
        self.ended.into_iter().flat_map(|hidden_by| {
            self.installed.iter().map(move |&Version { package, database, since }| Removed {
                package,
                database,
                layer: since,
                hidden_by,
            })
        })
    }
}

fn identity(package: &Package) -> Identity<'_> {
    (package.kind, &package.name, package.arch.as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(text: &str) -> Package {
        let mut words = text.split(' ');
        let mut word = || words.next().unwrap_or_default().to_owned();
        let (name, version, state) = (word(), word(), word());
        let state = if state.is_empty() { "installed".into() } else { state };
        Package {
            kind: Kind::Deb,
            name,
            version,
            epoch: None,
            release: None,
            arch: Some("amd64".into()),
            source: None,
            licenses: Vec::new(),
            vendor: None,
            state,
        }
    }

    /// Tells a story: states parted by `|`, records by `,`, `?` for an incomplete state.
    fn tell(text: &str) -> (String, String) {
        let states: Vec<(Vec<Package>, bool)> = text
            .split('|')
            .map(|state| {
                let records = state.split(',').map(|record| record.trim_matches([' ', '?']));
                let records = records.filter(|record| !record.is_empty());
                (records.map(package).collect(), state.contains('?'))
            })
            .collect();
        let states: Vec<State<'_>> = states
            .iter()
            .map(|(records, incomplete)| State {
                records: records.iter().map(|record| (record, 0)).collect(),
                incomplete: *incomplete,
            })
            .collect();
        let told = timeline(&states);
        let present = told
            .present
            .iter()
            .map(|p| format!("{} {}@{}", p.package.name, p.package.version, p.layer));
        let removed = told.removed.iter().map(|r| {
            format!("{} {}@{}-{}", r.package.name, r.package.version, r.layer, r.hidden_by)
        });
        (present.collect::<Vec<_>>().join(","), removed.collect::<Vec<_>>().join(","))
    }

    #[test]
    fn stories() {
        for (text, present, removed) in [
            ("a 1 | a 1 | a 1", "a 1@0", ""),
            ("a 1 | a 2 | a 2", "a 2@1", ""),
            ("a 1 | a 1, b 1", "a 1@0,b 1@1", ""),
            ("a 1, b 1 | a 1", "a 1@0", "b 1@0-1"),
            ("a 1 | | a 1", "a 1@2", ""),
            ("a 1 | a 2 |", "", "a 2@1-2"),
            ("a 1 | a 1 config-files | a 1 config-files", "a 1@0", "a 1@0-1"),
            ("a 1 | a 1 config-files |", "", "a 1@0-1"),
            ("a 1 | a 1 config-files | a 1", "a 1@2", ""),
            ("a 1 config-files | a 1 config-files", "a 1@0", ""),
            ("a 1 | a 1 half-configured | a 1", "a 1@0", ""),
            ("k 1, k 2 | k 2, k 3", "k 2@0,k 3@1", ""),
            ("k 1, k 2 |", "", "k 1@0-1,k 2@0-1"),
            ("a 1, b 1 | a 1 ? | a 1, b 1", "a 1@0,b 1@0", ""),
            ("a 1, b 1 | a 1 ?", "a 1@0", ""),
            ("a 1, b 1 | a 1 ? | a 1", "a 1@0", "b 1@0-2"),
            ("", "", ""),
        ] {
            assert_eq!(tell(text), (present.to_owned(), removed.to_owned()), "{text}");
        }
    }

    #[test]
    fn no_layers() {
        assert!(timeline(&[]).present.is_empty());
    }
}
