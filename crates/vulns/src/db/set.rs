//! A database: one file, or several of which each has the ecosystems of a group.

use std::io::{Read, Seek};

use cutaway_report::AdvisorySource;
use sha2::{Digest as _, Sha256};

use crate::db::error::DbError;
use crate::db::open::{Counts, Part};
use crate::db::record::{Flaw, Stored};
use crate::db::row::Row;

/// A database of advisories that lies in files.
///
/// Nothing locks them and nothing changes them: any number of readers may have them open, and whoever replaces
/// a file leaves them the old one.
#[derive(Debug)]
pub struct Database {
    digest: String,
    parts: Vec<Numbered>,
}

/// A file, and what stands in those before it: places of advisories and flaws go on from file to file.
#[derive(Debug)]
struct Numbered {
    part: Part,
    advisories: u64,
    flaws: u64,
}

impl Database {
    /// Opens a database in one file: reads its two ends and its directory.
    ///
    /// # Errors
    ///
    /// Returns why it cannot be used.
    pub fn open(input: impl Read + Seek + Send + 'static) -> Result<Self, DbError> {
        let part = Part::open(input)?;
        let digest = part.digest.clone();
        Ok(Self { digest, parts: vec![Numbered { part, advisories: 0, flaws: 0 }] })
    }

    /// Makes one database of several, which have no ecosystem in common.
    ///
    /// # Errors
    ///
    /// Returns that two of them have the same ecosystem.
    pub fn join(databases: Vec<Self>) -> Result<Self, DbError> {
        let mut parts: Vec<Numbered> = databases.into_iter().flat_map(|it| it.parts).collect();
        parts.sort_by(|a, b| a.part.digest.cmp(&b.part.digest));
        let (mut advisories, mut flaws) = (0_u64, 0_u64);
        for it in &mut parts {
            (it.advisories, it.flaws) = (advisories, flaws);
            advisories = advisories.saturating_add(it.part.counts().records);
            flaws = flaws.saturating_add(it.part.flaws());
        }
        let mut known: Vec<&str> = parts
            .iter()
            .flat_map(|it| it.part.sources().map(|(source, _)| source.ecosystem.as_str()))
            .collect();
        known.sort_unstable();
        if known.windows(2).any(|pair| pair.first() == pair.last()) {
            return Err(DbError::Forged("two files have the same ecosystem"));
        }
        let digest = match parts.as_slice() {
            [only] => only.part.digest.clone(),
            parts => {
                let mut hash = Sha256::new();
                parts.iter().for_each(|it| hash.update(it.part.digest.as_bytes()));
                let digits: String =
                    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
                format!("sha256:{digits}")
            }
        };
        Ok(Self { digest, parts })
    }

    /// Returns what it holds, in short: SHA-256 of all between the two ends of its file, as its trailer says, and of
    /// several files that of their digests. Only [`Database::verify`] computes it.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Returns the bytes of its files.
    pub fn length(&self) -> u64 {
        self.parts.iter().fold(0, |sum, it| it.part.length().saturating_add(sum))
    }

    /// Returns what stands in it in all.
    pub fn counts(&self) -> Counts {
        let mut all = Counts::default();
        for it in &self.parts {
            let Counts { records, withdrawn, unread, skipped } = it.part.counts();
            all.records = all.records.saturating_add(records);
            all.withdrawn = all.withdrawn.saturating_add(withdrawn);
            // Each says how many there were in all that it was built of.
            all.unread = all.unread.max(unread);
            all.skipped.add(skipped);
        }
        all
    }

    /// Returns its ecosystems, sorted, each with its rows.
    pub fn sources(&self) -> impl Iterator<Item = (&AdvisorySource, u64)> {
        let mut all: Vec<_> = self.parts.iter().flat_map(|it| it.part.sources()).collect();
        all.sort();
        all.into_iter()
    }

    /// Returns whether it has an ecosystem.
    pub fn has(&self, ecosystem: &str) -> bool {
        self.parts.iter().any(|it| it.part.has(ecosystem))
    }

    /// Returns the rows of a package, in the order of the ids of their advisories. The name is in the form that
    /// [`Ecosystem::name`](crate::Ecosystem::name) gives.
    ///
    /// # Errors
    ///
    /// Returns why it cannot be used.
    pub fn rows(&mut self, ecosystem: &str, package: &str) -> Result<Vec<Row>, DbError> {
        let Some(it) = self.parts.iter_mut().find(|it| it.part.has(ecosystem)) else {
            return Ok(Vec::new());
        };
        let mut rows = it.part.rows(ecosystem, package)?;
        for row in &mut rows {
            row.advisory = row.advisory.saturating_add(it.advisories);
        }
        Ok(rows)
    }

    /// Returns the advisory at the place that a row states.
    ///
    /// # Errors
    ///
    /// Returns why it cannot be used.
    pub fn advisory(&mut self, place: u64) -> Result<Stored, DbError> {
        let it = self.part(|it| it.advisories <= place)?;
        let mut stored = it.part.advisory(place.saturating_sub(it.advisories))?;
        for flaw in &mut stored.flaws {
            *flaw = flaw.saturating_add(it.flaws);
        }
        Ok(stored)
    }

    /// Returns the flaw at the place that an advisory states.
    ///
    /// # Errors
    ///
    /// Returns why it cannot be used.
    pub fn flaw(&mut self, place: u64) -> Result<Flaw, DbError> {
        let it = self.part(|it| it.flaws <= place)?;
        it.part.flaw(place.saturating_sub(it.flaws))
    }

    /// Reads all of it: every checksum, every entry, and the digest.
    ///
    /// # Errors
    ///
    /// Returns what is wrong first.
    pub fn verify(&mut self) -> Result<(), DbError> {
        self.parts.iter_mut().try_for_each(|it| it.part.verify())
    }

    /// Returns the last file of which this is so.
    fn part(&mut self, is_so: impl Fn(&Numbered) -> bool) -> Result<&mut Numbered, DbError> {
        let found = self.parts.iter_mut().rev().find(|it| is_so(it));
        found.ok_or(DbError::Forged("an entry that is not there"))
    }
}
