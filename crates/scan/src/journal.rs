//! Journals of package managers: files whose records replace those of the databases before them.
//!
//! A package manager that was ended while it worked leaves its journal beside its database, and reads
//! both. Here a journal may lie in a higher layer than the database, and be hidden by one above. What a
//! layer changes costs what its files have records, not what the database has: what comes last is added
//! to what was worked out before. What comes elsewhere has the records of its name looked at anew, as
//! often as all records that were ever told pay for.

mod counting;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use cutaway_analyze::{Change, DatabaseRef, Few, Listed, Package};
use cutaway_tar::len64;

use counting::{Counting, Moved};

/// How often a record may be looked at, on average. dpkg has its journal in one layer, and once or twice
/// will do.
const LOOKS: u64 = 64;
/// What it takes to note a record by its name.
const NOTED: u64 = 400;

/// A record, and what it replaces.
#[derive(Debug, Clone, Copy)]
struct Record<'a> {
    package: &'a Package,
    /// Whether it stands in a journal.
    journal: bool,
}

/// By database, in the order of preference, and by position in it.
type Key = (DatabaseRef, usize);

/// The records of one analyzer's databases and journals, by the name of the package.
#[derive(Debug, Default)]
pub(crate) struct Journal<'a> {
    names: HashMap<&'a str, Records<'a>>,
    /// The names whose records were looked at too often: none of them is replaced since.
    pub(crate) crowded: BTreeSet<&'a str>,
    /// How many records there are.
    count: u64,
    /// How many records were ever told.
    known: u64,
    /// How many times a record was looked at that did not change.
    looks: u64,
    /// How many records were listed as ended or begun.
    listed: u64,
}

/// The records of one name.
#[derive(Debug, Default)]
struct Records<'a> {
    all: Few<Key, Record<'a>>,
    count: u64,
    /// How many of them stand in a journal.
    of_journals: u64,
    /// Those that count, where a journal is among them.
    counting: Option<Box<Counting<'a>>>,
}

/// A database or a file of a journal, with its records.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    pub(crate) database: DatabaseRef,
    pub(crate) journal: bool,
    pub(crate) packages: &'a [Arc<Package>],
}

/// What a layer changed of the records of one name.
#[derive(Debug, Default)]
struct Turn<'a> {
    ended: Vec<(Key, Record<'a>)>,
    begun: Vec<(Key, Record<'a>)>,
}

impl<'a> Journal<'a> {
    /// Adds a file whose records are told already, as they stand.
    pub(crate) fn add(&mut self, source: &Source<'a>) {
        for (name, key, record) in source.records() {
            self.names.entry(name).or_default().put(key, record);
            self.count = self.count.saturating_add(1);
            self.known = self.known.saturating_add(1);
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
        let mut by_name: BTreeMap<&'a str, Turn<'a>> = BTreeMap::new();
        for (name, key, record) in ended.iter().flat_map(Source::records) {
            by_name.entry(name).or_default().ended.push((key, record));
            self.count = self.count.saturating_sub(1);
        }
        for (name, key, record) in begun.iter().flat_map(Source::records) {
            by_name.entry(name).or_default().begun.push((key, record));
            self.count = self.count.saturating_add(1);
            self.known = self.known.saturating_add(1);
        }
        for (name, turn) in by_name {
            let records = self.names.entry(name).or_default();
            if !self.crowded.contains(name) {
                self.looks = self.looks.saturating_add(records.cost(&turn));
                if self.looks > self.known.saturating_mul(LOOKS) {
                    self.crowded.insert(name);
                }
            }
            let moved = records.turn(turn, self.crowded.contains(name));
            // What was replaced, or is there again, may come and go many times.
            self.looks = self.looks.saturating_add(moved.len());
            self.listed = self.listed.saturating_add(moved.len());
            moved.list(change);
            if records.count == 0 {
                self.names.remove(name);
            }
        }
    }

    /// Returns the bytes that are held while files are followed.
    pub(crate) fn noted(&self) -> u64 {
        self.count.saturating_mul(NOTED)
    }

    /// Returns the bytes of all that was listed, beside twice for each record.
    pub(crate) fn listed(&self) -> u64 {
        // A list that grows has room for twice as many.
        let one = len64(size_of::<Listed<'_>>()).saturating_mul(2);
        self.listed.saturating_sub(self.known.saturating_mul(2)).saturating_mul(one)
    }
}

impl<'a> Records<'a> {
    fn put(&mut self, key: Key, record: Record<'a>) {
        self.all.insert(key, record);
        self.count = self.count.saturating_add(1);
        self.of_journals = self.of_journals.saturating_add(u64::from(record.journal));
    }

    fn remove(&mut self, key: &Key) {
        if let Some(record) = self.all.remove(key) {
            self.count = self.count.saturating_sub(1);
            self.of_journals = self.of_journals.saturating_sub(u64::from(record.journal));
        }
    }

    /// Returns whether nothing is replaced, before and after a turn.
    fn is_plain(&self, turn: &Turn<'a>) -> bool {
        self.counting.is_none() && !turn.begun.iter().any(|(_, record)| record.journal)
    }

    /// Returns whether all that is begun comes after what there is, where that was worked out.
    fn goes_on(&self, turn: &Turn<'a>) -> bool {
        let last = self.all.last().map(|(key, _)| *key);
        self.counting.is_some()
            && turn.ended.is_empty()
            && turn.begun.iter().all(|(key, _)| Some(*key) > last)
    }

    /// Returns how many records have to be looked at beside those of the turn.
    fn cost(&self, turn: &Turn<'a>) -> u64 {
        if self.is_plain(turn) || self.goes_on(turn) { 0 } else { self.count }
    }

    /// Returns which records count no more, and which count since. Where it is crowded, all do that say that
    /// a package is there.
    fn turn(&mut self, mut turn: Turn<'a>, crowded: bool) -> Moved<'a> {
        turn.begun.sort_by_key(|(key, _)| *key);
        let goes_on = self.goes_on(&turn) && !crowded;
        let is_plain = self.is_plain(&turn) || (crowded && self.counting.is_none());
        let before = match &self.counting {
            None if !is_plain => Some(Counting::of(self.all.iter(), false)),
            _ => None,
        };
        turn.ended.iter().for_each(|(key, _)| self.remove(key));
        turn.begun.iter().for_each(|(key, record)| self.put(*key, *record));
        if is_plain {
            return Moved::whole(&turn.ended, &turn.begun);
        }
        let mut moved = Moved::default();
        if goes_on && let Some(counting) = &mut self.counting {
            for (key, record) in turn.begun {
                counting.take(key, record, &mut moved);
            }
            return moved;
        }
        let now = Counting::of(self.all.iter(), !crowded);
        let before = self.counting.take().map_or(before.unwrap_or_default(), |it| *it);
        let moved = Moved::between(&before, &now);
        self.counting = (self.of_journals > 0 && !crowded).then(|| Box::new(now));
        moved
    }
}

impl<'a> Source<'a> {
    /// Lists all records.
    pub(crate) fn list(&self, into: &mut Vec<Listed<'a>>) {
        into.extend(self.records().map(|(_, (database, at), record)| Listed {
            package: record.package,
            database,
            at,
        }));
    }

    fn records(&self) -> impl Iterator<Item = (&'a str, Key, Record<'a>)> {
        let Self { database, journal, packages } = *self;
        let records = packages.iter().enumerate();
        records.map(move |(at, package)| {
            (package.name.as_str(), (database, at), Record { package, journal })
        })
    }
}
