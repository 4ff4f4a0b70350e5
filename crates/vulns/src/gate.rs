//! Which findings let nothing pass.

use std::str::FromStr;

use cutaway_report::{FlawSeverity, FlawState, VulnerabilityReport};

/// What a gate refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// Findings as bad as this or worse.
    As(FlawSeverity),
    /// Findings that are known to be exploited.
    Exploited,
}

impl FromStr for Refused {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        use FlawSeverity::{Critical, High, Low, Medium};
        let known = [Low, Medium, High, Critical].into_iter().find(|it| it.name() == word);
        let known = known.map(Self::As).or_else(|| (word == "kev").then_some(Self::Exploited));
        known.ok_or_else(|| "it is low, medium, high, critical or kev".to_owned())
    }
}

/// What is not accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gate {
    /// Findings as bad as this or worse; nothing where none is refused.
    pub severity: Option<FlawSeverity>,
    /// Whether findings are that are known to be exploited.
    pub kev: bool,
    /// Whether those alone count that the build of the image itself can mend: with a version without them,
    /// and brought by a layer above its base.
    pub only_fixable_here: bool,
    /// Whether those alone count that a version without them is there for.
    pub ignore_unfixed: bool,
}

impl Gate {
    /// Refuses what any of these words does.
    pub fn new(refused: &[Refused]) -> Self {
        let severities = refused.iter().filter_map(|it| match it {
            Refused::As(severity) => Some(*severity),
            Refused::Exploited => None,
        });
        let severity = severities.min();
        Self { severity, kev: refused.contains(&Refused::Exploited), ..Self::default() }
    }

    /// Returns whether a finding is refused. Those that are negligible, fixed for some only, of the kernel without a
    /// kernel, of a module that is not known or beyond the custom ranges of their record are not, and neither
    /// are those that are suppressed, and those in packages that are not there any more.
    pub fn refuses(&self, finding: &VulnerabilityReport) -> bool {
        let malicious = finding.ids().any(|id| id.starts_with("MAL-"));
        let counts = finding.is_open()
            && !finding.source.notes.iter().any(|note| note == "custom-range")
            && (!self.ignore_unfixed || malicious || finding.state == FlawState::Fixed);
        let here = finding.state == FlawState::Fixed && finding.package.in_base == Some(false);
        let counts = counts && (!self.only_fixable_here || here);
        let is_bad = self.severity.is_some_and(|least| finding.severity >= least);
        counts && (is_bad || (self.kev && finding.kev.is_some()))
    }

    /// Returns whether anything is refused at all.
    pub fn is_set(&self) -> bool {
        self.kev || self.severity.is_some()
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
