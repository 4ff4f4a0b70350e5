//! Files against what their packages record, for people.
//!
//! What nothing explains is listed; a directory in which no package owns anything is one row. What is
//! explained is counted by reason; JSON has every file.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use cutaway_scan::{FileReport, FilesReport};

use super::{Column, Style, Table, escape};

/// How many reasons are shown.
const MAX_REASONS: usize = 12;

/// Appends a section for unowned, modified and missing files each.
pub(crate) fn files(files: &FilesReport, style: Style, text: &mut String) {
    heading(files.unowned.len(), "unowned", "no package has", style, text);
    unowned(files, style, text);
    reasons(&files.unowned, style, text);
    heading(files.modified.len(), "modified", "not as the package recorded", style, text);
    rows(&files.modified, true, style, text);
    reasons(&files.modified, style, text);
    heading(files.missing.len(), "missing", "recorded, but not in the image", style, text);
    rows(&files.missing, false, style, text);
    reasons(&files.missing, style, text);
}

fn heading(count: usize, what: &str, meaning: &str, style: Style, text: &mut String) {
    let files = super::counted(count, &format!("{what} file"));
    // Writing to a String cannot fail.
    let _ = writeln!(text, "\n{}", style.bold(&format!("{files}: {meaning}")));
}

fn unexplained(files: &[FileReport]) -> impl Iterator<Item = &FileReport> {
    files.iter().filter(|file| file.explained.is_none())
}

fn unowned(files: &FilesReport, style: Style, text: &mut String) {
    let mut table =
        Table::new(&[Column::Right("LAYER"), Column::Right("FILES"), Column::Flexible("PATH")]);
    let rows: Vec<(&FileReport, Option<&str>)> =
        unexplained(&files.unowned).map(|file| (file, files.directory_of(&file.path))).collect();
    let same = |a: &(&FileReport, Option<&str>), b: &(&FileReport, Option<&str>)| {
        a.1.is_some() && a.1 == b.1 && a.0.layer == b.0.layer
    };
    for group in rows.chunk_by(same) {
        let Some((file, directory)) = group.first() else { continue };
        let path = match directory {
            Some(directory) if group.len() > 1 => format!("{directory}/"),
            _ => file.path.clone(),
        };
        table.row([layer_text(file.layer), group.len().to_string(), path]);
    }
    if !rows.is_empty() {
        table.render(style, text);
    }
}

fn rows(files: &[FileReport], found: bool, style: Style, text: &mut String) {
    if unexplained(files).next().is_none() {
        return;
    }
    let mut columns = vec![Column::Right("LAYER"), Column::Left("PACKAGE"), Column::Left("CONFIG")];
    columns.extend(found.then_some(Column::Left("CHANGE")));
    columns.push(Column::Flexible("PATH"));
    let mut table = Table::new(&columns);
    for file in unexplained(files) {
        let mut row = vec![
            layer_text(file.layer),
            file.packages.join(", "),
            if file.config { "yes" } else { "-" }.to_owned(),
        ];
        row.extend(found.then(|| change(file)));
        row.push(file.path.clone());
        table.row(row);
    }
    table.render(style, text);
}

/// Says what is there instead; that it is other content, where it is.
fn change(file: &FileReport) -> String {
    let algorithm = |text: &String| text.split_once(':').map(|(name, _)| name.to_owned());
    match (&file.recorded, &file.found) {
        (Some(recorded), Some(found)) if algorithm(recorded) == algorithm(found) => {
            "content".to_owned()
        }
        (_, Some(found)) => format!("now {found}"),
        (_, None) => "content".to_owned(),
    }
}

fn reasons(files: &[FileReport], style: Style, text: &mut String) {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for reason in files.iter().filter_map(|file| file.explained.as_deref()) {
        let count = counts.entry(reason).or_default();
        *count = count.saturating_add(1);
    }
    if counts.is_empty() {
        return;
    }
    let all: u64 = counts.values().sum();
    let _ = writeln!(text, "{}", style.dim(&format!("{all} explained:")));
    let mut counts: Vec<(&str, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    for (reason, count) in counts.iter().take(MAX_REASONS) {
        let _ = writeln!(text, "  {count:>5}  {}", escape(reason));
    }
    let rest: u64 = counts.iter().skip(MAX_REASONS).map(|(_, count)| count).sum();
    if rest > 0 {
        let _ = writeln!(text, "  {rest:>5}  other reasons; --format json has them");
    }
}

fn layer_text(layer: Option<usize>) -> String {
    layer.map_or_else(|| "-".to_owned(), |layer| layer.to_string())
}
