//! A database is built: records in any order, the file the same for the same records.

mod flaws;
mod held;
mod ready;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use crate::db::code::Writer;
use crate::db::header::sum;
use crate::db::row;
use crate::ecosystem::group;
use crate::osv::{Advisory, RecordError, Skipped};
use crate::{Enrichment, Limits};
use flaws::Flaws;
use held::{Held, Names, RowPlace};
use ready::Ready;

/// Records on their way into a database.
#[derive(Debug)]
pub struct Builder {
    limits: Limits,
    records: BTreeMap<String, Held>,
    /// How many records were taken, replaced ones too.
    serials: u32,
    ecosystems: Names,
    packages: Names,
    rows: Vec<RowPlace>,
    /// The bytes of all rows.
    bytes: Vec<u8>,
    unread: u64,
    enrichment: Enrichment,
}

/// What was built.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Built {
    /// Records, withdrawn ones too.
    pub records: u64,
    /// Records that were taken back.
    pub withdrawn: u64,
    /// Records that could not be read.
    pub unread: u64,
    /// Rows: packages of ecosystems that records name.
    pub rows: u64,
    /// Bytes of the file.
    pub bytes: u64,
    /// What of records was passed over.
    pub skipped: Skipped,
}

impl Builder {
    /// Begins without records.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            records: BTreeMap::new(),
            serials: 0,
            ecosystems: Names::default(),
            packages: Names::default(),
            rows: Vec::new(),
            bytes: Vec::new(),
            unread: 0,
            enrichment: Enrichment::default(),
        }
    }

    /// Takes what others say of flaws; what was taken before is dropped. What Debian's tracker says counts for
    /// records that come afterwards.
    pub fn enrich(&mut self, enrichment: Enrichment) {
        self.enrichment = enrichment;
    }

    /// Takes one record as JSON. Of one id the record counts that was changed last.
    ///
    /// # Errors
    ///
    /// Returns why the record cannot be read, and the limit that all of them meet.
    pub fn add(&mut self, json: &[u8]) -> Result<(), RecordError> {
        let mut advisory = Advisory::read(json, &self.limits)?;
        let mut held = Held::new(&advisory, sum(json));
        if self.records.get(&advisory.id).is_some_and(|known| !held.replaces(known)) {
            return Ok(());
        }
        held.serial = self.serials;
        self.serials = self.serials.saturating_add(1);
        let mut out = Writer::default();
        let mut ecosystems = Vec::new();
        for affected in &mut advisory.affected {
            let ecosystem = self.ecosystems.of(affected.ecosystem.as_str());
            ecosystems.push(ecosystem);
            if advisory.withdrawn {
                continue;
            }
            out.bytes.clear();
            let (name, tracker) = (affected.ecosystem.as_str(), &self.enrichment.tracker);
            if affected.standing.is_none() {
                let said = |cve: &String| tracker.standing(name, &affected.name, cve);
                affected.standing = advisory.covers.iter().find_map(said);
            }
            row::write(affected, &mut out);
            let start = self.bytes.len();
            self.bytes.extend(&out.bytes);
            let package = self.packages.of(&affected.name);
            let length = u32::try_from(out.bytes.len()).unwrap_or(u32::MAX);
            self.rows.push(RowPlace { ecosystem, package, serial: held.serial, length, start });
        }
        if self.bytes.len() > self.limits.total_bytes {
            let limit = self.limits.total_bytes;
            return Err(RecordError::Limit { name: "osv_total_bytes", limit });
        }
        ecosystems.sort_unstable();
        ecosystems.dedup();
        held.ecosystems = ecosystems.into();
        self.records.insert(advisory.id, held);
        Ok(())
    }

    /// Counts something that should have been a record and could not be read.
    pub fn count_unread(&mut self) {
        self.unread = self.unread.saturating_add(1);
    }

    /// Returns how many of them there were.
    pub fn unread(&self) -> u64 {
        self.unread
    }

    /// Returns the names of the ecosystems, sorted.
    pub fn ecosystems(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.ecosystems.all().collect();
        names.sort_unstable();
        names
    }

    /// Writes all of it into one file.
    ///
    /// # Errors
    ///
    /// Returns why it cannot be written.
    pub fn write(self, out: impl Write) -> io::Result<Built> {
        let ready = Ready::new(self);
        let flaws = Flaws::new(&ready.records);
        ready.write(None, &flaws, out)
    }

    /// Writes one file for each group of ecosystems, such as all releases of Debian: `out` is asked for the file
    /// of each, and is handed it with what was built.
    ///
    /// # Errors
    ///
    /// Returns why one of them cannot be written.
    pub fn write_groups<W: Write>(
        self,
        mut open: impl FnMut(&str) -> io::Result<W>,
    ) -> io::Result<Vec<Built>> {
        let ready = Ready::new(self);
        let flaws = Flaws::new(&ready.records);
        let groups: BTreeSet<&str> = ready.ecosystems.all().map(group).collect();
        let written = groups.into_iter().map(|group| {
            let out = open(group)?;
            ready.write(Some(group), &flaws, out)
        });
        written.collect()
    }
}
