//! What package managers say about the files of an image: who owns a path, and what it should hold.

use std::sync::Arc;

use cutaway_layerfs::{Account, EntryPath};
use cutaway_tar::len64;

use crate::packed_records::PackedRecords;
use crate::{ContentDigest, Ecosystem};

/// What anything weighs beside its texts, in bytes.
const FIXED: usize = 64;

/// What one file of a package manager says about files.
///
/// It may have a limit, since a small file can say much: each name in a long directory, each path with
/// the reason for it. What would go over it is not taken in, and all that was there is let go of. So it is
/// where the budget of the run cannot pay what is held.
#[derive(Debug, Clone, Default)]
pub struct FileRecords {
    owners: Vec<Owner>,
    origins: Vec<Origin>,
    diversions: Vec<Diversion>,
    exclusions: Vec<Exclusion>,
    pub(crate) records: PackedRecords,
    weight: usize,
    /// What all but the records takes.
    beside: usize,
    account: Account,
    /// The most that `weight` may become; none where there is no limit.
    max: Option<usize>,
    is_over: bool,
}

/// A package, as the file that names its files knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// Whose package it is.
    pub ecosystem: Ecosystem,
    /// Which package it is.
    pub package: PackageRef,
    /// Whether the records are the list of the package's files, without which nothing is known of them.
    pub lists: bool,
}

/// How records name their package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PackageRef {
    /// By its name, and its architecture where that tells several apart.
    Named {
        /// The name.
        name: String,
        /// The architecture.
        arch: Option<String>,
    },
    /// As the one whose record is in this database, which lies beside.
    Database(EntryPath),
}

/// How a file may have come to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The path.
    pub path: EntryPath,
    /// The position of the package that is behind it; an origin counts only while that is installed.
    pub owner: Option<u32>,
    /// Whether it is a link that a program made there; else it is a path that a script names.
    pub link: bool,
    /// What is behind it, in a few words.
    pub reason: Arc<str>,
}

/// A path whose file lies elsewhere, unless it is that of one package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diversion {
    /// The path that packages record.
    pub from: EntryPath,
    /// Where the file lies.
    pub to: EntryPath,
    /// The package whose own file stays where it is recorded.
    pub except: Option<String>,
}

/// Paths that a package manager is told to leave out, or to unpack after all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclusion {
    /// A pattern as fnmatch takes it, without the leading slash; `*` crosses directories.
    pub pattern: String,
    /// Whether what matches is left out.
    pub excluded: bool,
    /// Whose packages it is about.
    pub ecosystem: Ecosystem,
    /// The setting as it stands.
    pub setting: String,
}

/// What a package says about one path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileRecord<'a> {
    /// The position of its package.
    pub owner: u32,
    /// The path, in the normal form of [`EntryPath`].
    pub path: &'a [u8],
    /// What is at the path.
    pub role: FileRole,
    /// What its content is.
    pub digest: Option<ContentDigest>,
    /// The target of a symbolic link.
    pub link: Option<&'a [u8]>,
    /// What else is said of it.
    pub traits: Traits,
}

/// What is said to be at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileRole {
    /// The record does not say.
    Any,
    /// A directory.
    Directory,
    /// A regular file.
    File,
    /// A regular file, or a symbolic link whose target the digest is of.
    FileOrLink,
    /// A symbolic link.
    Link,
    /// A device, pipe or socket.
    Special,
}

/// What else is said of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traits {
    /// It is a configuration file, which people may change.
    pub config: bool,
    /// It may be missing.
    pub optional: bool,
    /// Its package expects it to change.
    pub volatile: bool,
    /// The record does not make the package own the path: it counts only where another one does.
    pub supplement: bool,
}

impl FileRecords {
    /// Makes records that weigh at most `max`, as [`FileRecords::weight`] counts it, and are paid from
    /// `account` as they are held: packed.
    pub(crate) fn within(max: usize, account: Account) -> Self {
        Self { max: Some(max), account, ..Self::default() }
    }

    /// Returns whether there was more than the limit allows, so that nothing is kept.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Returns whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.records.len() == 0
            && self.owners.is_empty()
            && self.origins.is_empty()
            && self.diversions.is_empty()
            && self.exclusions.is_empty()
    }

    /// Returns the number of records.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Returns the bytes of memory that all this takes, about, where each path is whole: so much may
    /// become of it when all files are missing.
    pub fn weight(&self) -> usize {
        self.weight
    }

    /// Returns the packages that the records are about.
    pub fn owners(&self) -> &[Owner] {
        &self.owners
    }

    /// Returns what is known of how files came to be that are in no record, or changed after they were recorded.
    pub fn origins(&self) -> &[Origin] {
        &self.origins
    }

    /// Returns where files lie that a package records elsewhere.
    pub fn diversions(&self) -> &[Diversion] {
        &self.diversions
    }

    /// Returns which files the package manager is told not to unpack; of those that match the last one counts.
    pub fn exclusions(&self) -> &[Exclusion] {
        &self.exclusions
    }

    /// Adds a package and returns its position.
    pub fn owner(&mut self, ecosystem: Ecosystem, package: PackageRef, lists: bool) -> u32 {
        let position = u32::try_from(self.owners.len()).unwrap_or(u32::MAX);
        if self.takes(&[package.len()]) {
            self.owners.push(Owner { ecosystem, package, lists });
        }
        position
    }

    /// Adds how a file may have come to be.
    pub fn originate(&mut self, origin: Origin) {
        if self.takes(&[origin.path.as_bytes().len(), origin.reason.len()]) {
            self.origins.push(origin);
        }
    }

    /// Adds where a file lies that a package records elsewhere.
    pub fn divert(&mut self, diversion: Diversion) {
        let Diversion { from, to, except } = &diversion;
        let except = except.as_ref().map(String::len).unwrap_or_default();
        if self.takes(&[from.as_bytes().len(), to.as_bytes().len(), except]) {
            self.diversions.push(diversion);
        }
    }

    /// Adds which files are not unpacked.
    pub fn exclude(&mut self, exclusion: Exclusion) {
        if self.takes(&[exclusion.pattern.len(), exclusion.setting.len()]) {
            self.exclusions.push(exclusion);
        }
    }

    /// Adds a record.
    pub fn push(&mut self, record: &FileRecord<'_>) {
        let link = record.link.map(<[u8]>::len).unwrap_or_default();
        if self.weighs(&[record.path.len(), link]) {
            self.records.push(record);
            self.pays();
        }
    }

    /// Shows each record, in order, with the place where [`FileRecords::at`] finds it again.
    pub fn for_each(&self, show: impl FnMut(usize, FileRecord<'_>)) {
        self.records.for_each(show);
    }

    /// Returns the record at a place, without its path.
    pub fn at(&self, place: usize) -> Option<FileRecord<'_>> {
        self.records.at(place)
    }

    /// Returns whether two say the same of files, whatever their limits.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        self.owners == other.owners
            && self.origins == other.origins
            && self.diversions == other.diversions
            && self.exclusions == other.exclusions
            && self.is_over == other.is_over
            && self.records.says_the_same(&other.records)
    }

    /// Gives back the room that is not needed.
    pub fn shrink(&mut self) {
        self.records.shrink();
    }

    /// Takes records that were packed before; none where they are none, or go over the limit.
    pub(crate) fn take_packed(&mut self, bytes: &[u8]) -> Option<()> {
        let (records, text) = PackedRecords::from_bytes(bytes, self.owners.len())?;
        let fixed = records.len().saturating_mul(FIXED).saturating_sub(FIXED);
        if !self.weighs(&[fixed, text]) {
            return None;
        }
        self.records = records;
        self.pays().then_some(())
    }

    /// Counts something beside the records that holds texts of these lengths; returns whether there is room
    /// for it.
    fn takes(&mut self, lengths: &[usize]) -> bool {
        let one = lengths.iter().copied().fold(FIXED, usize::saturating_add);
        self.beside = self.beside.saturating_add(one);
        self.weighs(lengths) && self.pays()
    }

    /// Counts something that has texts of these lengths; returns whether it is within the limit.
    fn weighs(&mut self, lengths: &[usize]) -> bool {
        if self.is_over {
            return false;
        }
        let one = lengths.iter().copied().fold(FIXED, usize::saturating_add);
        self.weight = self.weight.saturating_add(one);
        let within = self.max.is_none_or(|max| self.weight <= max);
        if !within {
            self.let_go();
        }
        within
    }

    /// Pays for what is held; returns whether that was there.
    fn pays(&mut self) -> bool {
        let held = self.beside.saturating_add(self.records.as_bytes().len());
        let paid = self.account.hold(len64(held), 0);
        if !paid {
            self.let_go();
        }
        paid
    }

    fn let_go(&mut self) {
        *self = Self { max: self.max, is_over: true, ..Self::default() };
    }
}

impl PartialEq for FileRecords {
    fn eq(&self, other: &Self) -> bool {
        self.says_the_same(other)
    }
}

impl Eq for FileRecords {}

impl PackageRef {
    fn len(&self) -> usize {
        match self {
            Self::Named { name, arch } => {
                name.len().saturating_add(arch.as_ref().map(String::len).unwrap_or_default())
            }
            Self::Database(path) => path.as_bytes().len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use cutaway_layerfs::Budget;

    use super::*;

    /// What goes over the limit is gone whole, and stays so whatever comes after it.
    #[test]
    fn nothing_is_kept_over_the_limit() {
        let path = vec![b'a'; 1000];
        let record = FileRecord {
            owner: 0,
            path: &path,
            role: FileRole::File,
            digest: None,
            link: None,
            traits: Traits::default(),
        };
        let origin = || Origin {
            path: EntryPath::clean(&path).unwrap(),
            owner: None,
            link: false,
            reason: "x".repeat(1000).into(),
        };
        let mut records = FileRecords::within(4 * 1064, Account::default());
        (0..4).for_each(|_| records.push(&record));
        assert_eq!((records.len(), records.weight(), records.is_over()), (4, 4 * 1064, false));
        records.push(&record);
        assert!(records.is_over() && records.is_empty() && records.weight() == 0);
        records.push(&record);
        records.originate(origin());
        records.owner(Ecosystem::DEB, PackageRef::Database(origin().path), true);
        assert!(records.is_over() && records.is_empty() && records.owners().is_empty());
        let mut records = FileRecords::within(4 * 1064, Account::default());
        records.originate(origin());
        assert_eq!(records.weight(), 2064);
        records.originate(origin());
        records.originate(origin());
        assert!(records.is_over() && records.origins().is_empty());
    }

    /// What is held is paid as it is held: a path that is like the one before takes next to nothing.
    #[test]
    fn what_is_held_is_paid() {
        let budget = Budget::new(64 << 10);
        let mut records = FileRecords::within(usize::MAX, budget.account());
        let push = |records: &mut FileRecords, path: &[u8]| {
            let (role, traits) = (FileRole::File, Traits::default());
            records.push(&FileRecord { owner: 0, path, role, digest: None, link: None, traits });
        };
        let [one, other] = [b'a', b'b'].map(|letter| vec![letter; 1000]);
        (0..1000).for_each(|_| push(&mut records, &one));
        assert!((records.len(), records.is_over()) == (1000, false) && !budget.is_overspent());
        (0..50).for_each(|n| push(&mut records, if n % 2 == 0 { &other } else { &one }));
        assert!(!records.is_over() && records.weight() > 1_000_000);
        (0..50).for_each(|n| push(&mut records, if n % 2 == 0 { &other } else { &one }));
        assert!(records.is_over() && records.is_empty() && budget.is_overspent());
        assert!(budget.account().pay(64 << 10), "what was taken is given back");
    }
}
