//! What was read, sorted, and written as a file.

use std::collections::BTreeMap;
use std::io::{self, Write};

use cutaway_report::{Tenths, utc};

use crate::Enrichment;
use crate::db::build::flaws::Flaws;
use crate::db::build::held::{Held, Name, Names, RowPlace};
use crate::db::build::{Builder, Built};
use crate::db::code::Writer;
use crate::db::index::Table;
use crate::db::record;
use crate::db::spool::{Entries, Spool};
use crate::ecosystem::group;
use crate::osv::Skipped;

/// Records of which no more come, and their rows in the order in which they are written.
pub(super) struct Ready {
    pub(super) records: BTreeMap<String, Held>,
    pub(super) ecosystems: Names,
    packages: Names,
    rows: Vec<RowPlace>,
    bytes: Vec<u8>,
    serials: u32,
    unread: u64,
    enrichment: Enrichment,
}

/// What the directory says of an ecosystem.
#[derive(Default)]
struct Source {
    records: u64,
    newest: Option<i64>,
}

/// The place of a record that is not written.
const ABSENT: u32 = u32::MAX;

impl Ready {
    pub(super) fn new(builder: Builder) -> Self {
        let Builder { records, ecosystems, packages, mut rows, bytes, .. } = builder;
        let ordinals = ordinals(builder.serials, records.values());
        let ordinal = |row: &RowPlace| at(&ordinals, row.serial);
        // Those of records that were replaced.
        rows.retain(|row| ordinal(row) != ABSENT);
        let (by_ecosystem, by_package) = (ecosystems.ranks(), packages.ranks());
        let rank = |ranks: &[u32], name: Name| ranks.get(name.at()).copied();
        rows.sort_unstable_by_key(|row| {
            let ecosystem = rank(&by_ecosystem, row.ecosystem);
            (ecosystem, rank(&by_package, row.package), ordinal(row), row.start)
        });
        let (serials, unread) = (builder.serials, builder.unread);
        let enrichment = builder.enrichment;
        Self { records, ecosystems, packages, rows, bytes, serials, unread, enrichment }
    }

    /// Writes what is of a group, or all.
    pub(super) fn write(
        &self,
        only: Option<&str>,
        flaws: &Flaws<'_>,
        out: impl Write,
    ) -> io::Result<Built> {
        let is_wanted = |name: Name| only.is_none_or(|it| group(self.ecosystems.name(name)) == it);
        let records: Vec<(&String, &Held)> = self
            .records
            .iter()
            .filter(|(_, held)| only.is_none() || held.ecosystems.iter().any(|it| is_wanted(*it)))
            .collect();
        let ordinals = ordinals(self.serials, records.iter().map(|(_, held)| *held));
        let of_group = only.map(|_| flaws.among(&records));
        let flaws = of_group.as_ref().unwrap_or(flaws);

        let mut spool = Spool::new(out)?;
        let advisories = write_advisories(&records, flaws, &mut spool)?;
        let flaws = flaws.write(&self.enrichment, &mut spool)?;
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
        for (_, held) in &records {
            built.records = built.records.saturating_add(1);
            built.withdrawn = built.withdrawn.saturating_add(u64::from(held.withdrawn));
            built.skipped.add(held.skipped.as_deref().copied().unwrap_or_default());
            for ecosystem in &held.ecosystems {
                let Some(source) = sources.get_mut(ecosystem.at()) else { continue };
                source.records = source.records.saturating_add(1);
                source.newest = source.newest.max(held.modified.map(|time| time.seconds));
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
        let mut order: Vec<(usize, &str)> = self.ecosystems.all().enumerate().collect();
        order.retain(|(_, name)| only.is_none_or(|it| group(name) == it));
        order.sort_unstable_by_key(|(_, name)| *name);
        directory.count(order.len());
        for (at, name) in order {
            let rows = self.rows_of(name);
            let table = self.write_rows(rows, &ordinals, &mut spool)?;
            let source = sources.get(at);
            let newest = source.and_then(|it| it.newest).map(utc).unwrap_or_default();
            let count = u64::try_from(rows.len()).unwrap_or(u64::MAX);
            built.rows = built.rows.saturating_add(count);
            directory.text(name);
            directory.number(source.map_or(0, |it| it.records));
            directory.text(&newest);
            directory.number(count);
            table.write(&mut directory);
        }
        let directory = spool.write(&directory.bytes)?;
        built.bytes = spool.finish(directory)?;
        Ok(built)
    }

    /// Returns the rows of an ecosystem.
    fn rows_of(&self, ecosystem: &str) -> &[RowPlace] {
        let name = |row: &RowPlace| self.ecosystems.name(row.ecosystem);
        let start = self.rows.partition_point(|row| name(row) < ecosystem);
        let end = self.rows.partition_point(|row| name(row) <= ecosystem);
        self.rows.get(start..end).unwrap_or_default()
    }

    /// Writes the rows of one ecosystem.
    fn write_rows<W: Write>(
        &self,
        rows: &[RowPlace],
        ordinals: &[u32],
        spool: &mut Spool<W>,
    ) -> io::Result<Table> {
        let mut entries = Entries::default();
        let mut out = Writer::default();
        for rows in rows.chunk_by(|a, b| a.package == b.package) {
            let Some(first) = rows.first() else { continue };
            out.bytes.clear();
            out.count(rows.len());
            for row in rows {
                out.number(u64::from(at(ordinals, row.serial)));
                let length = usize::try_from(row.length).unwrap_or(usize::MAX);
                let end = row.start.saturating_add(length);
                out.bytes.extend(self.bytes.get(row.start..end).unwrap_or_default());
            }
            entries.push(self.packages.name(first.package), &out.bytes, spool)?;
        }
        entries.finish(spool)
    }
}

fn write_advisories<W: Write>(
    records: &[(&String, &Held)],
    flaws: &Flaws<'_>,
    spool: &mut Spool<W>,
) -> io::Result<Table> {
    let mut entries = Entries::default();
    let mut out = Writer::default();
    for (id, held) in records {
        out.bytes.clear();
        let modules = !held.modules.is_empty();
        out.byte(record::flags(held.severity, held.withdrawn, held.score.is_some(), modules));
        let seconds = held.modified.map_or(0, |time| time.seconds.max(0).saturating_add(1));
        out.number(u64::try_from(seconds).unwrap_or_default());
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

/// Returns the place of each record among those that are written, by its serial number.
fn ordinals<'h>(serials: u32, records: impl Iterator<Item = &'h Held>) -> Vec<u32> {
    let mut ordinals = vec![ABSENT; usize::try_from(serials).unwrap_or(usize::MAX)];
    for (ordinal, held) in (0_u32..).zip(records) {
        let place = usize::try_from(held.serial).ok().and_then(|at| ordinals.get_mut(at));
        if let Some(place) = place {
            *place = ordinal;
        }
    }
    ordinals
}

fn at(ordinals: &[u32], serial: u32) -> u32 {
    let at = usize::try_from(serial).unwrap_or(usize::MAX);
    ordinals.get(at).copied().unwrap_or(ABSENT)
}
