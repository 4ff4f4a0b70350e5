//! Reports as text.

use serde::Serialize;

use crate::args::Common;
use crate::failure::{Exit, Failure};
use crate::log;

pub(crate) mod view;
pub(crate) mod view_diff;
pub(crate) mod view_story;
pub(crate) mod view_tree;

pub(crate) use cutaway_report::counted;
pub(crate) use cutaway_report::text::{Column, Style, Table, escape};

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

/// Returns how text is dressed on standard output.
pub(crate) fn style_of_stdout(common: &Common) -> Style {
    style(common, std::io::IsTerminal::is_terminal(&std::io::stdout()))
}

/// Returns how text is dressed where it goes to a terminal, or elsewhere.
pub(crate) fn style(common: &Common, terminal: bool) -> Style {
    let width = terminal.then(|| usize::from(console::Term::stdout().size().1));
    Style::new(log::colors(common, terminal), width)
}
