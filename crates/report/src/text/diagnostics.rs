//! What could not be read, for people.

use std::fmt::Write as _;

use cutaway_analyze::Severity;

use super::style::Style;
use super::table::escape;
use crate::DiagnosticReport;

/// Writes a line for each diagnostic, behind an empty one.
pub fn diagnostics(diagnostics: &[DiagnosticReport], style: Style, text: &mut String) {
    if diagnostics.is_empty() {
        return;
    }
    text.push('\n');
    for diagnostic in diagnostics {
        let severity = match diagnostic.severity {
            Severity::Error => style.red("error"),
            Severity::Warning => style.yellow("warning"),
        };
        let layer = diagnostic.layer.map_or_else(String::new, |layer| format!(" (layer {layer})"));
        let path =
            diagnostic.path.as_ref().map_or_else(String::new, |path| format!("{}: ", escape(path)));
        let _ = writeln!(
            text,
            "{severity}: {path}{}{layer} [{}]",
            escape(&diagnostic.message),
            diagnostic.code
        );
    }
}
