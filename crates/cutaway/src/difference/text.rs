//! The differences of two images, as one value and as text.

use std::fmt::Write as _;

use cutaway_ref::Digest;
use cutaway_report::text::{Style, escape};
use cutaway_report::{ConfigDifference, ImageReport, PackageDifferences, counted};
use serde::Serialize;

use super::FileChange;

/// The differences of two images, `cutaway.diff/1`, their files apart: there may be many, and they are written
/// one by one.
#[derive(Debug, Serialize)]
pub struct DifferenceReport<'a> {
    schema: &'static str,
    a: &'a ImageReport,
    b: &'a ImageReport,
    /// How many layers both share, from the base up.
    shared_layers: usize,
    /// How many of them were not read.
    spared_layers: usize,
    config: Vec<ConfigDifference>,
    packages: PackageDifferences,
}

impl<'a> DifferenceReport<'a> {
    /// Puts together what differs in `a` and `b`, which share so many layers, of which so many were not read.
    pub fn new(
        (a, b): (&'a ImageReport, &'a ImageReport),
        (shared_layers, spared_layers): (usize, usize),
        config: Vec<ConfigDifference>,
        packages: PackageDifferences,
    ) -> Self {
        Self { schema: "cutaway.diff/1", a, b, shared_layers, spared_layers, config, packages }
    }

    /// Returns everything but the files as lines for people.
    pub fn text(&self, style: Style) -> String {
        head(self, style)
    }
}

impl FileChange {
    /// Returns what differs as a line for people, without its end.
    pub fn text(&self, style: Style) -> String {
        line(self, style)
    }
}

fn line(change: &FileChange, style: Style) -> String {
    let path = escape(&change.path);
    match change.change {
        "added" => style.green(&format!("+ {path}")),
        "removed" => style.red(&format!("- {path}")),
        "changed" => style.yellow(&format!("~ {path}{}", details(change))),
        "written-by-b" => style.green(&format!("> {path}  (b writes it over the base)")),
        "written-by-a" => style.red(&format!("< {path}  (a writes it over the base)")),
        "hidden-by-b" => style.red(&format!("- {path}  (b hides what the base has)")),
        "emptied-by-b" => style.red(&format!("- {path}/  (b hides all that the base has in it)")),
        "emptied-by-a" => style.green(&format!("+ {path}/  (a hides all that the base has in it)")),
        _ => style.green(&format!("+ {path}  (a hides what the base has)")),
    }
}

/// Returns everything but the files as text.
fn head(answer: &DifferenceReport<'_>, style: Style) -> String {
    let mut text = String::new();
    for (label, named) in [("a", &answer.a), ("b", &answer.b)] {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{}  {}  {}",
            style.dim(label),
            style.bold(&escape(&named.name)),
            named.id.as_ref().map_or("none", Digest::as_str)
        );
    }
    let (shared, spared) = (answer.shared_layers, answer.spared_layers);
    let _ = writeln!(text, "{} at the base shared; {spared} not read", counted(shared, "layer"));
    let _ = writeln!(
        text,
        "\n{}",
        style.bold(&format!("config: {}", counted(answer.config.len(), "difference")))
    );
    for change in &answer.config {
        let (key, a, b) =
            (escape(&change.key), escape(&change.a.to_string()), escape(&change.b.to_string()));
        let _ = writeln!(text, "~ {key}: {a} → {b}");
    }
    packages(&answer.packages, style, &mut text);
    text
}

fn packages(packages: &PackageDifferences, style: Style, text: &mut String) {
    let count = [&packages.added, &packages.removed, &packages.changed]
        .iter()
        .map(|list| list.len())
        .fold(0, usize::saturating_add);
    let heading = match &packages.reason {
        Some(reason) => format!("packages: not compared: {reason}"),
        None => format!("packages: {}", counted(count, "difference")),
    };
    let _ = writeln!(text, "\n{}", style.bold(&heading));
    for list in [&packages.added, &packages.removed, &packages.changed] {
        for package in list {
            let name = escape(&package.name);
            let line = match (&package.a, &package.b) {
                (None, Some(b)) => style.green(&format!("+ {name} {}", escape(b))),
                (Some(a), None) => style.red(&format!("- {name} {}", escape(a))),
                (a, b) => {
                    let version =
                        |version: &Option<String>| escape(version.as_deref().unwrap_or_default());
                    let (old, new) = match (&package.arch_a, &package.arch) {
                        (Some(old), Some(new)) => {
                            (format!(" ({})", escape(old)), format!(" ({})", escape(new)))
                        }
                        _ => Default::default(),
                    };
                    style.yellow(&format!("~ {name} {}{old} → {}{new}", version(a), version(b)))
                }
            };
            text.push_str(&line);
            text.push('\n');
        }
    }
}

/// Says in what two versions of a file differ.
fn details(change: &FileChange) -> String {
    let (Some(a), Some(b)) = (&change.a, &change.b) else { return String::new() };
    let mut details: Vec<String> = a.differences(b);
    if change.content {
        details.insert(0, "content".into());
    }
    if details.is_empty() { String::new() } else { format!("  ({})", details.join(", ")) }
}
