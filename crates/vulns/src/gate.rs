//! Which findings let nothing pass.

use cutaway_report::{FlawSeverity, FlawState, VulnerabilityReport};

/// What is not accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gate {
    /// Findings as bad as this or worse; nothing where none is refused.
    pub severity: Option<FlawSeverity>,
    /// Whether those alone count that a version without them is there for.
    pub ignore_unfixed: bool,
}

impl Gate {
    /// Returns whether a finding is refused. Those that are negligible, fixed for some only, of the kernel without a
    /// kernel, of a module that is not known or beyond the custom ranges of their record are not, and neither
    /// are those that are suppressed.
    pub fn refuses(&self, finding: &VulnerabilityReport) -> bool {
        let malicious = finding.id.starts_with("MAL-");
        let counts = finding.suppressed.is_none()
            && finding.state.counts()
            && !finding.source.notes.iter().any(|note| note == "custom-range")
            && (!self.ignore_unfixed || malicious || finding.state == FlawState::Fixed);
        counts && self.severity.is_some_and(|least| finding.severity >= least)
    }

    /// Says what is refused among findings; nothing where all of them pass.
    pub fn verdict(&self, findings: &[VulnerabilityReport]) -> Option<String> {
        let refused: Vec<_> = findings.iter().filter(|it| self.refuses(it)).collect();
        let first = refused.first()?;
        let package = &first.package;
        let more = match refused.len().saturating_sub(1) {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        let severity = first.severity.name();
        Some(format!("{} {} has {} ({severity}){more}", package.name, package.version, first.id))
    }
}
