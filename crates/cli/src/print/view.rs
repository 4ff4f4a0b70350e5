//! Files as lines for people and as JSON for programs, written while they are found.

use std::io::{self, BufWriter, IsTerminal as _, Stdout, Write};

use cutaway_layerfs::{EntryPath, Meta};
use cutaway_report::{ImageReport, mode_text};
use cutaway_tar::Escaped;
use serde::Serialize;

use super::Style;
use crate::args::{Common, TextFormat};
use crate::failure::Failure;
use crate::progress;

/// Standard output, for a list that may be long.
pub(crate) struct Output {
    out: BufWriter<Stdout>,
    pub(crate) terminal: bool,
    pub(crate) style: Style,
}

impl Output {
    pub(crate) fn new(common: &Common) -> Self {
        progress::end_on_terminal();
        let stdout = io::stdout();
        let terminal = stdout.is_terminal();
        let style = super::style(common, terminal);
        Self { out: BufWriter::with_capacity(64 << 10, stdout), terminal, style }
    }

    /// Writes text.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), Failure> {
        self.bytes(text.as_bytes())
    }

    /// Writes a path: its bytes as they are, or escaped where a terminal would obey them.
    pub(crate) fn path(&mut self, path: &EntryPath) -> Result<(), Failure> {
        if self.terminal {
            return self.text(&path.to_string());
        }
        self.bytes(path.as_bytes())
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.out.write_all(bytes).map_err(|error| Failure::of_write(&error, "standard output"))
    }

    /// Writes what programs read: its bytes as they are, or escaped where a terminal would obey them.
    pub(crate) fn document(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        if self.terminal {
            return self.text(&Escaped::lines(bytes));
        }
        self.bytes(bytes)
    }

    /// Writes a report as JSON, indented, with a newline at its end, without holding its text.
    pub(crate) fn json(&mut self, report: &impl Serialize) -> Result<(), Failure> {
        if self.terminal {
            return self.document(&super::json(report)?);
        }
        cutaway_report::write_json(report, &mut self.out)
            .map_err(|error| Failure::of_write(&error, "standard output"))
    }

    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        self.out.flush().map_err(|error| Failure::of_write(&error, "standard output"))
    }
}

#[derive(Serialize)]
struct Head<'a> {
    schema: &'static str,
    image: Option<&'a ImageReport>,
}

/// A list that is written item by item, as lines or as one JSON object.
pub(crate) struct List {
    pub(crate) output: Output,
    format: TextFormat,
    first: bool,
}

impl List {
    /// Begins a list; `schema` names its JSON form, whose items are under `entries`, and `image` is
    /// none where the documents of the image are not known.
    pub(crate) fn new(
        common: &Common,
        format: TextFormat,
        schema: &'static str,
        image: Option<&ImageReport>,
    ) -> Result<Self, Failure> {
        let mut list = Self { output: Output::new(common), format, first: true };
        if format == TextFormat::Json {
            let head = super::json(&Head { schema, image })?;
            // The entries become its last key.
            list.output.document(head.strip_suffix(b"\n}\n").unwrap_or(&head))?;
            list.output.text(",\n  \"entries\": [")?;
        }
        Ok(list)
    }

    /// Returns whether items go out as JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.format == TextFormat::Json
    }

    /// Writes an item as JSON.
    pub(crate) fn json(&mut self, item: &impl Serialize) -> Result<(), Failure> {
        self.output.text(if self.first { "\n    " } else { ",\n    " })?;
        self.first = false;
        self.output.document(&super::json_line(item)?)
    }

    /// Ends the list.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        if self.format == TextFormat::Json {
            self.output.text(if self.first { "]\n}\n" } else { "\n  ]\n}\n" })?;
        }
        self.output.finish()
    }
}

/// Writes a file as one line: mode, owner, size, layer, path and link target.
pub(crate) fn long(
    output: &mut Output,
    path: &EntryPath,
    meta: &Meta,
    layer: usize,
) -> Result<(), Failure> {
    let size = match meta.device {
        Some((major, minor)) => format!("{major},{minor}"),
        None => meta.size.to_string(),
    };
    let owner = format!("{}:{}", meta.uid, meta.gid);
    let mode = mode_text(meta);
    output.text(&format!("{mode} {owner:<9} {size:>10} {layer:>3} "))?;
    output.path(path)?;
    if let Some(link) = meta.link.as_deref() {
        output.text(" -> ")?;
        if output.terminal {
            output.text(&super::escape(&String::from_utf8_lossy(link)))?;
        } else {
            output.bytes(link)?;
        }
    }
    output.text("\n")
}
