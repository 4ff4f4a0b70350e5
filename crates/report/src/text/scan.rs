//! The report of a scan, for people.

use std::fmt::Write as _;
use std::io;

use super::diagnostics::diagnostics;
use super::owned;
use super::style::Style;
use super::table::{Column, Table, escape};
use super::vulnerabilities::vulnerabilities;
use crate::Report;
use crate::units::{counted, size_text as bytes};

/// Writes the report as headed tables: the image, its layers, its packages, what came in them, what is gone,
/// what happened layer by layer, files, what to know. Parts that the report has not are left out.
///
/// # Errors
///
/// What `out` says.
pub fn report(report: &Report, style: Style, out: &mut dyn io::Write) -> io::Result<()> {
    let mut text = String::new();
    heading(report, style, &mut text);
    layers(report, style, &mut text);
    packages(report, style, &mut text);
    bundled(report, style, &mut text);
    removed(report, style, &mut text);
    if let Some(found) = &report.vulnerabilities {
        text.push('\n');
        vulnerabilities(found, style, &mut text);
    }
    history(report, style, &mut text);
    if let Some(files) = &report.files {
        out.write_all(text.as_bytes())?;
        text.clear();
        owned::files(files, style, out)?;
    }
    diagnostics(&report.diagnostics, style, &mut text);
    out.write_all(text.as_bytes())
}

fn heading(report: &Report, style: Style, text: &mut String) {
    let image = &report.image;
    let unknown = || "unknown".to_owned();
    let platform = [&image.platform.os, &image.platform.architecture, &image.platform.variant];
    let platform: Vec<&str> = platform.into_iter().flatten().map(String::as_str).collect();
    let distro = report.distro.as_ref().map_or_else(unknown, |distro| {
        let name = distro.pretty_name.clone().unwrap_or_else(|| {
            [Some(distro.id.as_str()), distro.version_id.as_deref()]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(" ")
        });
        format!("{name} ({}, layer {})", distro.path, distro.layer)
    });
    let digest = image
        .digest
        .as_ref()
        .map_or_else(|| "none in this archive".to_owned(), ToString::to_string);
    for (label, value) in [
        ("image", style.bold(&escape(&image.name))),
        ("digest", digest),
        (
            "id",
            image.id.as_ref().map_or_else(|| "none in this form".to_owned(), ToString::to_string),
        ),
        ("platform", escape(&if platform.is_empty() { unknown() } else { platform.join("/") })),
        ("distro", escape(&distro)),
    ] {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{}  {value}", style.dim(&format!("{label:<8}")));
    }
}

fn layers(report: &Report, style: Style, text: &mut String) {
    if report.layers.is_empty() {
        return;
    }
    let mut table = Table::new(&[
        Column::Right("LAYER"),
        Column::Left("DIFFID"),
        Column::Right("STORED"),
        Column::Right("UNPACKED"),
        Column::Right("BROUGHT"),
        Column::Right("ENDED"),
        Column::Flexible("CREATED BY"),
    ]);
    for layer in &report.layers {
        let brought = report.installed().filter(|package| package.layer == layer.index).count();
        let ended =
            report.removed.iter().filter(|removed| removed.hidden_by == layer.index).count();
        table.row([
            layer.index.to_string(),
            layer.diff_id.0.encoded().chars().take(12).collect(),
            bytes(layer.size),
            bytes(layer.uncompressed_size),
            brought.to_string(),
            ended.to_string(),
            layer.created_by.clone().unwrap_or_else(|| "unknown".into()),
        ]);
    }
    text.push('\n');
    table.render(style, text);
}

fn packages(report: &Report, style: Style, text: &mut String) {
    let count = report.installed().count();
    let others = report.packages.len().saturating_sub(count);
    let mut title = counted(count, "package");
    if others > 0 {
        let _ = write!(title, ", {others} not installed");
    }
    let _ = writeln!(text, "\n{}", style.bold(&title));
    if report.packages.is_empty() {
        return;
    }
    let all_installed = report.packages.iter().all(|package| package.state == "installed");
    let mut columns = vec![
        Column::Left("PACKAGE"),
        Column::Left("VERSION"),
        Column::Left("ARCH"),
        Column::Left("KIND"),
        Column::Right("LAYER"),
    ];
    columns.extend((!all_installed).then_some(Column::Left("STATE")));
    columns.push(Column::Flexible("SOURCE"));
    let mut table = Table::new(&columns);
    for package in &report.packages {
        let source =
            package.source.as_ref().map_or_else(String::new, |source| match &source.version {
                Some(version) if *version != package.version => {
                    format!("{} {version}", source.name)
                }
                _ => source.name.clone(),
            });
        let mut row = vec![
            package.name.clone(),
            package.version.clone(),
            package.arch.clone().unwrap_or_else(|| "-".into()),
            package.kind.to_string(),
            package.layer.to_string(),
        ];
        row.extend((!all_installed).then(|| package.state.clone()));
        row.push(source);
        table.row(row);
    }
    table.render(style, text);
}

/// Lists packages of languages that came in packages of the system.
fn bundled(report: &Report, style: Style, text: &mut String) {
    if report.bundled.is_empty() {
        return;
    }
    let title = format!("{} bundled: in packages of the system", report.bundled.len());
    let _ = writeln!(text, "\n{}", style.bold(&title));
    let mut table = Table::new(&[
        Column::Left("PACKAGE"),
        Column::Left("VERSION"),
        Column::Left("KIND"),
        Column::Right("LAYER"),
        Column::Flexible("OWNER"),
    ]);
    for bundled in &report.bundled {
        let owner = &bundled.owner;
        table.row([
            bundled.package.name.clone(),
            bundled.package.version.clone(),
            bundled.package.kind.to_string(),
            bundled.package.layer.to_string(),
            format!("{} {}", owner.name, owner.version),
        ]);
    }
    table.render(style, text);
}

fn removed(report: &Report, style: Style, text: &mut String) {
    if report.removed.is_empty() {
        return;
    }
    let title = format!("{} removed: still shipped by a lower layer", report.removed.len());
    let _ = writeln!(text, "\n{}", style.bold(&title));
    let mut table = Table::new(&[
        Column::Left("PACKAGE"),
        Column::Left("VERSION"),
        Column::Left("ARCH"),
        Column::Right("LAYER"),
        Column::Right("ENDED BY"),
    ]);
    for removed in &report.removed {
        table.row([
            removed.package.name.clone(),
            removed.package.version.clone(),
            removed.package.arch.clone().unwrap_or_else(|| "-".into()),
            removed.package.layer.to_string(),
            removed.hidden_by.to_string(),
        ]);
    }
    table.render(style, text);
}

/// Tells the packages' stories layer by layer, where they were asked for.
fn history(report: &Report, style: Style, text: &mut String) {
    let Some(stories) = &report.history else { return };
    let _ = writeln!(text, "\n{}", style.bold("history"));
    for layer in &report.layers {
        let mut events: Vec<String> = Vec::new();
        for story in stories {
            for event in story.events.iter().filter(|event| event.layer == layer.index) {
                let from =
                    event.from.as_ref().map_or_else(String::new, |from| format!("{from} → "));
                let line =
                    format!("{:<9}  {} {from}{}", event.event.name(), story.name, event.version);
                events.push(escape(&line));
            }
        }
        if events.is_empty() {
            continue;
        }
        let by = escape(layer.created_by.as_deref().unwrap_or("unknown"));
        let _ = writeln!(text, "{}", style.dim(&format!("layer {}: {by}", layer.index)));
        for event in events {
            let _ = writeln!(text, "  {event}");
        }
    }
}
