//! Files against what their packages record, for people.
//!
//! What nothing explains is listed; a directory in which no package owns anything is one row. What is
//! explained is counted by reason; JSON has every file.

use std::io;

use super::style::Style;
use super::table::{Column, Layout, escape};
use crate::units::counted;
use crate::{FileGroup, FileList, FileReport, FilesReport};

/// How many reasons are shown.
const MAX_REASONS: usize = 12;

/// Writes a section for unowned, modified and missing files each.
pub(super) fn files(files: &FilesReport, style: Style, out: &mut dyn io::Write) -> io::Result<()> {
    heading(&files.unowned, "unowned", "no package has", style, out)?;
    unowned(files, style, out)?;
    reasons(&files.unowned, style, out)?;
    heading(&files.modified, "modified", "not as the package recorded", style, out)?;
    owned(&files.modified, true, style, out)?;
    reasons(&files.modified, style, out)?;
    heading(&files.missing, "missing", "recorded, but not in the image", style, out)?;
    owned(&files.missing, false, style, out)?;
    reasons(&files.missing, style, out)
}

fn heading(
    files: &FileList,
    what: &str,
    meaning: &str,
    style: Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let files = counted(files.len(), &format!("{what} file"));
    writeln!(out, "\n{}", style.bold(&format!("{files}: {meaning}")))
}

/// Lists what nobody owns.
fn unowned(files: &FilesReport, style: Style, out: &mut dyn io::Write) -> io::Result<()> {
    let columns = [Column::Right("LAYER"), Column::Right("FILES"), Column::Flexible("PATH")];
    let cells = |group: FileGroup<'_>| {
        vec![layer_text(group.layer), group.files.to_string(), escape(&group.path())]
    };
    rows(&columns, || files.unowned_groups().map(cells), style, out)
}

/// Lists what packages own, and with `found` what is there instead.
fn owned(files: &FileList, found: bool, style: Style, out: &mut dyn io::Write) -> io::Result<()> {
    let mut columns = vec![Column::Right("LAYER"), Column::Left("PACKAGE"), Column::Left("CONFIG")];
    columns.extend(found.then_some(Column::Left("CHANGE")));
    columns.push(Column::Flexible("PATH"));
    let cells = |file: FileReport| {
        let config = if file.config { "yes" } else { "-" }.to_owned();
        let mut cells = vec![layer_text(file.layer), escape(&file.packages.join(", ")), config];
        cells.extend(found.then(|| escape(&file.change())));
        cells.push(escape(&file.path));
        cells
    };
    rows(&columns, || files.unexplained().map(cells), style, out)
}

/// Writes rows as a table, without a title where there is none. They may be as many as a large image
/// has files: they are made twice instead of kept.
fn rows<R: Iterator<Item = Vec<String>>>(
    columns: &[Column],
    rows: impl Fn() -> R,
    style: Style,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut layout = Layout::new(columns);
    rows().for_each(|cells| layout.widen(&cells));
    for (position, cells) in rows().enumerate() {
        if position == 0 {
            out.write_all(layout.title(style).as_bytes())?;
        }
        out.write_all(layout.line(&cells, style).as_bytes())?;
    }
    Ok(())
}

/// Counts what explains files.
fn reasons(files: &FileList, style: Style, out: &mut dyn io::Write) -> io::Result<()> {
    let counts = files.reasons();
    if counts.is_empty() {
        return Ok(());
    }
    let all: u64 = counts.values().sum();
    writeln!(out, "{}", style.dim(&format!("{all} explained:")))?;
    let mut counts: Vec<(&str, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    for (reason, count) in counts.iter().take(MAX_REASONS) {
        writeln!(out, "  {count:>5}  {}", escape(reason))?;
    }
    let rest: u64 = counts.iter().skip(MAX_REASONS).map(|(_, count)| count).sum();
    if rest > 0 {
        writeln!(out, "  {rest:>5}  other reasons; --format json has them")?;
    }
    Ok(())
}

fn layer_text(layer: Option<usize>) -> String {
    layer.map_or_else(|| "-".to_owned(), |layer| layer.to_string())
}
