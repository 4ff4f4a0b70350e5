//! What a reader of a report should know: what could not be read, and what is odd.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use cutaway_analyze::{Analyzers, Role, Selection, Severity};
use cutaway_model::{Measured, Remark};
use cutaway_report::{DiagnosticReport, OwnerReport};
use cutaway_tar::Escaped;

use crate::Options;
use crate::assemble::Task;
use crate::inventory::{Inventory, is_journal, of_role};
use crate::merged::Merged;
use crate::sight::Sight;

/// Collects what databases of any state, the layers and the request give to say.
pub(crate) fn all(
    merged: &Merged,
    inventory: &Inventory<'_>,
    task: Task<'_>,
    options: &Options,
) -> Vec<DiagnosticReport> {
    let Task { image, first, .. } = task;
    let mut diagnostics = merged.warnings.clone();
    let mut told = HashSet::new();
    let is_told = |sight: &&Sight| {
        let member = options.analyzers.get(sight.analyzer);
        // Where files are not compared, nobody misses what is recorded of them.
        member.is_some_and(|member| member.role() != Role::Owners)
    };
    for sight in merged.every().filter(is_told).filter(|sight| told.insert(sight.key())) {
        let said = merged.found(sight).map(|found| found.diagnostics()).unwrap_or_default();
        diagnostics.extend(said.iter().map(|diagnostic| DiagnosticReport {
            severity: diagnostic.severity,
            code: diagnostic.code.clone().into(),
            ..about(sight, first, diagnostic.message.clone())
        }));
    }
    diagnostics.extend(merged.unreadable.iter().map(|place| DiagnosticReport {
        severity: if place.harmless { Severity::Warning } else { Severity::Error },
        code: "database-unreadable".into(),
        path: Some(place.path.clone()),
        layer: None,
        message: format!("nothing can be read there: {}", place.reason),
    }));
    diagnostics.extend(merged.skipped.iter().map(|(pattern, count)| DiagnosticReport {
        severity: Severity::Warning,
        code: "skipped".into(),
        path: Some(pattern.clone()),
        layer: None,
        message: format!("{count} entries were left out of analysis, as asked"),
    }));
    diagnostics.extend(disagreements(merged, inventory, &options.analyzers, first));
    diagnostics.extend(other_distributions(merged, inventory, &options.analyzers, first));
    diagnostics.extend(odd_ratios(merged, first));
    let counts = merged.by_table.iter().enumerate();
    diagnostics.extend(counts.filter_map(|(index, count)| match count.unwrap_or(0) {
        0 => None,
        count => Some(DiagnosticReport {
            layer: index.checked_add(first),
            ..note(
                "not-read",
                &format!("{count} files that may hold packages were not looked into: the layer was read by its table of contents"),
            )
        }),
    }));
    let layers = image.layers().iter().skip(first).zip(&merged.measured);
    let of_layers =
        layers.flat_map(|(layer, found)| layer.remarks(found.compression, found.padding));
    diagnostics.extend(image.remarks().iter().cloned().chain(of_layers).map(remark));
    let built_for = &image.config().platform;
    if !built_for.os.is_empty() && built_for.distance(&options.platform).is_none() {
        let (is, asked) = (built_for.in_full(), options.platform.in_full());
        let message = format!("the image is built for {is}, not for {asked}");
        diagnostics.push(note("other-platform", &message));
    }
    if image.digest().is_none() {
        let message = "the source carries no manifest: its digest in a registry is not known, \
                       and digests and sizes of layers are those of the bytes that were read";
        diagnostics.push(note("no-manifest", message));
    }
    if image.layers().is_empty() {
        diagnostics.push(note("no-layers", "the image has no layers"));
    }
    diagnostics
}

/// Says so where there are packages without a distribution, or the other way round.
pub(crate) fn of_counts(
    packages: usize,
    of_system: usize,
    named: bool,
) -> Option<DiagnosticReport> {
    match (packages > 0, named) {
        (true, false) if of_system == 0 => None,
        (true, false) => Some(note(
            "no-distribution",
            "packages were found, but no release file names a distribution",
        )),
        (false, true) => Some(note(
            "no-packages",
            "a release file names the distribution, but no package was found",
        )),
        (true, true) | (false, false) => None,
    }
}

/// Returns a warning for each release file of the top that states another distribution than the first
/// one that states one.
///
/// The distributions that a derivative was made of are no others: it carries their files.
fn other_distributions(
    merged: &Merged,
    inventory: &Inventory<'_>,
    analyzers: &Analyzers,
    first: usize,
) -> Vec<DiagnosticReport> {
    let releases = of_role(&inventory.top, analyzers, Role::Release);
    let named = releases.filter_map(|sight| Some((sight, merged.found(sight)?.distro()?)));
    let mut stated = named.filter(|(_, distro)| distro.stated);
    let Some((from, believed)) = stated.next() else { return Vec::new() };
    let others = stated.filter(|(_, other)| !believed.is_like(&other.id));
    others
        .map(|(sight, other)| DiagnosticReport {
            code: "distributions-disagree".into(),
            ..about(
                sight,
                first,
                format!(
                    "names the distribution {}, {} names {}",
                    Escaped::new(&other.id),
                    from.path,
                    Escaped::new(&believed.id)
                ),
            )
        })
        .collect()
}

/// Returns a warning for each large layer that unpacks to more than a thousand times its stored bytes.
fn odd_ratios(merged: &Merged, first: usize) -> Vec<DiagnosticReport> {
    const RATIO: u64 = 1000;
    const LARGE: u64 = 64 << 20;
    let layers =
        merged.measured.iter().enumerate().filter(|(_, Measured { stored, unpacked, .. })| {
            unpacked.size > LARGE && unpacked.size > stored.size.saturating_mul(RATIO)
        });
    layers
        .map(|(index, Measured { stored, unpacked, .. })| DiagnosticReport {
            layer: index.checked_add(first),
            ..note(
                "compression-ratio",
                &format!(
                    "{} stored bytes unpack to {}, as those of a bomb do",
                    stored.size, unpacked.size
                ),
            )
        })
        .collect()
}

/// Returns a warning for each database of the top that says something else than another one of the same packages.
fn disagreements(
    merged: &Merged,
    inventory: &Inventory<'_>,
    analyzers: &Analyzers,
    first: usize,
) -> Vec<DiagnosticReport> {
    let mut warnings = Vec::new();
    // All that count; those of another reader too, since two may list packages of one kind.
    let mut counting: Vec<&Sight> = Vec::new();
    for (position, member) in analyzers.of_role(Role::Database) {
        let of_analyzer = || inventory.top.iter().copied().filter(|it| it.analyzer == position);
        match member.selection() {
            Selection::First => {
                let records = |sight: &Sight| -> BTreeSet<(String, String)> {
                    let found = merged.found(sight).map(|found| found.packages());
                    let packages = found.unwrap_or_default().iter();
                    packages.map(|it| (it.name.clone(), it.version.clone())).collect()
                };
                let mut with_records = of_analyzer().filter(|sight| !records(sight).is_empty());
                let Some(chosen) = with_records.next() else { continue };
                counting.push(chosen);
                let chosen_records = records(chosen);
                let others = with_records.filter(|other| records(other) != chosen_records);
                warnings.extend(others.map(|other| {
                    let message = format!(
                        "lists other packages than {}, which was taken for the database",
                        chosen.path
                    );
                    DiagnosticReport {
                        code: "databases-disagree".into(),
                        ..about(other, first, message)
                    }
                }));
            }
            Selection::Union => {
                let (journal, databases): (Vec<_>, Vec<_>) =
                    of_analyzer().partition(|sight| is_journal(member, sight));
                counting.extend(databases);
                warnings.extend(odd_journal(&journal, first));
            }
        }
    }
    warnings.extend(other_versions(merged, counting.into_iter(), first));
    warnings.extend(inventory.crowded.map(|name| {
        let name: String = name.chars().take(64).collect();
        let message = format!(
            "records of {} in the database and its journal change too often to be followed: none is replaced",
            Escaped::new(&name)
        );
        DiagnosticReport { severity: Severity::Error, ..note("dpkg-journal-odd", &message) }
    }));
    warnings
}

/// Returns an error where files of a journal have names of different lengths: in which order they are to
/// be read is not said, and dpkg refuses them.
fn odd_journal(journal: &[&Sight], first: usize) -> Option<DiagnosticReport> {
    let len = |sight: &&Sight| sight.rank.name.len();
    let odd = journal.iter().find(|sight| Some(len(sight)) != journal.first().map(len))?;
    let message = "its name is longer or shorter than others of the journal".to_owned();
    Some(DiagnosticReport {
        severity: Severity::Error,
        code: "dpkg-journal-odd".into(),
        ..about(odd, first, message)
    })
}

/// Returns a warning for each database that has other versions of a package than one before it.
fn other_versions<'a>(
    merged: &'a Merged,
    sights: impl Iterator<Item = &'a Sight>,
    first: usize,
) -> Vec<DiagnosticReport> {
    let mut known: BTreeMap<_, (&'a Sight, BTreeSet<&'a str>)> = BTreeMap::new();
    let mut warnings = Vec::new();
    for sight in sights {
        let packages = merged.found(sight).map(|found| found.packages()).unwrap_or_default();
        let mut own: BTreeMap<_, BTreeSet<&'a str>> = BTreeMap::new();
        for package in packages {
            own.entry(package.identity()).or_default().insert(&package.version);
        }
        let mut other: Option<(&'a Sight, &'a str)> = None;
        for (identity, versions) in own {
            match known.get(&identity) {
                Some((before, of_before)) if *of_before != versions => {
                    other.get_or_insert((before, identity.name));
                }
                Some(_) => {}
                None => {
                    known.insert(identity, (sight, versions));
                }
            }
        }
        if let Some((before, name)) = other {
            let name: String = name.chars().take(64).collect();
            let message = format!(
                "lists other versions than {}, such as of {}",
                before.path,
                Escaped::new(&name)
            );
            let code = "databases-disagree".into();
            warnings.push(DiagnosticReport { code, ..about(sight, first, message) });
        }
    }
    warnings
}

/// Says that a file that says of packages of languages is not as the package recorded it that owns it.
pub(crate) fn changed(sight: &Sight, first: usize, owner: &OwnerReport) -> DiagnosticReport {
    let name: String = owner.name.chars().take(64).collect();
    let message = format!(
        "was changed after {} {} had brought it: what it says counts as installed beside that",
        owner.kind,
        Escaped::new(&name)
    );
    DiagnosticReport { code: "language-file-changed".into(), ..about(sight, first, message) }
}

/// Returns a warning without a code about a file.
fn about(sight: &Sight, first: usize, message: String) -> DiagnosticReport {
    DiagnosticReport {
        severity: Severity::Warning,
        code: "".into(),
        path: Some(sight.path.to_string_lossy().into_owned()),
        layer: Some(sight.layer().saturating_add(first)),
        message,
    }
}

fn remark(remark: Remark) -> DiagnosticReport {
    let Remark { code, layer, message } = remark;
    DiagnosticReport { severity: Severity::Warning, code: code.into(), path: None, layer, message }
}

fn note(code: &'static str, message: &str) -> DiagnosticReport {
    DiagnosticReport {
        severity: Severity::Warning,
        code: code.into(),
        path: None,
        layer: None,
        message: message.to_owned(),
    }
}
