//! Files against what their packages record, for people.
//!
//! What nothing explains is listed; a directory in which no package owns anything is one row. What is
//! explained is counted by reason; JSON has every file.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::iter;

use cutaway_scan::{FileReport, FilesReport};

use super::{Column, Layout, Style, Table, escape};

/// How many reasons are shown.
const MAX_REASONS: usize = 12;

/// Writes a section for unowned, modified and missing files each.
pub(crate) fn files(files: &FilesReport, style: Style, out: &mut dyn io::Write) -> io::Result<()> {
    let mut text = heading(files.unowned.len(), "unowned", "no package has", style);
    out.write_all(text.as_bytes())?;
    unowned(files, style, out)?;
    text = reasons(files.unowned.iter().filter_map(|file| file.explained), style);
    text += &heading(files.modified.len(), "modified", "not as the package recorded", style);
    rows(&files.modified, true, style, &mut text);
    text += &reasons(files.modified.iter().filter_map(|file| file.explained.as_deref()), style);
    text += &heading(files.missing.len(), "missing", "recorded, but not in the image", style);
    rows(&files.missing, false, style, &mut text);
    text += &reasons(files.missing.iter().filter_map(|file| file.explained.as_deref()), style);
    out.write_all(text.as_bytes())
}

fn heading(count: usize, what: &str, meaning: &str, style: Style) -> String {
    let files = super::counted(count, &format!("{what} file"));
    format!("\n{}\n", style.bold(&format!("{files}: {meaning}")))
}

/// Lists what nobody owns. It may be all of a large image: no row is kept.
fn unowned(files: &FilesReport, style: Style, out: &mut dyn io::Write) -> io::Result<()> {
    let columns = [Column::Right("LAYER"), Column::Right("FILES"), Column::Flexible("PATH")];
    let mut layout = Layout::new(&columns);
    let mut any = false;
    for row in groups(files) {
        layout.widen(&row.cells());
        any = true;
    }
    if any {
        out.write_all(layout.title(style).as_bytes())?;
    }
    groups(files).try_for_each(|row| out.write_all(layout.line(&row.cells(), style).as_bytes()))
}

/// Unowned files of one row: one, or several of one layer in a directory that nobody owns.
struct Group<'f> {
    layer: Option<usize>,
    files: u64,
    path: String,
    directory: Option<&'f str>,
}

impl Group<'_> {
    fn cells(&self) -> [String; 3] {
        let path = match self.directory {
            Some(directory) if self.files > 1 => format!("{directory}/"),
            _ => self.path.clone(),
        };
        [layer_text(self.layer), self.files.to_string(), escape(&path)]
    }
}

/// Returns the rows of what nobody owns and nothing explains, in order.
fn groups(files: &FilesReport) -> impl Iterator<Item = Group<'_>> {
    let unexplained = files.unowned.iter().filter(|file| file.explained.is_none());
    let mut ones = unexplained
        .map(|file| Group {
            layer: file.layer,
            files: 1,
            directory: files.directory_of(&file.path),
            path: file.path,
        })
        .peekable();
    iter::from_fn(move || {
        let mut group = ones.next()?;
        while ones
            .next_if(|next| {
                next.directory.is_some()
                    && next.directory == group.directory
                    && next.layer == group.layer
            })
            .is_some()
        {
            group.files = group.files.saturating_add(1);
        }
        Some(group)
    })
}

fn rows(files: &[FileReport], found: bool, style: Style, text: &mut String) {
    let mut unexplained = files.iter().filter(|file| file.explained.is_none()).peekable();
    if unexplained.peek().is_none() {
        return;
    }
    let mut columns = vec![Column::Right("LAYER"), Column::Left("PACKAGE"), Column::Left("CONFIG")];
    columns.extend(found.then_some(Column::Left("CHANGE")));
    columns.push(Column::Flexible("PATH"));
    let mut table = Table::new(&columns);
    for file in unexplained {
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

/// Counts what explains files.
fn reasons<R: Ord + AsRef<str>>(reasons: impl Iterator<Item = R>, style: Style) -> String {
    let mut counts: BTreeMap<R, u64> = BTreeMap::new();
    for reason in reasons {
        let count = counts.entry(reason).or_default();
        *count = count.saturating_add(1);
    }
    let mut text = String::new();
    if counts.is_empty() {
        return text;
    }
    let all: u64 = counts.values().sum();
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{}", style.dim(&format!("{all} explained:")));
    let mut counts: Vec<(R, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    for (reason, count) in counts.iter().take(MAX_REASONS) {
        let _ = writeln!(text, "  {count:>5}  {}", escape(reason.as_ref()));
    }
    let rest: u64 = counts.iter().skip(MAX_REASONS).map(|(_, count)| count).sum();
    if rest > 0 {
        let _ = writeln!(text, "  {rest:>5}  other reasons; --format json has them");
    }
    text
}

fn layer_text(layer: Option<usize>) -> String {
    layer.map_or_else(|| "-".to_owned(), |layer| layer.to_string())
}
