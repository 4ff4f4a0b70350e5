//! Rows that are about a package, and what each says of its version.

use std::collections::BTreeSet;

use cutaway_report::PackageReport;
use cutaway_version::{Family, check};

use crate::db::{Database, DbError, Row, Stored};
use crate::matching::kinds::Lookup;
use crate::matching::modules::{self, Module};
use crate::matching::release::Line;
use crate::{Event, Range, Reason, judge};

/// A row about a package.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) row: Row,
    /// Its advisory; its id and its flaws are empty until [`resolve`] has read it.
    pub(super) advisory: Stored,
    /// Why the package has the flaw; nothing where the row says that it has not.
    pub(super) hit: Option<Reason>,
    /// Whether the row says that no version has it, and is about no other architecture.
    pub(super) denies: bool,
    pub(super) line: Line,
    pub(super) ecosystem: String,
    pub(super) name: String,
    pub(super) role: cutaway_report::NameRole,
    pub(super) compared: String,
    pub(super) family: Family,
    pub(super) notes: Vec<String>,
    /// Whether it is known that the package is of the module that the row is about.
    pub(super) module: Module,
}

/// Adds the rows of one name. Returns the version, where it has no place in the order and there were rows.
pub(super) fn gather(
    database: &mut Database,
    package: &PackageReport,
    lookup: &Lookup,
    candidates: &mut Vec<Candidate>,
) -> Result<Option<String>, DbError> {
    let family = lookup.ecosystem.family();
    let rows = database.rows(lookup.ecosystem.as_str(), &lookup.name)?;
    let any = !rows.is_empty();
    let mut listed = false;
    for row in rows {
        if !of_architecture(&row, package) {
            continue;
        }
        let module = modules::compare(package, &row);
        if module == Module::Other {
            continue;
        }
        let judged = match lookup.without_epoch {
            true => {
                let ranges: Vec<Range> = row.ranges.iter().map(without_epochs).collect();
                judge(family, &ranges, &row.versions, &lookup.version)
            }
            false => judge(family, &row.ranges, &row.versions, &lookup.version),
        };
        let Ok(hit) = judged else { continue };
        listed |= hit.is_some();
        let mut notes = lookup.notes.clone();
        if hit.is_some() && is_beyond_custom(&row, family, &lookup.version) {
            notes.push("custom-range".to_owned());
        }
        let stated = !row.binaries.is_empty() && !row.binaries.contains(&package.name);
        if stated {
            notes.push("binary-not-listed".to_owned());
        }
        candidates.push(Candidate {
            advisory: Stored::default(),
            denies: row.ranges.iter().any(Range::denies)
                && (row.arches.is_empty() || package.arch.is_some()),
            hit,
            line: lookup.line.clone(),
            ecosystem: lookup.ecosystem.as_str().to_owned(),
            name: lookup.name.clone(),
            role: lookup.role,
            compared: lookup.version.clone(),
            family,
            notes,
            module,
            row,
        });
    }
    let unordered = any && !listed && check(family, &lookup.version).is_err();
    Ok(unordered.then(|| lookup.version.clone()))
}

/// Reads the advisories of rows that can say something of a package; the others are dropped. Without a hit
/// none does, and without another line of updates or a notice only hits and denials do.
pub(super) fn resolve(
    database: &mut Database,
    candidates: &mut Vec<Candidate>,
) -> Result<(), DbError> {
    if candidates.iter().all(|it| it.hit.is_none()) {
        candidates.clear();
        return Ok(());
    }
    let lines: BTreeSet<Line> = candidates.iter().map(|it| it.line.clone()).collect();
    let mut all = lines.len() > 1;
    for candidate in candidates.iter_mut().filter(|it| it.hit.is_some() || it.denies) {
        candidate.advisory = database.advisory(candidate.row.advisory)?;
        all |= candidate.is_notice() || candidate.module != Module::None;
    }
    for candidate in candidates.iter_mut().filter(|it| all && it.advisory.id.is_empty()) {
        candidate.advisory = database.advisory(candidate.row.advisory)?;
    }
    candidates.retain(|it| !it.advisory.id.is_empty());
    Ok(())
}

/// Notices of distributions that have a record for each flaw beside them.
const NOTICES: &[&str] = &["DSA-", "DLA-", "USN-"];

impl Candidate {
    /// Tells whether it is of a notice, where each flaw may have a record of its own.
    pub(super) fn is_notice(&self) -> bool {
        NOTICES.iter().any(|prefix| self.advisory.id.starts_with(prefix))
    }
}

/// Tells whether a row is about a package's architecture; what is for all is.
fn of_architecture(row: &Row, package: &PackageReport) -> bool {
    let Some(arch) = package.arch.as_deref().filter(|_| !row.arches.is_empty()) else {
        return true;
    };
    ["noarch", "all", "any", "source"].contains(&arch) || row.arches.iter().any(|it| it == arch)
}

/// Tells whether a range without an end says more than the custom ranges beside it.
fn is_beyond_custom(row: &Row, family: Family, version: &str) -> bool {
    let holds = |range: &Range| matches!(range.interval(family, version), Ok(Some(_)));
    !row.custom.is_empty()
        && row.ranges.iter().filter(|range| holds(range)).all(Range::is_open)
        && !row.custom.iter().any(holds)
}

fn without_epochs(range: &Range) -> Range {
    let bare = |version: &str| match version.split_once(':') {
        Some((epoch, bare)) if epoch.bytes().all(|it| it.is_ascii_digit()) => bare.to_owned(),
        _ => version.to_owned(),
    };
    let events = range.events().iter();
    let events = events.map(|it| Event { kind: it.kind, version: bare(&it.version) }).collect();
    Range::sorted(range.is_semver(), events)
}
