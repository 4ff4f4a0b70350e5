//! Journals of package managers: files whose records replace those of the databases before them.
//!
//! A package manager that was ended while it worked leaves its journal beside its database, and reads
//! both. Here a journal may lie in a higher layer than the database, and be hidden by one above. What a
//! layer changes costs what its files have records, not what the database has.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use cutaway_analyze::{Change, DatabaseRef, Listed, Package};

/// The records of one name beyond which a journal replaces none of them, which is then said: dpkg's
/// journal has at most 250 (`MAXUPDATES`), and what they cost is to stay in proportion.
pub(crate) const MOST: usize = 512;

/// The records of one analyzer's databases and journals, by the name of the package.
#[derive(Debug, Default)]
pub(crate) struct Journal<'a> {
    names: HashMap<&'a str, Records<'a>>,
    /// The names with so many records that none of them is replaced.
    pub(crate) crowded: BTreeSet<&'a str>,
}

/// By database, in the order of preference, and by position in it.
type Records<'a> = BTreeMap<(DatabaseRef, usize), Record<'a>>;

/// One record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record<'a> {
    package: &'a Package,
    /// Whether it stands in a journal.
    journal: bool,
}

/// A database or a file of a journal, with its records.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    pub(crate) database: DatabaseRef,
    pub(crate) journal: bool,
    pub(crate) packages: &'a [Arc<Package>],
}

impl<'a> Journal<'a> {
    /// Adds a file whose records are told already, as they stand.
    pub(crate) fn add(&mut self, source: &Source<'a>) {
        for (name, key, record) in source.records() {
            self.names.entry(name).or_default().insert(key, record);
        }
    }

    /// Takes in which files a layer ended and which it began, and tells which records count no more and
    /// which count since.
    pub(crate) fn turn(
        &mut self,
        ended: &[Source<'a>],
        begun: &[Source<'a>],
        change: &mut Change<'a>,
    ) {
        let mut by_name: BTreeMap<&'a str, [Records<'a>; 2]> = BTreeMap::new();
        for (at, sources) in [ended, begun].into_iter().enumerate() {
            for (name, key, record) in sources.iter().flat_map(Source::records) {
                if let Some(records) = by_name.entry(name).or_default().get_mut(at) {
                    records.insert(key, record);
                }
            }
        }
        for (name, [ended, begun]) in by_name {
            let records = self.names.entry(name).or_default();
            let before = records.len();
            let after = before.saturating_sub(ended.len()).saturating_add(begun.len());
            // Where nothing is replaced, only what changed is looked at.
            let many = before > MOST && after > MOST;
            change.ended.extend(if many { all(&ended) } else { counting(records) });
            for key in ended.keys() {
                records.remove(key);
            }
            records.extend(&begun);
            change.begun.extend(if many { all(&begun) } else { counting(records) });
            if after > MOST {
                self.crowded.insert(name);
            } else {
                self.crowded.remove(name);
            }
            if after == 0 {
                self.names.remove(name);
            }
        }
    }
}

impl<'a> Source<'a> {
    /// Lists all records.
    pub(crate) fn list(&self, into: &mut Vec<Listed<'a>>) {
        let database = self.database;
        into.extend(self.packages.iter().map(|package| Listed { package, database }));
    }

    fn records(&self) -> impl Iterator<Item = (&'a str, (DatabaseRef, usize), Record<'a>)> {
        let Self { database, journal, packages } = *self;
        let records = packages.iter().enumerate();
        records.map(move |(at, package)| {
            (package.name.as_str(), (database, at), Record { package, journal })
        })
    }
}

impl Record<'_> {
    /// Returns whether the package is gone, as a journal may say.
    fn is_gone(&self) -> bool {
        self.journal && (self.package.version.is_empty() || !self.is_instance())
    }

    fn is_instance(&self) -> bool {
        self.package.state != "not-installed"
    }
}

/// Returns the records of one name that count: those of journals have replaced others.
///
/// Where one instance is installed, it is replaced whatever its architecture, unless it and the new one
/// may be installed beside each other; else the one of the same architecture is. So does dpkg
/// (`parse_find_pkg_slot`).
fn counting<'a>(records: &Records<'a>) -> Vec<Listed<'a>> {
    if records.len() > MOST {
        return all(records);
    }
    let mut counting: Vec<(DatabaseRef, Record<'a>)> = Vec::new();
    for ((database, _), record) in records {
        if record.journal {
            let mut installed = counting.iter().filter(|(_, other)| other.is_instance());
            let single = installed.next().filter(|_| installed.next().is_none());
            let replaces_all = single.is_some_and(|(_, single)| {
                !(single.package.coinstallable && record.package.coinstallable)
            });
            counting.retain(|(_, other)| {
                other.package.arch != record.package.arch && !(replaces_all && other.is_instance())
            });
        }
        if !record.is_gone() {
            counting.push((*database, *record));
        }
    }
    let listed = |(database, record): (DatabaseRef, Record<'a>)| Listed {
        package: record.package,
        database,
    };
    counting.into_iter().map(listed).collect()
}

/// Returns all records that say that a package is there.
fn all<'a>(records: &Records<'a>) -> Vec<Listed<'a>> {
    let there = records.iter().filter(|(_, record)| !record.is_gone());
    there.map(|(&(database, _), record)| Listed { package: record.package, database }).collect()
}
