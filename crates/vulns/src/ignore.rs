//! Findings that somebody has looked at and accepts, in a file (TOML):
//!
//! ```toml
//! [[ignore]]
//! id = "CVE-2024-1"
//! reason = "the feature is not compiled in"
//! until = "2026-12-31"
//! ```
//!
//! An entry has a reason, and one criterion at least: `id` (any of a finding's ids), `purl` (with or without a
//! version), `path` (of the database), `state`, `layer`. All that it has must be so. It holds up to the end of
//! the day `until` (UTC); then it does nothing, and whoever reads the file is told.

use cutaway_report::{FlawState, Suppression, VulnerabilityReport, parse_time};
use serde::Deserialize;

use crate::purl::holds;

/// What is accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ignores {
    entries: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    ignore: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: Option<String>,
    purl: Option<String>,
    path: Option<String>,
    state: Option<FlawState>,
    layer: Option<usize>,
    until: Option<String>,
    reason: String,
}

/// Seconds of a day.
const DAY: i64 = 24 * 60 * 60;

impl Ignores {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// Returns a line that says which rule it breaks.
    pub fn read(text: &str) -> Result<Self, String> {
        let Document { ignore: entries } =
            toml::from_str(text).map_err(|error| error.to_string().replace('\n', " "))?;
        for (number, entry) in (1_u64..).zip(&entries) {
            let wrong = |rule: &str| Err(format!("entry {number}: {rule}"));
            if entry.reason.trim().is_empty() {
                return wrong("an entry has a reason");
            }
            if entry.is_about_all() {
                return wrong("an entry names an id, a purl, a path, a state or a layer");
            }
            if entry
                .until
                .as_ref()
                .is_some_and(|until| until.len() != 10 || parse_time(until).is_err())
            {
                return wrong("until is a day such as 2026-12-31");
            }
        }
        Ok(Self { entries })
    }

    /// Marks the findings that are accepted. Returns a line for each entry that is over or is about nothing.
    /// The time is in seconds since 1970.
    pub fn apply(&self, findings: &mut [VulnerabilityReport], now: i64) -> Vec<String> {
        let mut told = Vec::new();
        for (number, entry) in (1_u64..).zip(&self.entries) {
            if let Some(until) = entry.until.as_deref().filter(|_| entry.is_over(now)) {
                told.push(format!(
                    "entry {number} was to be ignored until {until}, and is not any more"
                ));
                continue;
            }
            let mut used = false;
            for finding in findings.iter_mut().filter(|finding| entry.is_about(finding)) {
                used = true;
                if finding.suppressed.is_none() {
                    finding.suppressed = Some(Suppression {
                        by: "ignore".to_owned(),
                        reason: entry.reason.clone(),
                        until: entry.until.clone(),
                        status: None,
                        justification: None,
                        document: None,
                    });
                }
            }
            if !used {
                told.push(format!("entry {number} is about no finding"));
            }
        }
        told
    }
}

impl Entry {
    fn is_about_all(&self) -> bool {
        self.id.is_none()
            && self.purl.is_none()
            && self.path.is_none()
            && self.state.is_none()
            && self.layer.is_none()
    }

    fn is_over(&self, now: i64) -> bool {
        let last = self.until.as_deref().and_then(|until| parse_time(until).ok());
        last.is_some_and(|last| now >= last.saturating_add(DAY))
    }

    fn is_about(&self, finding: &VulnerabilityReport) -> bool {
        let package = &finding.package;
        let id = |id: &String| finding.ids().any(|known| known == id);
        let path = |path: &String| path.trim_start_matches('/') == package.database;
        self.id.as_ref().is_none_or(id)
            && self.purl.as_ref().is_none_or(|purl| holds(purl, &package.purl))
            && self.path.as_ref().is_none_or(path)
            && self.state.is_none_or(|state| state == finding.state)
            && self.layer.is_none_or(|layer| layer == package.layer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules() {
        for (text, expected) in [
            ("", Ok(0)),
            ("[[ignore]]\nid = \"CVE-1\"\nreason = \"why\"", Ok(1)),
            ("[[ignore]]\nid = \"CVE-1\"", Err("missing field `reason`")),
            ("[[ignore]]\nid = \"CVE-1\"\nreason = \" \"", Err("an entry has a reason")),
            ("[[ignore]]\nreason = \"why\"", Err("an entry names an id")),
            ("[[ignore]]\nid = \"a\"\nreason = \"b\"\nuntil = \"soon\"", Err("until is a day")),
            ("[[ignore]]\nid = \"a\"\nreason = \"b\"\nvuln = \"c\"", Err("unknown field `vuln`")),
        ] {
            let told = Ignores::read(text).map(|it| it.entries.len());
            match (told, expected) {
                (Ok(told), Ok(expected)) => assert_eq!(told, expected, "{text}"),
                (Err(told), Err(expected)) => assert!(told.contains(expected), "{told}"),
                (told, _) => panic!("{text}: {told:?}"),
            }
        }
    }
}
