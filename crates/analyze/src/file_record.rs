//! What package managers say about the files of an image: who owns a path, and what it should hold.
//!
//! A large image has some hundred thousand of these records, so that [`FileRecords`] keeps them in
//! one byte string, each path without what it shares with the one before it.

use std::fmt;
use std::sync::Arc;

use cutaway_layerfs::EntryPath;

use crate::Kind;

/// What anything weighs beside its texts, in bytes.
const FIXED: usize = 64;

/// What one file of a package manager says about files.
///
/// It may have a limit, since a small file can say much: each name in a long directory, each path with
/// the reason for it. What would go over it is not taken in, and all that was there is let go of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileRecords {
    owners: Vec<Owner>,
    origins: Vec<Origin>,
    diversions: Vec<Diversion>,
    exclusions: Vec<Exclusion>,
    bytes: Vec<u8>,
    last: Vec<u8>,
    count: usize,
    weight: usize,
    /// The most that `weight` may become; none where there is no limit.
    max: Option<usize>,
    is_over: bool,
}

/// A package, as the file that names its files knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The package manager's kind.
    pub kind: Kind,
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
    /// The packages that it is about.
    pub kind: Kind,
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
    pub role: Role,
    /// What its content is.
    pub digest: Option<ContentDigest>,
    /// The target of a symbolic link.
    pub link: Option<&'a [u8]>,
    /// What else is said of it.
    pub traits: Traits,
}

/// What is said to be at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
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

/// The digest of a file's content, or of a link's target, as a package manager records it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContentDigest {
    /// MD5.
    Md5([u8; 16]),
    /// SHA-1.
    Sha1([u8; 20]),
    /// SHA-256.
    Sha256([u8; 32]),
    /// The first 160 bits of SHA-256.
    Sha256Start([u8; 20]),
}

impl FileRecords {
    /// Makes records that weigh at most `max`, as [`FileRecords::weight`] counts it.
    pub fn within(max: usize) -> Self {
        Self { max: Some(max), ..Self::default() }
    }

    /// Returns whether there was more than the limit allows, so that nothing is kept.
    pub fn is_over(&self) -> bool {
        self.is_over
    }

    /// Returns whether nothing is said.
    pub fn is_empty(&self) -> bool {
        self.count == 0
            && self.owners.is_empty()
            && self.origins.is_empty()
            && self.diversions.is_empty()
            && self.exclusions.is_empty()
    }

    /// Returns the number of records.
    pub fn len(&self) -> usize {
        self.count
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
    pub fn owner(&mut self, kind: Kind, package: PackageRef, lists: bool) -> u32 {
        let position = u32::try_from(self.owners.len()).unwrap_or(u32::MAX);
        if self.takes(&[package.len()]) {
            self.owners.push(Owner { kind, package, lists });
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
        if !self.takes(&[record.path.len(), link]) {
            return;
        }
        let Traits { config, optional, volatile, supplement } = record.traits;
        let (digest, link) = (record.digest.is_some(), record.link.is_some());
        let flags = [config, optional, volatile, supplement, digest, link];
        let flags = flags.iter().fold(0, |bits, &flag| (bits << 1) | u64::from(flag));
        let role = ROLES.iter().position(|&role| role == record.role).unwrap_or(0);
        put(&mut self.bytes, u64::from(record.owner));
        put(&mut self.bytes, (flags << 3) | u64::try_from(role).unwrap_or(0));
        let alike = self.last.iter().zip(record.path).take_while(|(a, b)| a == b).count();
        let rest = record.path.get(alike..).unwrap_or_default();
        put(&mut self.bytes, u64::try_from(alike).unwrap_or(u64::MAX));
        put_bytes(&mut self.bytes, rest);
        self.last.truncate(alike);
        self.last.extend_from_slice(rest);
        if let Some(digest) = record.digest {
            self.bytes.push(digest.tag());
            self.bytes.extend_from_slice(digest.bytes());
        }
        if let Some(link) = record.link {
            put_bytes(&mut self.bytes, link);
        }
        self.count = self.count.saturating_add(1);
    }

    /// Shows each record, in order, with the place where [`FileRecords::at`] finds it again.
    pub fn for_each(&self, mut show: impl FnMut(usize, FileRecord<'_>)) {
        let mut rest = self.bytes.as_slice();
        let mut path = Vec::new();
        while !rest.is_empty() {
            let place = self.bytes.len().saturating_sub(rest.len());
            let Some(record) = read(&mut rest, Some(&mut path)) else { return };
            show(place, FileRecord { path: &path, ..record });
        }
    }

    /// Returns the record at a place, without its path.
    pub fn at(&self, place: usize) -> Option<FileRecord<'_>> {
        read(&mut self.bytes.get(place..)?, None)
    }

    /// Gives back the room that is not needed.
    pub fn shrink(&mut self) {
        self.last = Vec::new();
        self.bytes.shrink_to_fit();
    }

    /// Counts something that holds texts of these lengths; returns whether there is room for it.
    fn takes(&mut self, lengths: &[usize]) -> bool {
        if self.is_over {
            return false;
        }
        let one = lengths.iter().copied().fold(FIXED, usize::saturating_add);
        let weight = self.weight.saturating_add(one);
        if self.max.is_some_and(|max| weight > max) {
            *self = Self { max: self.max, is_over: true, ..Self::default() };
            return false;
        }
        self.weight = weight;
        true
    }
}

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

impl ContentDigest {
    /// Reads a digest of this many hexadecimal digits: MD5, SHA-1 or SHA-256.
    pub fn from_hex(text: &[u8]) -> Option<Self> {
        match text.len() {
            32 => hex(text).map(Self::Md5),
            40 => hex(text).map(Self::Sha1),
            64 => hex(text).map(Self::Sha256),
            _ => None,
        }
    }

    /// Returns the name of the algorithm.
    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::Md5(_) => "md5",
            Self::Sha1(_) => "sha1",
            Self::Sha256(_) => "sha256",
            Self::Sha256Start(_) => "sha256-160",
        }
    }

    /// Returns the bytes.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Md5(bytes) => bytes,
            Self::Sha1(bytes) | Self::Sha256Start(bytes) => bytes,
            Self::Sha256(bytes) => bytes,
        }
    }

    fn tag(self) -> u8 {
        match self {
            Self::Md5(_) => 0,
            Self::Sha1(_) => 1,
            Self::Sha256(_) => 2,
            Self::Sha256Start(_) => 3,
        }
    }

    fn read(rest: &mut &[u8]) -> Option<Self> {
        match take(rest, 1)?.first()? {
            0 => array(rest).map(Self::Md5),
            1 => array(rest).map(Self::Sha1),
            2 => array(rest).map(Self::Sha256),
            _ => array(rest).map(Self::Sha256Start),
        }
    }
}

/// Prints `algorithm:hex`.
impl fmt::Display for ContentDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.algorithm())?;
        self.bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

const ROLES: [Role; 6] =
    [Role::Any, Role::Directory, Role::File, Role::FileOrLink, Role::Link, Role::Special];

fn read<'a>(rest: &mut &'a [u8], path: Option<&mut Vec<u8>>) -> Option<FileRecord<'a>> {
    let owner = u32::try_from(get(rest)?).ok()?;
    let flags = get(rest)?;
    let alike = usize::try_from(get(rest)?).ok()?;
    let own = get_bytes(rest)?;
    if let Some(path) = path {
        path.truncate(alike);
        path.extend_from_slice(own);
    }
    let flag = |position: u32| flags.checked_shr(position.saturating_add(3)).unwrap_or(0) & 1 == 1;
    let digest = if flag(1) { Some(ContentDigest::read(rest)?) } else { None };
    let link = if flag(0) { Some(get_bytes(rest)?) } else { None };
    let role = *ROLES.get(usize::try_from(flags & 7).ok()?)?;
    let traits =
        Traits { config: flag(5), optional: flag(4), volatile: flag(3), supplement: flag(2) };
    Some(FileRecord { owner, path: &[], role, digest, link, traits })
}

fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(u8::try_from(number & 0x7f).unwrap_or(0) | 0x80);
        number >>= 7;
    }
    out.push(u8::try_from(number).unwrap_or(0));
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put(out, u64::try_from(bytes.len()).unwrap_or(u64::MAX));
    out.extend_from_slice(bytes);
}

fn get(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    let mut shift = 0_u32;
    loop {
        let byte = *take(rest, 1)?.first()?;
        number |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
        shift = shift.saturating_add(7);
    }
}

fn get_bytes<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let len = usize::try_from(get(rest)?).ok()?;
    take(rest, len)
}

fn take<'a>(rest: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(len)?;
    *rest = left;
    Some(taken)
}

fn array<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    take(rest, N)?.first_chunk().copied()
}

fn hex<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut bytes = [0; N];
    let mut pairs = text.chunks_exact(2);
    for byte in &mut bytes {
        let &[high, low] = pairs.next()? else { return None };
        *byte = (digit(high)? << 4) | digit(low)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Made = (u32, Vec<u8>, usize, Option<Vec<u8>>, Option<Vec<u8>>, [bool; 4]);

    fn digest(bytes: &[u8]) -> ContentDigest {
        let fill = bytes.first().copied().unwrap_or_default();
        match bytes.len() % 4 {
            0 => ContentDigest::Md5([fill; 16]),
            1 => ContentDigest::Sha1([fill; 20]),
            2 => ContentDigest::Sha256([fill; 32]),
            _ => ContentDigest::Sha256Start([fill; 20]),
        }
    }

    fn record(made: &Made) -> FileRecord<'_> {
        let (owner, path, role, sum, link, [config, optional, volatile, supplement]) = made;
        FileRecord {
            owner: *owner,
            path,
            role: ROLES[*role],
            digest: sum.as_deref().map(digest),
            link: link.as_deref(),
            traits: Traits {
                config: *config,
                optional: *optional,
                volatile: *volatile,
                supplement: *supplement,
            },
        }
    }

    /// What goes over the limit is gone whole, and stays so whatever comes after it.
    #[test]
    fn nothing_is_kept_over_the_limit() {
        let path = vec![b'a'; 1000];
        let made = (0, path.clone(), 2, None, None, [false; 4]);
        let push = |records: &mut FileRecords| records.push(&record(&made));
        let origin = || Origin {
            path: EntryPath::clean(&path).unwrap(),
            owner: None,
            link: false,
            reason: "x".repeat(1000).into(),
        };
        let mut records = FileRecords::within(4 * 1064);
        (0..4).for_each(|_| push(&mut records));
        assert_eq!((records.len(), records.weight(), records.is_over()), (4, 4 * 1064, false));
        push(&mut records);
        assert!(records.is_over() && records.is_empty() && records.weight() == 0);
        push(&mut records);
        records.originate(origin());
        records.owner(Kind::Deb, PackageRef::Database(origin().path), true);
        assert!(records.is_over() && records.is_empty() && records.owners().is_empty());
        let mut records = FileRecords::within(4 * 1064);
        records.originate(origin());
        assert_eq!(records.weight(), 2064);
        records.originate(origin());
        records.originate(origin());
        assert!(records.is_over() && records.origins().is_empty());
    }

    proptest! {
        #[test]
        fn records_come_back(all in proptest::collection::vec(
            (
                any::<u32>(),
                proptest::collection::vec(b'a'..b'd', 0..300),
                0_usize..6,
                proptest::option::of(proptest::collection::vec(any::<u8>(), 1..5)),
                proptest::option::of(proptest::collection::vec(any::<u8>(), 0..5)),
                any::<[bool; 4]>(),
            ),
            0..20,
        )) {
            let mut records = FileRecords::default();
            for made in &all {
                records.push(&record(made));
            }
            records.shrink();
            prop_assert_eq!(records.len(), all.len());
            let mut next = all.iter();
            records.for_each(|place, found| {
                let expected = record(next.next().unwrap());
                assert_eq!(found, expected);
                assert_eq!(records.at(place), Some(FileRecord { path: &[], ..expected }));
            });
            prop_assert!(next.next().is_none());
        }
    }

    #[test]
    fn digests() {
        let md5 = "d41d8cd98f00b204e9800998ecf8427e";
        let digest = ContentDigest::from_hex(md5.as_bytes()).unwrap();
        assert_eq!(digest.to_string(), format!("md5:{md5}"));
        for wrong in [
            "",
            "d4",
            &md5.replace('d', "x"),
            "0123456789abcdef0123456789abcde",
            &format!("{md5}00"),
        ] {
            assert_eq!(ContentDigest::from_hex(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn records_are_small() {
        let mut records = FileRecords::default();
        let owner = records.owner(
            Kind::Rpm,
            PackageRef::Named { name: "kernel-headers".into(), arch: None },
            true,
        );
        for number in 0..10_000 {
            let path = format!("usr/include/linux/netfilter/header_{number:05}.h");
            records.push(&FileRecord {
                owner,
                path: path.as_bytes(),
                role: Role::File,
                digest: Some(ContentDigest::Sha256([1; 32])),
                link: None,
                traits: Traits::default(),
            });
        }
        records.shrink();
        assert!(records.bytes.len() < 10_000 * 50, "{}", records.bytes.len());
    }
}
