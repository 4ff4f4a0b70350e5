//! Diagnostics about the comparison as a whole.

use cutaway_analyze::Severity;
use cutaway_report::DiagnosticReport;

/// Makes one of severity error, of no path.
pub(super) fn error(code: &'static str, message: String) -> DiagnosticReport {
    DiagnosticReport {
        severity: Severity::Error,
        code: code.into(),
        path: None,
        layer: None,
        message,
    }
}
