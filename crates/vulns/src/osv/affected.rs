//! One package of one ecosystem in a record, and its versions that are affected.

use std::borrow::Cow;

use cutaway_report::FlawSeverity as Severity;
use cutaway_version::{Family, check};
use serde::Deserialize;

use crate::osv::extras::Extras;
use crate::osv::loose::{self, Raw};
use crate::osv::record::Skipped;
use crate::osv::severity;
use crate::{Ecosystem, Event, EventKind, Limits, Range};

/// A package that a record is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Affected {
    /// Where it is from.
    pub ecosystem: Ecosystem,
    /// Its name, in the form that is compared.
    pub name: String,
    /// The ranges of versions that are affected.
    pub ranges: Vec<Range>,
    /// Versions that are affected, beside those in ranges; sorted.
    pub versions: Vec<String>,
    /// Ranges that do not count, but tell where those that do say too much (Go's custom ranges).
    pub custom: Vec<Range>,
    /// What the database says of it beyond versions.
    pub standing: Option<Standing>,
    /// How bad it is for this package, where that is said apart.
    pub severity: Option<Severity>,
    /// The architectures that it is about; empty for all.
    pub arches: Vec<String>,
    /// The binary packages of it that are affected; empty where that is not said.
    pub binaries: Vec<String>,
}

/// What a database says of a package beyond its versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Not worth an update (Debian's `unimportant`).
    Negligible,
    /// Not looked after any more.
    EndOfLife,
    /// No update is planned.
    WontFix,
    /// An update waits for something.
    Deferred,
    /// It is not known yet whether it is affected.
    UnderInvestigation,
}

#[derive(Deserialize)]
struct RawAffected<'a> {
    #[serde(borrow)]
    package: RawPackage<'a>,
    #[serde(borrow, default)]
    ranges: Raw<'a>,
    #[serde(borrow, default)]
    versions: Raw<'a>,
    #[serde(borrow, default)]
    severity: Raw<'a>,
    #[serde(borrow, default)]
    ecosystem_specific: Raw<'a>,
}

#[derive(Deserialize)]
struct RawPackage<'a> {
    #[serde(borrow)]
    ecosystem: Cow<'a, str>,
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow, default)]
    purl: Raw<'a>,
}

/// A range as it stands in a record.
#[derive(Deserialize)]
pub(crate) struct RawRange<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    events: Raw<'a>,
}

#[derive(Default, Deserialize)]
struct RawEvent<'a> {
    #[serde(borrow, default)]
    introduced: Raw<'a>,
    #[serde(borrow, default)]
    fixed: Raw<'a>,
    #[serde(borrow, default)]
    last_affected: Raw<'a>,
    #[serde(borrow, default)]
    limit: Raw<'a>,
}

/// What stands for a version in records of old.
enum Sentinel {
    Unfixed,
    EndOfLife,
    NotAffected,
}

impl Affected {
    /// Reads an entry. `None` where nothing of it can be matched: then it is counted.
    pub(crate) fn read(raw: Raw<'_>, limits: &Limits, skipped: &mut Skipped) -> Option<Self> {
        let raw: RawAffected<'_> = serde_json::from_str(raw?.get()).ok().or_else(|| {
            // A record about source code alone names no package.
            skipped.entries = skipped.entries.saturating_add(1);
            None
        })?;
        let RawPackage { ecosystem, name, purl } = raw.package;
        let Some(ecosystem) = Ecosystem::parse(&ecosystem) else {
            skipped.ecosystems = skipped.ecosystems.saturating_add(1);
            return None;
        };
        if name.is_empty() || name.len().max(ecosystem.as_str().len()) > limits.text_bytes {
            skipped.entries = skipped.entries.saturating_add(1);
            return None;
        }
        let extras: Extras<'_> = loose::read(raw.ecosystem_specific);
        let family = ecosystem.family();
        let (standing, urgency) = extras.urgency();
        let mut standing = standing.or_else(|| extras.of_components());
        let mut ranges = Vec::new();
        for range in loose::list::<RawRange<'_>>(raw.ranges) {
            ranges.extend(range.read(family, limits, skipped, &mut standing));
        }
        let custom = extras.custom_ranges();
        let custom = custom
            .into_iter()
            .filter_map(|range| range.read(family, limits, &mut Skipped::default(), &mut None));
        let custom = custom.collect();
        let versions = loose::texts(raw.versions);
        let versions = beside(&ranges, versions, family, limits, skipped);
        let severity = severity::chosen(raw.severity).or(urgency);
        let arches = loose::text(purl).map_or_else(Vec::new, |purl| arches(&purl));
        let name = ecosystem.name(&name);
        let binaries = extras.binaries();
        Some(Self {
            ecosystem,
            name,
            ranges,
            versions,
            custom,
            standing,
            severity,
            arches,
            binaries,
        })
    }
}

impl RawRange<'_> {
    fn read(
        &self,
        family: Family,
        limits: &Limits,
        skipped: &mut Skipped,
        standing: &mut Option<Standing>,
    ) -> Option<Range> {
        let semver = match self.kind.as_ref() {
            "SEMVER" => true,
            "ECOSYSTEM" => false,
            // Commits have no order without their history. Only this range is lost.
            _ => {
                skipped.ranges = skipped.ranges.saturating_add(1);
                return None;
            }
        };
        let mut events = Vec::new();
        let elements: Vec<&serde_json::value::RawValue> = loose::read(self.events);
        for element in elements {
            let raw: RawEvent<'_> = serde_json::from_str(element.get()).unwrap_or_default();
            let before = events.len();
            for (kind, version) in [
                (EventKind::Introduced, raw.introduced),
                (EventKind::Fixed, raw.fixed),
                (EventKind::LastAffected, raw.last_affected),
                (EventKind::Limit, raw.limit),
            ] {
                let Some(version) = loose::text(version) else { continue };
                if version.len() > limits.text_bytes {
                    skipped.ranges = skipped.ranges.saturating_add(1);
                    return None;
                }
                events.push(Event { kind, version });
            }
            if events.len() == before {
                skipped.events = skipped.events.saturating_add(1);
            }
        }
        let mut denied = false;
        events.retain(|event| match sentinel(&event.version) {
            None => true,
            Some(Sentinel::NotAffected) => {
                denied = true;
                false
            }
            Some(Sentinel::Unfixed) => false,
            Some(Sentinel::EndOfLife) => {
                *standing = Some(Standing::EndOfLife);
                false
            }
        });
        if denied {
            events = vec![
                Event { kind: EventKind::Introduced, version: "0".into() },
                Event { kind: EventKind::Fixed, version: "0".into() },
            ];
        }
        let Ok(range) = Range::new(family, semver, events) else {
            skipped.unordered = skipped.unordered.saturating_add(1);
            return None;
        };
        Some(range)
    }
}

fn sentinel(version: &str) -> Option<Sentinel> {
    match version {
        "<unfixed>" => Some(Sentinel::Unfixed),
        "<end-of-life>" => Some(Sentinel::EndOfLife),
        "<not-affected>" => Some(Sentinel::NotAffected),
        _ => None,
    }
}

/// Returns the listed versions that no range holds: the others say nothing new.
fn beside(
    ranges: &[Range],
    mut versions: Vec<String>,
    family: Family,
    limits: &Limits,
    skipped: &mut Skipped,
) -> Vec<String> {
    versions.retain(|version| {
        if version.len() > limits.text_bytes {
            skipped.versions = skipped.versions.saturating_add(1);
            return false;
        }
        let held = |range: &Range| matches!(range.interval(family, version), Ok(Some(_)));
        check(family, version).is_err() || !ranges.iter().any(held)
    });
    versions.sort();
    versions.dedup();
    versions
}

/// Returns the architectures that a package URL restricts an entry to.
fn arches(purl: &str) -> Vec<String> {
    let qualifiers = purl.split_once('?').map_or("", |(_, qualifiers)| qualifiers);
    let qualifiers = qualifiers.split_once('#').map_or(qualifiers, |(before, _)| before);
    let named = qualifiers.split('&').filter_map(|pair| pair.strip_prefix("arch="));
    let named = named.flat_map(|list| list.split(',')).filter(|arch| !arch.is_empty());
    let arches: Vec<String> = named.map(str::to_owned).collect();
    // These are for all.
    let any = ["noarch", "all", "source", "src"];
    if arches.iter().any(|arch| any.contains(&arch.as_str())) { Vec::new() } else { arches }
}
