//! Lines of updates beside the release's own: which a package follows, and what each has fixed.

use std::collections::{BTreeMap, BTreeSet};

use cutaway_report::PackageReport;

use crate::matching::candidate::Candidate;
use crate::matching::release::Line;

/// Leaves out what lines say that the package does not follow, and what a line that it follows has fixed.
pub(super) fn apply(package: &PackageReport, candidates: &mut Vec<Candidate>) {
    let attached = package.version.contains("esm");
    candidates.retain(|candidate| match &candidate.line {
        Line::Main | Line::Rebuilt | Line::Pro => true,
        Line::Minor(_, release) => follows(&package.version, release),
    });
    // By line and flaw: whether the line still has it.
    let mut told: BTreeMap<(Line, u64), bool> = BTreeMap::new();
    for candidate in candidates.iter() {
        for flaw in &candidate.advisory.flaws {
            let has = told.entry((candidate.line.clone(), *flaw)).or_default();
            *has |= candidate.hit.is_some();
        }
    }
    // Pro has no say where nobody pays for it.
    let has_say = |line: &Line| attached || *line != Line::Pro;
    let fixed: BTreeSet<u64> = told
        .into_iter()
        .filter(|((line, _), has)| !has && has_say(line))
        .map(|((_, flaw), _)| flaw)
        .collect();
    for candidate in candidates.iter_mut() {
        candidate.advisory.flaws.retain(|flaw| !fixed.contains(flaw));
        if attached && candidate.line == Line::Pro {
            candidate.line = Line::Main;
        }
    }
}

/// Tells whether a package's release says that it is of a minor release: `.el8_4` of `8.4`.
fn follows(version: &str, release: &str) -> bool {
    let Some((major, minor)) = release.split_once('.') else { return false };
    let tag = format!(".el{major}_{minor}");
    version.match_indices(&tag).any(|(at, _)| {
        let behind = version.get(at.saturating_add(tag.len())..).unwrap_or_default();
        !behind.starts_with(|it: char| it.is_ascii_digit())
    })
}
