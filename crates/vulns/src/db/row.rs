//! A row: one entry of an advisory for one package.

use cutaway_report::FlawSeverity;

use crate::db::code::{Reader, Writer};
use crate::db::error::DbError;
use crate::osv::{Affected, Standing};
use crate::{Event, EventKind, Range};

/// What an advisory says of one package of one ecosystem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The advisory, by its place in the order of ids: see [`Database::advisory`](crate::Database::advisory).
    pub advisory: u64,
    /// The ranges of versions that are affected.
    pub ranges: Vec<Range>,
    /// Versions that are affected, beside those in ranges.
    pub versions: Vec<String>,
    /// Ranges that tell where `ranges` say too much.
    pub custom: Vec<Range>,
    /// What the database says beyond versions.
    pub standing: Option<Standing>,
    /// How bad it is for this package, where that is said apart.
    pub severity: Option<FlawSeverity>,
    /// The architectures that it is about; empty for all.
    pub arches: Vec<String>,
    /// The binary packages of it that are affected; empty where that is not said.
    pub binaries: Vec<String>,
}

const VERSIONS: u8 = 1;
const CUSTOM: u8 = 1 << 1;
const SEVERITY: u8 = 1 << 2;
const ARCHES: u8 = 1 << 3;
const STANDING: u8 = 1 << 4;
const UNUSED: u8 = 1 << 5;
const BINARIES: u8 = 1 << 6;
/// One range from the beginning of all to a fixed version, which is what most rows are.
const PLAIN: u8 = 1 << 7;

const STANDINGS: [Standing; 5] = [
    Standing::Negligible,
    Standing::EndOfLife,
    Standing::WontFix,
    Standing::Deferred,
    Standing::UnderInvestigation,
];
const FROM_START: u8 = 1 << 2;
const KINDS: [EventKind; 4] =
    [EventKind::Introduced, EventKind::LastAffected, EventKind::Fixed, EventKind::Limit];

/// Writes what follows the advisory of a row.
pub(crate) fn write(affected: &Affected, out: &mut Writer) {
    let plain = plain(&affected.ranges);
    let when = |flag: u8, set: bool| if set { flag } else { 0 };
    out.byte(
        when(STANDING, affected.standing.is_some())
            | when(VERSIONS, !affected.versions.is_empty())
            | when(CUSTOM, !affected.custom.is_empty())
            | when(SEVERITY, affected.severity.is_some())
            | when(ARCHES, !affected.arches.is_empty())
            | when(BINARIES, !affected.binaries.is_empty())
            | when(PLAIN, plain.is_some()),
    );
    match plain {
        Some(fixed) => out.text(fixed),
        None => ranges(&affected.ranges, out),
    }
    if let Some(severity) = affected.severity {
        out.byte(severity.rank());
    }
    if let Some(standing) = affected.standing {
        let place = STANDINGS.iter().position(|known| *known == standing);
        out.byte(place.and_then(|it| u8::try_from(it).ok()).unwrap_or_default());
    }
    for list in [&affected.versions, &affected.arches, &affected.binaries] {
        if !list.is_empty() {
            out.texts(list);
        }
    }
    if !affected.custom.is_empty() {
        ranges(&affected.custom, out);
    }
}

fn plain(ranges: &[Range]) -> Option<&str> {
    let [range] = ranges else { return None };
    let [first, last] = range.events() else { return None };
    let is_plain = !range.is_semver()
        && (first.kind, first.version.as_str()) == (EventKind::Introduced, "0")
        && last.kind == EventKind::Fixed;
    is_plain.then_some(last.version.as_str())
}

fn ranges(ranges: &[Range], out: &mut Writer) {
    out.count(ranges.len());
    for range in ranges {
        out.byte(u8::from(range.is_semver()));
        out.count(range.events().len());
        for Event { kind, version } in range.events() {
            let kind = KINDS.iter().position(|known| known == kind).unwrap_or_default();
            let kind = u8::try_from(kind).unwrap_or_default();
            if version == "0" {
                out.byte(kind | FROM_START);
            } else {
                out.byte(kind);
                out.text(version);
            }
        }
    }
}

impl Row {
    /// Reads a row.
    pub(crate) fn read(input: &mut Reader<'_>) -> Result<Self, DbError> {
        let advisory = input.number()?;
        let flags = input.byte()?;
        let has = |flag: u8| flags & flag != 0;
        let ranges = match has(PLAIN) {
            true => vec![from_start(input.text()?)],
            false => read_ranges(input)?,
        };
        let severity = match has(SEVERITY) {
            true => Some(severity(input.byte()?)?),
            false => None,
        };
        let standing = match has(STANDING) {
            true => {
                let known = STANDINGS.get(usize::from(input.byte()?)).copied();
                Some(known.ok_or(DbError::Forged("a state that is not known"))?)
            }
            false => None,
        };
        if flags & UNUSED != 0 {
            return Err(DbError::Forged("a row with a part that is not known"));
        }
        let mut list = |flag| if has(flag) { input.texts() } else { Ok(Vec::new()) };
        let (versions, arches, binaries) = (list(VERSIONS)?, list(ARCHES)?, list(BINARIES)?);
        let custom = if has(CUSTOM) { read_ranges(input)? } else { Vec::new() };
        Ok(Self { advisory, ranges, versions, custom, standing, severity, arches, binaries })
    }
}

/// Reads how bad something is.
pub(crate) fn severity(rank: u8) -> Result<FlawSeverity, DbError> {
    FlawSeverity::of_rank(rank).ok_or(DbError::Forged("a severity that is not known"))
}

fn from_start(fixed: &str) -> Range {
    let event = |kind, version: &str| Event { kind, version: version.to_owned() };
    let events = vec![event(EventKind::Introduced, "0"), event(EventKind::Fixed, fixed)];
    Range::sorted(false, events)
}

fn read_ranges(input: &mut Reader<'_>) -> Result<Vec<Range>, DbError> {
    let count = input.count()?;
    let mut ranges = Vec::new();
    for _ in 0..count {
        let semver = match input.byte()? {
            0 => false,
            1 => true,
            _ => return Err(DbError::Forged("an order that is not known")),
        };
        let events = input.count()?;
        let events = (0..events).map(|_| event(input)).collect::<Result<_, _>>()?;
        ranges.push(Range::sorted(semver, events));
    }
    Ok(ranges)
}

fn event(input: &mut Reader<'_>) -> Result<Event, DbError> {
    let tag = input.byte()?;
    let kind = KINDS.get(usize::from(tag & !FROM_START));
    let kind = *kind.ok_or(DbError::Forged("an event that is not known"))?;
    let version = if tag & FROM_START == 0 { input.text()? } else { "0" };
    Ok(Event { kind, version: version.to_owned() })
}
