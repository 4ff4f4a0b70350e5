//! Modules of rpm: streams of one package beside each other, each with fixes of its own.
//!
//! Advisories do not say which stream they are about; the release of the version that they mend does, by the
//! number and the hash of the build that made a whole module.

use std::collections::BTreeSet;

use cutaway_report::PackageReport;

use crate::EventKind;
use crate::db::Row;
use crate::matching::candidate::Candidate;

/// How a package's module and that of a row are to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Module {
    /// Both have none.
    None,
    /// Both are of one stream.
    Same,
    /// One has none, or they are of different modules.
    Other,
    /// They may be of different streams.
    Unclear,
}

/// Compares the module of a package with that of what a row says is mended.
pub(super) fn compare(package: &PackageReport, row: &Row) -> Module {
    if package.kind.name() != "rpm" {
        return Module::None;
    }
    let label = package.details.as_ref().and_then(|details| details.modularity.as_deref());
    let is_modular = label.is_some() || is_modular(&package.version);
    let events = row.ranges.iter().flat_map(|range| range.events());
    let Some(fixed) = events.into_iter().find(|event| event.kind == EventKind::Fixed) else {
        return Module::None;
    };
    match (is_modular, self::is_modular(&fixed.version)) {
        (false, false) => Module::None,
        (true, true) if build(&package.version) == build(&fixed.version) => Module::Same,
        (true, true) if line(&package.version) == line(&fixed.version) => Module::Same,
        (true, true) => Module::Unclear,
        _ => Module::Other,
    }
}

/// Decides by what advisories say of themselves: their modules, where the package's own is known. What those of
/// the package's stream say of a flaw, the others have no say in.
pub(super) fn settle(package: &PackageReport, candidates: &mut Vec<Candidate>) {
    let label = package.details.as_ref().and_then(|details| details.modularity.as_deref());
    let label = label.map(|label| label.split(':').take(2).collect::<Vec<_>>().join(":"));
    candidates.retain_mut(|candidate| {
        let modules = &candidate.advisory.modules;
        let Some(label) = label.as_ref().filter(|_| !modules.is_empty()) else { return true };
        if candidate.module != Module::None {
            candidate.module = Module::Same;
            return modules.contains(label);
        }
        true
    });
    let own = candidates.iter().filter(|it| it.module == Module::Same);
    let told: BTreeSet<u64> = own.flat_map(|it| it.advisory.flaws.clone()).collect();
    for candidate in candidates.iter_mut().filter(|it| it.module == Module::Unclear) {
        candidate.advisory.flaws.retain(|flaw| !told.contains(flaw));
    }
}

fn is_modular(version: &str) -> bool {
    version.contains(".module+") || version.contains(".module_")
}

/// Returns the number and the hash of a module's build.
fn build(version: &str) -> Option<&str> {
    let (_, module) = version.split_once(".module")?;
    module.split_once('+').map(|(_, build)| build).filter(|build| build.contains('+'))
}

/// Returns the first two numbers of a version.
fn line(version: &str) -> Vec<&str> {
    let bare = version.split_once(':').map_or(version, |(_, bare)| bare);
    let upstream = bare.split('-').next().unwrap_or_default();
    upstream.split('.').take(2).collect()
}
