//! A database is built: records in any order, the file the same for the same records.

mod flaws;
mod held;

use std::collections::BTreeMap;
use std::io::{self, Write};

use cutaway_report::Tenths;

use crate::db::code::Writer;
use crate::db::header::sum;
use crate::db::spool::{Entries, Spool};
use crate::db::{record, row};
use crate::osv::{Advisory, RecordError, Skipped};
use crate::{Enrichment, Limits};
use flaws::Flaws;
use held::{Held, Names, RowPlace, Time};

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

/// What the directory says of an ecosystem.
#[derive(Default)]
struct Source {
    records: u64,
    newest: Option<Time>,
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

    /// Takes what others say of flaws; what was taken before is dropped.
    pub fn enrich(&mut self, enrichment: Enrichment) {
        self.enrichment = enrichment;
    }

    /// Takes one record as JSON. Of one id the record counts that was changed last.
    ///
    /// # Errors
    ///
    /// Returns why the record cannot be read, and the limit that all of them meet.
    pub fn add(&mut self, json: &[u8]) -> Result<(), RecordError> {
        let advisory = Advisory::read(json, &self.limits)?;
        let mut held = Held::new(&advisory, sum(json));
        if self.records.get(&advisory.id).is_some_and(|known| !held.replaces(known)) {
            return Ok(());
        }
        held.serial = self.serials;
        self.serials = self.serials.saturating_add(1);
        let mut out = Writer::default();
        for affected in &advisory.affected {
            let ecosystem = self.ecosystems.of(affected.ecosystem.as_str());
            held.ecosystems.push(ecosystem);
            if advisory.withdrawn {
                continue;
            }
            out.bytes.clear();
            row::write(affected, &mut out);
            let start = self.bytes.len();
            self.bytes.extend(&out.bytes);
            let package = self.packages.of(&affected.name);
            let length = self.bytes.len().saturating_sub(start);
            self.rows.push(RowPlace { ecosystem, package, serial: held.serial, start, length });
        }
        if self.bytes.len() > self.limits.total_bytes {
            let limit = self.limits.total_bytes;
            return Err(RecordError::Limit { name: "osv_total_bytes", limit });
        }
        held.ecosystems.sort_unstable();
        held.ecosystems.dedup();
        self.records.insert(advisory.id, held);
        Ok(())
    }

    /// Counts something that should have been a record and could not be read.
    pub fn count_unread(&mut self) {
        self.unread = self.unread.saturating_add(1);
    }

    /// Returns the names of the ecosystems, sorted.
    pub fn ecosystems(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.ecosystems.all().collect();
        names.sort_unstable();
        names
    }

    /// Writes the file.
    ///
    /// # Errors
    ///
    /// Returns why it cannot be written.
    pub fn write(mut self, out: impl Write) -> io::Result<Built> {
        let mut spool = Spool::new(out)?;
        let flaws = Flaws::new(&self.records);
        let advisories = self.write_advisories(&flaws, &mut spool)?;
        let flaws = flaws.write(&self.enrichment, &mut spool)?;

        let mut ordinals = vec![None; usize::try_from(self.serials).unwrap_or(usize::MAX)];
        let mut built = Built {
            records: 0,
            withdrawn: 0,
            unread: self.unread,
            rows: 0,
            bytes: 0,
            skipped: Skipped::default(),
        };
        let mut sources: Vec<Source> = Vec::new();
        sources.resize_with(self.ecosystems.all().count(), Source::default);
        for held in self.records.values() {
            let place = usize::try_from(held.serial).ok().and_then(|at| ordinals.get_mut(at));
            if let Some(place) = place {
                *place = Some(built.records);
            }
            built.records = built.records.saturating_add(1);
            built.withdrawn = built.withdrawn.saturating_add(u64::from(held.withdrawn));
            built.skipped.add(held.skipped);
            for ecosystem in &held.ecosystems {
                let Some(source) = sources.get_mut(ecosystem.at()) else { continue };
                source.records = source.records.saturating_add(1);
                source.newest = source.newest.take().max(held.modified.clone());
            }
        }

        let mut directory = Writer::default();
        for count in [built.records, built.withdrawn, built.unread] {
            directory.number(count);
        }
        for count in built.skipped.counts() {
            directory.number(count);
        }
        directory.text(self.enrichment.scored.as_deref().unwrap_or_default());
        advisories.write(&mut directory);
        flaws.write(&mut directory);
        let rows = self.sorted_rows(&ordinals);
        let mut rows = rows.as_slice();
        directory.count(sources.len());
        let mut order: Vec<(usize, &str)> = self.ecosystems.all().enumerate().collect();
        order.sort_unstable_by_key(|(_, name)| *name);
        for (at, name) in order {
            let length =
                rows.partition_point(|(row, _)| self.ecosystems.name(row.ecosystem) <= name);
            let (own, rest) = rows.split_at_checked(length).unwrap_or_default();
            rows = rest;
            let table = self.write_rows(own, &mut spool)?;
            let source = sources.get(at);
            let newest = source.and_then(|it| it.newest.as_ref()).map_or("", Time::text);
            let own = u64::try_from(own.len()).unwrap_or(u64::MAX);
            built.rows = built.rows.saturating_add(own);
            directory.text(name);
            directory.number(source.map_or(0, |it| it.records));
            directory.text(newest);
            directory.number(own);
            table.write(&mut directory);
        }
        let directory = spool.write(&directory.bytes)?;
        built.bytes = spool.finish(directory)?;
        Ok(built)
    }

    fn write_advisories<W: Write>(
        &self,
        flaws: &Flaws<'_>,
        spool: &mut Spool<W>,
    ) -> io::Result<crate::db::index::Table> {
        let mut entries = Entries::default();
        for (id, held) in &self.records {
            let mut out = Writer::default();
            let modules = !held.modules.is_empty();
            out.byte(record::flags(held.severity, held.withdrawn, held.score.is_some(), modules));
            out.number(held.modified.as_ref().map_or(0, |it| it.seconds().saturating_add(1)));
            if let Some(Tenths(score)) = held.score {
                out.byte(score);
            }
            if modules {
                out.texts(&held.modules);
            }
            let flaws = flaws.of(id, held);
            out.count(flaws.len());
            flaws.into_iter().for_each(|flaw| out.number(flaw));
            entries.push(id, &out.bytes, spool)?;
        }
        entries.finish(spool)
    }

    /// Returns the rows of records that were not replaced, sorted, each with the place of its record.
    fn sorted_rows(&mut self, ordinals: &[Option<u64>]) -> Vec<(RowPlace, u64)> {
        let rows = std::mem::take(&mut self.rows).into_iter();
        let mut rows: Vec<(RowPlace, u64)> = rows
            .filter_map(|row| {
                let at = usize::try_from(row.serial).ok()?;
                Some((row, (*ordinals.get(at)?)?))
            })
            .collect();
        let (ecosystems, packages) = (self.ecosystems.ranks(), self.packages.ranks());
        let rank = |ranks: &[u32], name: held::Name| ranks.get(name.at()).copied();
        rows.sort_unstable_by_key(|(row, ordinal)| {
            let ecosystem = rank(&ecosystems, row.ecosystem);
            (ecosystem, rank(&packages, row.package), *ordinal, row.start)
        });
        rows
    }

    /// Writes the rows of one ecosystem.
    fn write_rows<W: Write>(
        &self,
        rows: &[(RowPlace, u64)],
        spool: &mut Spool<W>,
    ) -> io::Result<crate::db::index::Table> {
        let mut entries = Entries::default();
        let mut out = Writer::default();
        for rows in rows.chunk_by(|(a, _), (b, _)| a.package == b.package) {
            let Some((first, _)) = rows.first() else { continue };
            out.bytes.clear();
            out.count(rows.len());
            for (row, ordinal) in rows {
                out.number(*ordinal);
                let end = row.start.saturating_add(row.length);
                out.bytes.extend(self.bytes.get(row.start..end).unwrap_or_default());
            }
            entries.push(self.packages.name(first.package), &out.bytes, spool)?;
        }
        entries.finish(spool)
    }
}
