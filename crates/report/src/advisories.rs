//! Which advisories were asked, and what they say of packages without an image.

use cutaway_analyze::Severity;
use serde::{Deserialize, Serialize};

use crate::{DiagnosticReport, VulnerabilityReport};

/// The database that findings are from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdvisoriesReport {
    /// What it holds, as `sha256:` and 64 digits.
    pub digest: String,
    /// Its ecosystems, sorted.
    pub sources: Vec<AdvisorySource>,
}

/// An ecosystem of a database of advisories.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AdvisorySource {
    /// The ecosystem, as OSV writes it.
    pub ecosystem: String,
    /// How many records name it.
    pub records: u64,
    /// When one of them was changed last.
    pub newest: Option<String>,
}

/// What is known to be broken in packages that are in no image (schema `cutaway.match/1`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MatchReport {
    schema: &'static str,
    /// The findings, sorted.
    pub vulnerabilities: Vec<VulnerabilityReport>,
    /// The advisories that say so.
    pub database: AdvisoriesReport,
    /// What could not be judged, sorted.
    pub diagnostics: Vec<DiagnosticReport>,
    /// False exactly when a diagnostic is an error.
    pub complete: bool,
}

impl MatchReport {
    /// Says what was found.
    pub fn new(
        vulnerabilities: Vec<VulnerabilityReport>,
        database: AdvisoriesReport,
        diagnostics: Vec<DiagnosticReport>,
    ) -> Self {
        let complete = !diagnostics.iter().any(|told| told.severity == Severity::Error);
        let schema = "cutaway.match/1";
        Self { schema, vulnerabilities, database, diagnostics, complete }
    }
}
