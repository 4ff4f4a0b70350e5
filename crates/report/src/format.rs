//! The forms in which a report is written and read.

use std::io::{self, Write};

use serde::Serialize;

use crate::Report;

/// A form in which a report is written.
pub trait Format {
    /// Returns the name by which it is asked for.
    fn name(&self) -> &str;

    /// Writes a report, without holding its text.
    ///
    /// # Errors
    ///
    /// Returns those of `out`.
    fn write(&self, report: &Report, out: &mut dyn Write) -> io::Result<()>;
}

/// `json`: the form that [`Report::read`] reads.
#[derive(Debug, Clone, Copy)]
pub struct Json;

/// `purls`: the package URL of each installed package on a line of its own, sorted, each once.
#[derive(Debug, Clone, Copy)]
pub struct Purls;

impl Format for Json {
    fn name(&self) -> &str {
        "json"
    }

    fn write(&self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        write_json(report, out)
    }
}

impl Format for Purls {
    fn name(&self) -> &str {
        "purls"
    }

    fn write(&self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        let mut purls: Vec<&str> =
            report.installed().map(|package| package.purl.as_str()).collect();
        purls.sort_unstable();
        purls.dedup();
        purls.iter().try_for_each(|purl| writeln!(out, "{purl}"))
    }
}

impl Report {
    /// Reads a report that was written as JSON.
    ///
    /// # Errors
    ///
    /// Returns those of `input` and what in it is no report of this form.
    pub fn read(input: impl io::Read) -> Result<Self, serde_json::Error> {
        serde_json::from_reader(io::BufReader::new(input))
    }
}

/// Writes a document as JSON, indented, with a newline at its end, without holding its text.
///
/// # Errors
///
/// Returns those of `out`.
pub fn write_json(document: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, document)?;
    out.write_all(b"\n")
}
