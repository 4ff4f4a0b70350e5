//! What package managers say about the files of an image: who owns a path, and what it should hold.

#[cfg(test)]
mod tests;

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
    /// None while nothing is said, as of nearly all files that are read.
    said: Option<Box<Said>>,
    account: Account,
    /// The most that the weight may become; none where there is no limit.
    max: Option<usize>,
}

#[derive(Debug, Clone, Default)]
struct Said {
    owners: Vec<Owner>,
    origins: Vec<Origin>,
    diversions: Vec<Diversion>,
    exclusions: Vec<Exclusion>,
    records: PackedRecords,
    weight: usize,
    /// What all but the records takes.
    beside: usize,
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
        self.said.as_ref().is_some_and(|said| said.is_over)
    }

    /// Returns whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.said.as_ref().is_none_or(|said| {
            said.records.len() == 0
                && said.owners.is_empty()
                && said.origins.is_empty()
                && said.diversions.is_empty()
                && said.exclusions.is_empty()
        })
    }

    /// Returns the number of records.
    pub fn len(&self) -> usize {
        self.said.as_ref().map_or(0, |said| said.records.len())
    }

    /// Returns the bytes of memory that all this takes, about, where each path is whole: so much may
    /// become of it when all files are missing.
    pub fn weight(&self) -> usize {
        self.said.as_ref().map_or(0, |said| said.weight)
    }

    /// Returns the packages that the records are about.
    pub fn owners(&self) -> &[Owner] {
        self.said.as_ref().map(|said| &*said.owners).unwrap_or_default()
    }

    /// Returns what is known of how files came to be that are in no record, or changed after they were recorded.
    pub fn origins(&self) -> &[Origin] {
        self.said.as_ref().map(|said| &*said.origins).unwrap_or_default()
    }

    /// Returns where files lie that a package records elsewhere.
    pub fn diversions(&self) -> &[Diversion] {
        self.said.as_ref().map(|said| &*said.diversions).unwrap_or_default()
    }

    /// Returns which files the package manager is told not to unpack; of those that match the last one counts.
    pub fn exclusions(&self) -> &[Exclusion] {
        self.said.as_ref().map(|said| &*said.exclusions).unwrap_or_default()
    }

    /// Adds a package and returns its position.
    pub fn owner(&mut self, ecosystem: Ecosystem, package: PackageRef, lists: bool) -> u32 {
        let position = u32::try_from(self.owners().len()).unwrap_or(u32::MAX);
        if let Some(said) = self.taking(&[package.len()]) {
            said.owners.push(Owner { ecosystem, package, lists });
        }
        position
    }

    /// Adds how a file may have come to be.
    pub fn originate(&mut self, origin: Origin) {
        if let Some(said) = self.taking(&[origin.path.as_bytes().len(), origin.reason.len()]) {
            said.origins.push(origin);
        }
    }

    /// Adds where a file lies that a package records elsewhere.
    pub fn divert(&mut self, diversion: Diversion) {
        let Diversion { from, to, except } = &diversion;
        let except = except.as_ref().map(String::len).unwrap_or_default();
        if let Some(said) = self.taking(&[from.as_bytes().len(), to.as_bytes().len(), except]) {
            said.diversions.push(diversion);
        }
    }

    /// Adds which files are not unpacked.
    pub fn exclude(&mut self, exclusion: Exclusion) {
        if let Some(said) = self.taking(&[exclusion.pattern.len(), exclusion.setting.len()]) {
            said.exclusions.push(exclusion);
        }
    }

    /// Adds a record.
    pub fn push(&mut self, record: &FileRecord<'_>) {
        let link = record.link.map(<[u8]>::len).unwrap_or_default();
        if let Some(said) = self.weighing(&[record.path.len(), link]) {
            said.records.push(record);
            self.pays();
        }
    }

    /// Shows each record, in order, with the place where [`FileRecords::at`] finds it again.
    pub fn for_each(&self, show: impl FnMut(usize, FileRecord<'_>)) {
        if let Some(said) = &self.said {
            said.records.for_each(show);
        }
    }

    /// Returns the record at a place, without its path.
    pub fn at(&self, place: usize) -> Option<FileRecord<'_>> {
        self.said.as_ref()?.records.at(place)
    }

    /// Returns the records as they are packed.
    pub(crate) fn packed(&self) -> &[u8] {
        self.said.as_ref().map(|said| said.records.as_bytes()).unwrap_or_default()
    }

    /// Returns whether two say the same of files, whatever their limits.
    pub(crate) fn says_the_same(&self, other: &Self) -> bool {
        self.owners() == other.owners()
            && self.origins() == other.origins()
            && self.diversions() == other.diversions()
            && self.exclusions() == other.exclusions()
            && self.is_over() == other.is_over()
            && self.packed() == other.packed()
    }

    /// Gives back the room that is not needed.
    pub fn shrink(&mut self) {
        if let Some(said) = &mut self.said {
            said.records.shrink();
        }
    }

    /// Takes records that were packed before; none where they are none, or go over the limit.
    pub(crate) fn take_packed(&mut self, bytes: &[u8]) -> Option<()> {
        let (records, text) = PackedRecords::from_bytes(bytes, self.owners().len())?;
        if records.len() == 0 {
            return Some(());
        }
        let fixed = records.len().saturating_mul(FIXED).saturating_sub(FIXED);
        self.weighing(&[fixed, text])?.records = records;
        self.pays().then_some(())
    }

    /// Counts something beside the records that holds texts of these lengths; returns where it may be added, if
    /// there is room for it.
    fn taking(&mut self, lengths: &[usize]) -> Option<&mut Said> {
        let said = self.said.get_or_insert_default();
        said.beside = said.beside.saturating_add(one(lengths));
        self.weighing(lengths)?;
        if self.pays() { self.said.as_deref_mut() } else { None }
    }

    /// Counts something that has texts of these lengths; returns where it may be added, if that is within the limit.
    fn weighing(&mut self, lengths: &[usize]) -> Option<&mut Said> {
        let said = self.said.get_or_insert_default();
        if said.is_over {
            return None;
        }
        said.weight = said.weight.saturating_add(one(lengths));
        if self.max.is_some_and(|max| said.weight > max) {
            self.let_go();
            return None;
        }
        self.said.as_deref_mut()
    }

    /// Pays for what is held; returns whether that was there.
    fn pays(&mut self) -> bool {
        let beside = self.said.as_ref().map_or(0, |said| said.beside);
        let held = beside.saturating_add(self.packed().len());
        let paid = self.account.hold(len64(held), 0);
        if !paid {
            self.let_go();
        }
        paid
    }

    fn let_go(&mut self) {
        let over = Said { is_over: true, ..Said::default() };
        *self = Self { max: self.max, said: Some(Box::new(over)), account: Account::default() };
    }
}

/// Returns what something weighs that has texts of these lengths.
fn one(lengths: &[usize]) -> usize {
    lengths.iter().copied().fold(FIXED, usize::saturating_add)
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
