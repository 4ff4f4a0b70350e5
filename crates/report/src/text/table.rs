//! Columns of text.

use console::{measure_text_width, pad_str, truncate_str};
use cutaway_tar::Escaped;

use super::style::Style;

/// A table whose columns are as wide as their widest cell.
#[derive(Debug)]
pub struct Table {
    layout: Layout,
    rows: Vec<Vec<String>>,
}

/// The columns of a table and how wide they are, for rows that are too many to be kept.
#[derive(Debug)]
pub(super) struct Layout {
    columns: Vec<Column>,
    widths: Vec<usize>,
}

/// How a column is laid out.
#[derive(Debug, Clone, Copy)]
pub enum Column {
    /// Text, from the left.
    Left(&'static str),
    /// Numbers, to the right.
    Right(&'static str),
    /// Text that gives way where the terminal is too narrow; the last column.
    Flexible(&'static str),
}

impl Column {
    fn title(self) -> &'static str {
        let (Self::Left(title) | Self::Right(title) | Self::Flexible(title)) = self;
        title
    }
}

impl Table {
    /// A table without rows.
    pub fn new(columns: &[Column]) -> Self {
        Self { layout: Layout::new(columns), rows: Vec::new() }
    }

    /// Adds a row; control characters in its cells are escaped.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let cells: Vec<String> = cells.into_iter().map(|cell| escape(&cell)).collect();
        self.layout.widen(&cells);
        self.rows.push(cells);
    }

    /// Lays the table out, a title line first.
    pub fn render(&self, style: Style, text: &mut String) {
        text.push_str(&self.layout.title(style));
        for row in &self.rows {
            text.push_str(&self.layout.line(row, style));
        }
    }
}

impl Layout {
    /// Returns columns that are as wide as their titles.
    pub(super) fn new(columns: &[Column]) -> Self {
        let widths = columns.iter().map(|column| measure_text_width(column.title())).collect();
        Self { columns: columns.to_vec(), widths }
    }

    /// Makes room for a row, whose cells are escaped.
    pub(super) fn widen(&mut self, cells: &[String]) {
        for (width, cell) in self.widths.iter_mut().zip(cells) {
            *width = measure_text_width(cell).max(*width);
        }
    }

    /// Returns the line with the titles.
    pub(super) fn title(&self, style: Style) -> String {
        let titles: Vec<String> =
            self.columns.iter().map(|column| column.title().to_owned()).collect();
        let line = self.line(&titles, style);
        style.dim(line.trim_end()) + "\n"
    }

    /// Returns a row, whose cells are escaped, as a line: two blanks between columns, none at its end.
    pub(super) fn line(&self, cells: &[String], style: Style) -> String {
        let mut line = String::new();
        for ((cell, &width), column) in cells.iter().zip(&self.widths).zip(&self.columns) {
            if !line.is_empty() {
                line.push_str("  ");
            }
            match column {
                Column::Left(_) => {
                    line.push_str(&pad_str(cell, width, console::Alignment::Left, None));
                }
                Column::Right(_) => {
                    line.push_str(&pad_str(cell, width, console::Alignment::Right, None));
                }
                Column::Flexible(_) => {
                    let used = measure_text_width(&line);
                    let room =
                        style.width.map_or(usize::MAX, |width| width.saturating_sub(used).max(16));
                    line.push_str(&truncate_str(cell, room, "…"));
                }
            }
        }
        line.truncate(line.trim_end().len());
        line.push('\n');
        line
    }
}

/// Returns text with everything escaped that could move the cursor or turn the writing round.
pub fn escape(text: &str) -> String {
    Escaped::new(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lays_out() {
        let mut table =
            Table::new(&[Column::Left("NAME"), Column::Right("SIZE"), Column::Flexible("WHAT")]);
        table.row(["a".into(), "10".into(), "x".repeat(40)]);
        table.row(["long\u{202e}".into(), "5".into(), String::new()]);
        let mut text = String::new();
        table.render(Style::new(false, Some(40)), &mut text);
        assert_eq!(
            text,
            "NAME          SIZE  WHAT\na               10  xxxxxxxxxxxxxxxxxxx…\nlong\\u{202e}     5\n"
        );
    }
}
