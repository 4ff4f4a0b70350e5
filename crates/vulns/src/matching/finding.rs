//! Findings: all that is said of one flaw in one package is one of them.

use std::collections::{BTreeMap, BTreeSet};

use cutaway_report::{
    FlawRange, FlawSeverity, FlawSource, FlawState, FlawedPackage, PackageReport,
    VulnerabilityReport,
};
use cutaway_version::compare;

use crate::Reason;
use crate::db::{Database, DbError};
use crate::matching::candidate::Candidate;
use crate::matching::modules::Module;
use crate::matching::release::Line;
use crate::osv::Standing;

/// What of the kernel's packages holds no kernel.
const KERNEL_HEADERS: &[&str] = &[
    "linux-libc-dev",
    "linux-headers",
    "linux-tools",
    "linux-kbuild",
    "linux-glibc-devel",
    "kernel-headers",
];
/// What of them holds one.
const KERNELS: &[(&str, &[&str])] = &[
    ("deb", &["linux-image", "linux-modules"]),
    ("rpm", &["kernel", "kernel-core", "kernel-modules"]),
];

/// Makes the findings of one package.
pub(super) fn merge(
    database: &mut Database,
    package: &PackageReport,
    candidates: Vec<Candidate>,
    found: &mut Vec<VulnerabilityReport>,
) -> Result<(), DbError> {
    let mut by_flaw: BTreeMap<u64, Vec<&Candidate>> = BTreeMap::new();
    for candidate in &candidates {
        for flaw in &candidate.advisory.flaws {
            by_flaw.entry(*flaw).or_default().push(candidate);
        }
    }
    for (flaw, about) in by_flaw {
        let Some(decided) = decide(&about) else { continue };
        let flaw = database.flaw(flaw)?;
        let hits = about.iter().filter(|it| it.hit.is_some());
        let mut aliases: BTreeSet<&str> = flaw.others.iter().map(String::as_str).collect();
        aliases.extend(hits.clone().map(|it| it.advisory.id.as_str()));
        let is_malicious =
            aliases.iter().chain([&flaw.id.as_str()]).any(|it| it.starts_with("MAL-"));
        aliases.remove(flaw.id.as_str());
        found.push(VulnerabilityReport {
            aliases: aliases.into_iter().map(str::to_owned).collect(),
            severity: match is_malicious {
                true => FlawSeverity::Critical,
                false => severity(decided, hits.copied()),
            },
            state: state(package, decided, &about),
            package: FlawedPackage {
                kind: package.kind.clone(),
                name: package.name.clone(),
                version: package.version.clone(),
                purl: package.purl.clone(),
                layer: package.layer,
                database: package.database.clone(),
                created_by: None,
                in_base: None,
                hidden_by: None,
            },
            fixed_version: fixed(decided).or_else(|| fixed(pro(&about)?)).map(str::to_owned),
            source: source(decided),
            kev: flaw.kev,
            epss: flaw.epss,
            score: decided.advisory.score,
            suppressed: None,
            id: flaw.id,
        });
    }
    Ok(())
}

/// Returns the row that says most about a flaw that the package has; nothing where it has not.
fn decide<'c>(about: &[&'c Candidate]) -> Option<&'c Candidate> {
    let ecosystem = |it: &Candidate| it.ecosystem.clone();
    // Where a release has a record for the flaw itself, that one decides, and notices are ids.
    let records: BTreeSet<String> =
        about.iter().filter(|it| !it.is_notice()).map(|it| ecosystem(it)).collect();
    let hits = about.iter().copied().filter(|it| it.hit.is_some());
    let hits = hits.filter(|it| !it.is_notice() || !records.contains(&it.ecosystem));
    hits.max_by(|a, b| {
        let plain = |it: &Candidate| {
            (it.line == Line::Main, it.module != Module::Unclear, fixed(it).is_some())
        };
        let later = || match (fixed(a), fixed(b)) {
            (Some(a_fixed), Some(b_fixed)) => {
                compare(a.family, a_fixed, b_fixed).unwrap_or(std::cmp::Ordering::Equal)
            }
            _ => std::cmp::Ordering::Equal,
        };
        let name = |it: &Candidate| (it.advisory.id.clone(), it.ecosystem.clone());
        plain(a).cmp(&plain(b)).then_with(later).then_with(|| name(b).cmp(&name(a)))
    })
}

fn state(package: &PackageReport, decided: &Candidate, about: &[&Candidate]) -> FlawState {
    if is_without_kernel(package) {
        return FlawState::KernelHeaders;
    }
    match decided.row.standing {
        Some(Standing::Negligible) => return FlawState::Negligible,
        Some(Standing::EndOfLife) => return FlawState::EndOfLife,
        Some(standing) if fixed(decided).is_none() => match standing {
            Standing::WontFix => return FlawState::WontFix,
            Standing::Deferred => return FlawState::Deferred,
            _ => return FlawState::UnderInvestigation,
        },
        _ => {}
    }
    if decided.module == Module::Unclear {
        return FlawState::ModuleUnclear;
    }
    let in_pro = decided.line == Line::Pro || (fixed(decided).is_none() && pro(about).is_some());
    match fixed(decided) {
        _ if in_pro => FlawState::FixedInPro,
        Some(_) => FlawState::Fixed,
        None => FlawState::Unfixed,
    }
}

/// Tells whether a package is of the kernel and has none: containers run that of their host.
fn is_without_kernel(package: &PackageReport) -> bool {
    let source = package.source.as_ref().map_or(package.name.as_str(), |source| &source.name);
    let kind = package.kind.name();
    let of_kernel = match kind {
        "deb" => source == "linux",
        "rpm" => source == "kernel",
        _ => false,
    };
    let named = |names: &[&str]| names.iter().any(|it| package.name.starts_with(it));
    let kernels = KERNELS.iter().find(|(known, _)| *known == kind).map(|(_, names)| *names);
    let has_one = kernels.is_some_and(|names| match kind {
        "rpm" => {
            names.contains(&package.name.as_str()) || package.name.starts_with("kernel-modules")
        }
        _ => named(names),
    });
    matches!(kind, "deb" | "rpm" | "apk") && ((of_kernel && !has_one) || named(KERNEL_HEADERS))
}

/// Returns what is fixed for those who pay.
fn pro<'c>(about: &[&'c Candidate]) -> Option<&'c Candidate> {
    about.iter().copied().find(|it| it.line == Line::Pro && fixed(it).is_some())
}

fn severity<'c>(decided: &Candidate, hits: impl Iterator<Item = &'c Candidate>) -> FlawSeverity {
    let own = |it: &Candidate| it.row.severity.unwrap_or(it.advisory.severity);
    match own(decided) {
        FlawSeverity::Unknown => hits.map(own).max().unwrap_or_default(),
        known => known,
    }
}

fn fixed(candidate: &Candidate) -> Option<&str> {
    match &candidate.hit {
        Some(Reason::Range(interval)) => interval.fixed.as_deref(),
        _ => None,
    }
}

fn source(decided: &Candidate) -> FlawSource {
    let range = match decided.hit.clone() {
        Some(Reason::Range(interval)) => FlawRange {
            introduced: Some(interval.introduced),
            fixed: interval.fixed,
            last_affected: interval.last_affected,
            listed: None,
        },
        Some(Reason::Listed(version)) => {
            FlawRange { introduced: None, fixed: None, last_affected: None, listed: Some(version) }
        }
        None => FlawRange { introduced: None, fixed: None, last_affected: None, listed: None },
    };
    FlawSource {
        record: decided.advisory.id.clone(),
        ecosystem: decided.ecosystem.clone(),
        range,
        name: decided.name.clone(),
        role: decided.role,
        compared: decided.compared.clone(),
        family: decided.family.name().to_owned(),
        notes: decided.notes.clone(),
    }
}
