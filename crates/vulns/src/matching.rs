//! Packages against a database: which flaws each has, and why.

mod candidate;
mod denial;
mod finding;
mod kinds;
mod modules;
mod release;
mod streams;

use std::collections::BTreeSet;

use cutaway_analyze::Severity;
use cutaway_report::{
    AdvisoriesReport, DiagnosticReport, DistroReport, MatchReport, PackageReport,
    VulnerabilityReport,
};

use crate::db::{Database, DbError};
use candidate::Candidate;
use kinds::Place;
use release::Release;

/// What is known to be broken in packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findings {
    /// The findings, sorted; one for each flaw of each package.
    pub vulnerabilities: Vec<VulnerabilityReport>,
    /// What was asked.
    pub database: AdvisoriesReport,
    /// What could not be judged, sorted.
    pub diagnostics: Vec<DiagnosticReport>,
    /// The ecosystems of the database that were asked.
    pub asked: BTreeSet<String>,
    /// What is to be said of entries that accept findings: see [`Ignores::apply`](crate::Ignores::apply).
    pub remarks: Vec<String>,
}

/// Matches packages, which are those of one image.
///
/// Packages of a system are judged by their distribution alone, packages of languages by their ecosystems.
/// Where there is no source for either, a diagnostic says so: it is no answer.
///
/// # Errors
///
/// Returns why the database cannot be used.
pub fn find<'a>(
    database: &mut Database,
    distro: Option<&DistroReport>,
    packages: impl IntoIterator<Item = &'a PackageReport>,
) -> Result<Findings, DbError> {
    let release = Release::of(distro, database);
    let mut found = Findings {
        vulnerabilities: Vec::new(),
        database: AdvisoriesReport {
            digest: database.digest().to_owned(),
            sources: database.sources().map(|(source, _)| source.clone()).collect(),
        },
        diagnostics: Vec::new(),
        asked: BTreeSet::new(),
        remarks: Vec::new(),
    };
    let mut lacking = BTreeSet::new();
    // In the order of names, one block after the other is read.
    let mut packages: Vec<&PackageReport> =
        packages.into_iter().filter(|package| package.is_installed()).collect();
    packages.sort_by_key(|package| kinds::sort_key(package));
    for package in packages {
        match kinds::place(package, &release) {
            Place::Nowhere(why) => {
                lacking.insert(("no-advisories", why));
            }
            Place::Never(why) => {
                lacking.insert(("kind-without-advisories", why));
            }
            Place::NoVersion(why) => found.tell("version-unordered", &package.database, why),
            Place::In(lookups) => {
                let mut candidates: Vec<Candidate> = Vec::new();
                let mut unordered = None;
                for lookup in &lookups {
                    found.asked.insert(lookup.ecosystem.as_str().to_owned());
                    unordered = candidate::gather(database, package, lookup, &mut candidates)?
                        .or(unordered);
                }
                if let Some(version) = unordered {
                    let name = &package.name;
                    let message = format!(
                        "{name} {version}: the version has no place in its order, and is not judged"
                    );
                    found.tell("version-unordered", &package.database, message);
                }
                candidate::resolve(database, &mut candidates)?;
                modules::settle(package, &mut candidates);
                denial::apply(&mut candidates);
                streams::apply(package, &mut candidates);
                finding::merge(database, package, candidates, &mut found.vulnerabilities)?;
            }
        }
    }
    for (code, why) in lacking {
        found.tell(code, "", why);
    }
    found.vulnerabilities.sort();
    found.vulnerabilities.dedup();
    found.diagnostics.sort();
    found.diagnostics.dedup();
    Ok(found)
}

impl Findings {
    /// Returns them as a document.
    pub fn report(&self) -> MatchReport {
        let diagnostics = self.diagnostics.clone();
        MatchReport::new(self.vulnerabilities.clone(), self.database.clone(), diagnostics)
    }

    /// Returns whether all that was to be judged could be: nothing that is told is an error.
    pub fn is_complete(&self) -> bool {
        !self.diagnostics.iter().any(|told| told.severity == Severity::Error)
    }

    fn tell(&mut self, code: &'static str, path: &str, message: String) {
        self.diagnostics.push(DiagnosticReport {
            severity: Severity::Warning,
            code: code.into(),
            path: Some(path.to_owned()).filter(|path| !path.is_empty()),
            layer: None,
            message,
        });
    }
}
