//! What is known to be broken, for people: by package, what can be mended first.

use std::cmp::Reverse;
use std::fmt::Write as _;

use super::diagnostics::diagnostics;
use super::style::Style;
use super::table::{Column, Table};
use crate::units::counted;
use crate::{FlawSeverity, FlawState, MatchReport, VulnerabilityReport};

/// Returns the findings in packages, and what could not be judged.
pub fn matched(report: &MatchReport) -> String {
    let style = Style::new(false, None);
    let mut text = String::new();
    vulnerabilities(&report.vulnerabilities, style, &mut text);
    diagnostics(&report.diagnostics, style, &mut text);
    text
}

/// Writes findings, behind a line that counts them.
pub(super) fn vulnerabilities(found: &[VulnerabilityReport], style: Style, text: &mut String) {
    let of = |severity| found.iter().filter(|it| it.severity == severity).count();
    let all = (0..=5).rev().filter_map(FlawSeverity::of_rank);
    let counts = all.map(|severity| (of(severity), severity.name()));
    let counts: Vec<String> = counts
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    let mut title = match found.len() {
        1 => "1 vulnerability".to_owned(),
        count => format!("{count} vulnerabilities"),
    };
    if !counts.is_empty() {
        let mended = found.iter().filter(|it| it.state == FlawState::Fixed).count();
        let packages =
            found.iter().map(|it| &it.package).collect::<std::collections::BTreeSet<_>>();
        let packages = counted(packages.len(), "package");
        let _ = write!(title, " in {packages}: {}; {mended} can be mended", counts.join(", "));
    }
    let _ = writeln!(text, "{}", style.bold(&title));
    if found.is_empty() {
        return;
    }
    let mut rows: Vec<&VulnerabilityReport> = found.iter().collect();
    rows.sort_by_key(|it| {
        (&it.package, it.state != FlawState::Fixed, Reverse(it.severity), &it.id)
    });
    let mut table = Table::new(&[
        Column::Left("PACKAGE"),
        Column::Left("INSTALLED"),
        Column::Left("FIXED IN"),
        Column::Left("SEVERITY"),
        Column::Left("ID"),
        Column::Left("STATE"),
        Column::Right("LAYER"),
        Column::Flexible("SAYS"),
    ]);
    for it in rows {
        table.row([
            it.package.name.clone(),
            it.package.version.clone(),
            it.fixed_version.clone().unwrap_or_default(),
            it.severity.name().to_owned(),
            it.id.clone(),
            if it.suppressed.is_some() { "accepted" } else { it.state.name() }.to_owned(),
            it.package.layer.to_string(),
            it.source.record.clone(),
        ]);
    }
    table.render(style, text);
}
