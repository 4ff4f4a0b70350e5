//! What is known to be broken, for people: by package, what can be mended first.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::diagnostics::diagnostics;
use super::style::Style;
use super::table::{Column, Table};
use crate::units::counted;
use crate::{FlawSeverity, FlawState, FlawedPackage, MatchReport, VulnerabilityReport};

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
    let has_epss = found.iter().any(|it| it.epss.is_some());
    let has_kev = found.iter().any(|it| it.kev.is_some());
    let mut columns = vec![
        Column::Left("PACKAGE"),
        Column::Left("INSTALLED"),
        Column::Left("FIXED IN"),
        Column::Left("SEVERITY"),
        Column::Left("ID"),
        Column::Left("STATE"),
    ];
    columns.extend(has_epss.then_some(Column::Right("EPSS")));
    columns.extend(has_kev.then_some(Column::Left("KEV")));
    columns.push(Column::Left("LAYER"));
    columns.push(Column::Flexible("SAYS"));
    let mut table = Table::new(&columns);
    for it in rows {
        let mut row = vec![
            it.package.name.clone(),
            it.package.version.clone(),
            it.fixed_version.clone().unwrap_or_default(),
            it.severity.name().to_owned(),
            it.id.clone(),
            if it.suppressed.is_some() { "accepted" } else { it.state.name() }.to_owned(),
        ];
        let epss = it.epss.as_ref().map(|epss| format!("{:.2}%", f64::from(epss.score) * 100.0));
        row.extend(has_epss.then(|| epss.unwrap_or_default()));
        let kev = it.kev.as_ref().map(|kev| kev.added.clone());
        row.extend(has_kev.then(|| kev.unwrap_or_default()));
        row.push(layer(&it.package));
        row.push(it.source.record.clone());
        table.row(row);
    }
    table.render(style, text);
    steps(found, style, text);
}

/// Says which layer a package is from, and what else is known of it.
fn layer(package: &FlawedPackage) -> String {
    let base = if package.in_base == Some(true) { " base" } else { "" };
    match package.hidden_by {
        Some(by) => format!("{}{base}, gone in {by}", package.layer),
        None => format!("{}{base}", package.layer),
    }
}

/// Says how much each build step brought, and how much the base has alone.
fn steps(found: &[VulnerabilityReport], style: Style, text: &mut String) {
    let mut steps: BTreeMap<(usize, &str), (usize, Option<bool>)> = BTreeMap::new();
    for FlawedPackage { layer, created_by, in_base, .. } in found.iter().map(|it| &it.package) {
        let Some(step) = created_by.as_deref() else { continue };
        let (count, _) = steps.entry((*layer, step)).or_insert((0, *in_base));
        *count = count.saturating_add(1);
    }
    if steps.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n{}", style.bold("brought by"));
    let mut table = Table::new(&[
        Column::Right("LAYER"),
        Column::Left("OF"),
        Column::Right("FOUND"),
        Column::Flexible("CREATED BY"),
    ]);
    for ((layer, step), (count, in_base)) in steps {
        let of = match in_base {
            Some(true) => "the base",
            Some(false) => "this image",
            None => "",
        };
        table.row([layer.to_string(), of.to_owned(), count.to_string(), step.to_owned()]);
    }
    table.render(style, text);
}
