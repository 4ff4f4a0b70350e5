//! Reports as text.

use serde::Serialize;

use crate::failure::{Exit, Failure};

pub(crate) mod inspect;
pub(crate) mod owned;
pub(crate) mod scan;
mod table;
pub(crate) mod view;
pub(crate) mod view_diff;
pub(crate) mod view_story;
pub(crate) mod view_tree;

pub(crate) use table::{Column, Layout, Table, escape};

/// Returns a report as JSON, indented, with a newline at its end.
pub(crate) fn json(report: &impl Serialize) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    cutaway_report::write_json(report, &mut bytes).map_err(|error| {
        Failure::new(Exit::Invalid, format!("cannot write the report: {error}"))
    })?;
    Ok(bytes)
}

/// Returns a part of a report as JSON on one line, without a newline.
pub(crate) fn json_line(part: &impl Serialize) -> Result<Vec<u8>, Failure> {
    serde_json::to_vec(part)
        .map_err(|error| Failure::new(Exit::Invalid, format!("cannot write: {error}")))
}

/// Returns a number and what it counts, whose plural ends in an s.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

/// How text is dressed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    colors: bool,
    /// The columns of the terminal; none where text goes elsewhere and lines may be as long as they are.
    width: Option<usize>,
}

impl Style {
    pub(crate) fn new(colors: bool, terminal: bool) -> Self {
        Self { colors, width: terminal.then(|| usize::from(console::Term::stdout().size().1)) }
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.dress("1", text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.dress("2", text)
    }

    pub(crate) fn red(self, text: &str) -> String {
        self.dress("31", text)
    }

    pub(crate) fn yellow(self, text: &str) -> String {
        self.dress("33", text)
    }

    pub(crate) fn green(self, text: &str) -> String {
        self.dress("32", text)
    }

    pub(crate) fn blue(self, text: &str) -> String {
        self.dress("1;34", text)
    }

    pub(crate) fn cyan(self, text: &str) -> String {
        self.dress("36", text)
    }

    fn dress(self, code: &str, text: &str) -> String {
        if self.colors { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}
