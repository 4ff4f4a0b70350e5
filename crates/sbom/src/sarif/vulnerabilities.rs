//! Findings in packages as results: one rule for each flaw, one result for each package that has it.

use std::collections::BTreeMap;

use cutaway_report::{FlawSeverity, Suppression, Tenths, VulnerabilityReport};
use serde::Serialize;

use super::{Artifact, Fingerprints, Location, Logical, Outcome, Physical, Region, Rule, Text};
use crate::subject::encoded;
use crate::uuid;

/// What a rule says of how bad a flaw is.
#[derive(Debug, Serialize)]
pub(super) struct RuleProperties {
    /// A score of CVSS, as a text: readers take nothing else.
    #[serde(rename = "security-severity")]
    security_severity: String,
    tags: Vec<&'static str>,
}

/// What a result says beside its message.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OutcomeProperties {
    purl: String,
    state: &'static str,
    fixed_version: Option<String>,
    layer: usize,
    created_by: Option<String>,
    in_base: Option<bool>,
    image_digest: Option<String>,
}

/// Why a result does not count.
#[derive(Debug, Serialize)]
pub(super) struct Suppressed {
    kind: &'static str,
    justification: String,
}

/// Returns a rule for each flaw, sorted by its id.
pub(super) fn rules(found: &[VulnerabilityReport]) -> Vec<Rule<'_>> {
    let mut worst: BTreeMap<&str, (Tenths, &VulnerabilityReport)> = BTreeMap::new();
    for finding in found {
        let place = worst.entry(&finding.id).or_insert((score(finding), finding));
        if score(finding) > place.0 {
            *place = (score(finding), finding);
        }
    }
    let rule = |(id, (score, finding)): (&'_ str, (Tenths, &VulnerabilityReport))| RuleProperties {
        security_severity: format!("{:.1}", f64::from(score)),
        tags: match id.starts_with("MAL-") || finding.kev.is_some() {
            true => vec!["security", "vulnerability", finding.severity.name(), "exploited"],
            false => vec!["security", "vulnerability", finding.severity.name()],
        },
    };
    let rules = worst.into_iter().map(|(id, it)| Rule {
        id,
        short_description: Text { text: format!("{id}: known to be broken").into() },
        help_uri: Some(format!("https://osv.dev/vulnerability/{}", encoded(id))),
        properties: Some(rule((id, it))),
    });
    rules.collect()
}

/// Returns the result of a finding in an image.
pub(super) fn result(
    finding: &VulnerabilityReport,
    image: &str,
    digest: Option<&str>,
    rule_index: usize,
) -> Outcome {
    let package = &finding.package;
    let bare = package.purl.split(['@', '?']).next().unwrap_or_default();
    let fingerprint = uuid::short(&format!("{}\n{bare}\n{image}", finding.id), 32);
    // Readers want a place: the database of the package, or else the image.
    let path = Some(package.database.as_str()).filter(|path| !path.is_empty()).unwrap_or(image);
    let uri = path.split('/').map(encoded).collect::<Vec<_>>().join("/");
    let fix = match &finding.fixed_version {
        Some(fixed) => format!("fixed in {fixed}"),
        None => finding.state.name().to_owned(),
    };
    let (name, version, id) = (&package.name, &package.version, &finding.id);
    let message = format!("{name} {version} has {id}, {fix}: {}", finding.why());
    Outcome {
        rule_index,
        rule_id: finding.id.clone(),
        level: match finding.severity {
            _ if !finding.state.counts() => "note",
            FlawSeverity::Critical | FlawSeverity::High => "error",
            FlawSeverity::Medium | FlawSeverity::Unknown => "warning",
            FlawSeverity::Low | FlawSeverity::Negligible => "note",
        },
        message: Text { text: message.into() },
        locations: [Location {
            physical_location: Physical {
                artifact_location: Artifact { uri, uri_base_id: Some("ROOTPATH") },
                region: Some(Region { start_line: 1 }),
            },
            logical_locations: vec![Logical {
                name: format!("layer {}", package.layer),
                kind: "module",
            }],
        }],
        partial_fingerprints: Fingerprints { first: fingerprint },
        properties: Some(OutcomeProperties {
            purl: package.purl.clone(),
            state: finding.state.name(),
            fixed_version: finding.fixed_version.clone(),
            layer: package.layer,
            created_by: package.created_by.clone(),
            in_base: package.in_base,
            image_digest: digest.map(str::to_owned),
        }),
        suppressions: finding.suppressed.iter().map(suppressed).collect(),
    }
}

fn suppressed(why: &Suppression) -> Suppressed {
    Suppressed { kind: "external", justification: why.reason.clone() }
}

/// Returns the score, or the middle of those that a word stands for.
fn score(finding: &VulnerabilityReport) -> Tenths {
    let of_word = match finding.severity {
        FlawSeverity::Critical => 95,
        FlawSeverity::High => 80,
        FlawSeverity::Medium => 55,
        FlawSeverity::Low => 20,
        FlawSeverity::Negligible => 1,
        FlawSeverity::Unknown => 0,
    };
    finding.score.unwrap_or(Tenths(of_word))
}
