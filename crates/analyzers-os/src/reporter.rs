//! Diagnostics on their way into the findings: one line each, escaped, bounded in length and number.
//!
//! A hostile file could otherwise make the diagnostics larger than itself.

use std::fmt;

use cutaway_analyze::{Findings, Package, Severity};
use cutaway_tar::Escaped;

use crate::repeated::Repeated;

/// How many diagnostics one file may yield; the rest is counted and said in one more.
pub(crate) const DIAGNOSTICS_MAX: usize = 100;

/// How long a message may be, in bytes.
const MESSAGE_MAX: usize = 300;

/// How much of a value from the file a message shows, in bytes of the value.
const QUOTE_MAX: usize = 64;

/// The findings of one file while it is read.
#[derive(Debug)]
pub(crate) struct Reporter<'a> {
    findings: &'a mut Findings,
    reported: usize,
    omitted: usize,
    omitted_error: bool,
    repeated: Repeated,
}

impl<'a> Reporter<'a> {
    /// Starts reporting into `findings`.
    pub(crate) fn new(findings: &'a mut Findings) -> Self {
        Self {
            findings,
            reported: 0,
            omitted: 0,
            omitted_error: false,
            repeated: Repeated::default(),
        }
    }

    /// Notes something that could not be read.
    pub(crate) fn error(&mut self, code: &'static str, message: impl fmt::Display) {
        self.note(Severity::Error, code, &message);
    }

    /// Notes something odd that was read all the same.
    pub(crate) fn warning(&mut self, code: &'static str, message: impl fmt::Display) {
        self.note(Severity::Warning, code, &message);
    }

    /// Notes a database without a byte in it.
    pub(crate) fn empty(&mut self) {
        self.warning("database-empty", "the database is there but has no record in it");
    }

    /// Adds a package, unless an equal record is there.
    pub(crate) fn package(&mut self, package: Package) {
        self.repeated.add(package, self.findings);
    }

    /// Says with this code that records stand more than once in the database, where they do.
    pub(crate) fn repeated(&mut self, code: &'static str) {
        if let Some(message) = self.repeated.message() {
            self.warning(code, message);
        }
    }

    /// Returns the findings, for what is neither a package nor a diagnostic.
    pub(crate) fn findings(&mut self) -> &mut Findings {
        self.findings
    }

    /// Says how many diagnostics were left out, if any.
    pub(crate) fn finish(self) {
        if self.omitted == 0 {
            return;
        }
        let message = format!("{} more like these (limit {DIAGNOSTICS_MAX})", self.omitted);
        if self.omitted_error {
            self.findings.error("diagnostics-omitted", message);
        } else {
            self.findings.warning("diagnostics-omitted", message);
        }
    }

    fn note(&mut self, severity: Severity, code: &'static str, message: &dyn fmt::Display) {
        if self.reported >= DIAGNOSTICS_MAX {
            self.omitted = self.omitted.saturating_add(1);
            self.omitted_error |= severity == Severity::Error;
            return;
        }
        self.reported = self.reported.saturating_add(1);
        let message = escape(&message.to_string(), MESSAGE_MAX);
        match severity {
            Severity::Error => self.findings.error(code, message),
            Severity::Warning => self.findings.warning(code, message),
        }
    }
}

/// Returns the start of a value from the file in quotation marks, fit for a message.
pub(crate) fn quote(value: &[u8]) -> String {
    let shown = value.get(..QUOTE_MAX).unwrap_or(value);
    let text = String::from_utf8_lossy(shown);
    let more = if shown.len() < value.len() { "…" } else { "" };
    format!("\"{}{more}\"", escape(&text, MESSAGE_MAX))
}

/// Shows `text` on one line of at most `max` bytes.
fn escape(text: &str, max: usize) -> String {
    Escaped::new(text).at_most(max.saturating_sub('…'.len_utf8())).to_string()
}

#[cfg(test)]
mod tests {
    use cutaway_analyze::Findings;

    use super::{DIAGNOSTICS_MAX, MESSAGE_MAX, Reporter, quote};

    #[test]
    fn messages_are_one_bounded_line() {
        let mut findings = Findings::default();
        let mut reporter = Reporter::new(&mut findings);
        reporter.error("code", format!("a\nb\x1b[31m\u{202e}{}", "é".repeat(1000)));
        reporter.finish();
        let message = &findings.diagnostics()[0].message;
        assert!(message.starts_with("a\\nb\\u{1b}[31m\\u{202e}é"), "{message}");
        assert!(message.len() <= MESSAGE_MAX);
        assert!(message.ends_with('…'));
    }

    #[test]
    fn diagnostics_are_bounded_in_number() {
        let mut findings = Findings::default();
        let mut reporter = Reporter::new(&mut findings);
        for _ in 0..DIAGNOSTICS_MAX {
            reporter.warning("code", "odd");
        }
        reporter.error("code", "lost");
        reporter.finish();
        assert_eq!(findings.diagnostics().len(), DIAGNOSTICS_MAX + 1);
        assert!(findings.incomplete(), "an omitted error still counts");
    }

    #[test]
    fn quoting() {
        assert_eq!(quote(b"a\0\xff"), "\"a\\u{0}\u{fffd}\"");
        assert_eq!(quote(&[b'x'; 65]), format!("\"{}…\"", "x".repeat(64)));
    }
}
