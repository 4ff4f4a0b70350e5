//! Findings as vulnerabilities of components: one for each flaw and what is said of it.

use std::collections::BTreeMap;

use cutaway_report::{FlawSeverity, FlawState, FlawedPackage, Suppression, VulnerabilityReport};
use serde::Serialize;

use crate::bill::Bill;
use crate::subject::encoded;
use crate::uuid;

#[derive(Debug, Serialize)]
pub(super) struct Vulnerability<'b> {
    #[serde(rename = "bom-ref")]
    bom_ref: String,
    id: &'b str,
    source: Source,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    references: Vec<Reference<'b>>,
    ratings: Vec<Rating>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recommendation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    analysis: Option<Analysis<'b>>,
    affects: Vec<Affected<'b>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Property<'b>>,
}

#[derive(Debug, Serialize)]
struct Source {
    name: &'static str,
    url: String,
}

#[derive(Debug, Serialize)]
struct Reference<'b> {
    id: &'b str,
    source: Source,
}

#[derive(Debug, Serialize)]
struct Rating {
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Name {
    name: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Analysis<'b> {
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    justification: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    response: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'b str>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Affected<'b> {
    #[serde(rename = "ref")]
    reference: String,
    versions: [Version<'b>; 1],
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Version<'b> {
    version: &'b str,
    status: &'static str,
}

#[derive(Debug, Serialize)]
struct Property<'b> {
    name: &'static str,
    value: &'b str,
}

/// Returns what was found in packages of a bill. `link` is the serial number of the document in which they
/// are listed, where that is another one.
pub(super) fn of<'b>(bill: &'b Bill<'_>, link: Option<&str>) -> Vec<Vulnerability<'b>> {
    let found = bill.report.vulnerabilities.as_deref().unwrap_or_default();
    let mut groups: BTreeMap<(&str, Option<Analysis<'_>>), Vec<&VulnerabilityReport>> =
        BTreeMap::new();
    for finding in found.iter().filter(|it| it.package.hidden_by.is_none()) {
        groups.entry((&finding.id, analysis(finding))).or_default().push(finding);
    }
    let mut places: BTreeMap<(&str, &str, &str), &str> = BTreeMap::new();
    for row in bill.rows.iter().filter(|row| row.hidden_by.is_none()) {
        let package = row.package;
        places.insert((&package.purl, &package.version, &package.database), row.id.as_ref());
    }
    let all = groups.into_iter().map(|((id, analysis), found)| {
        let place = |package: &FlawedPackage| {
            let key = (package.purl.as_str(), package.version.as_str(), package.database.as_str());
            let id = places.get(&key).copied()?;
            Some(
                link.map_or_else(
                    || id.to_owned(),
                    |link| format!("urn:cdx:{link}/1#{}", encoded(id)),
                ),
            )
        };
        let affected = found.iter().filter_map(|finding| {
            let version = [Version { version: &finding.package.version, status: "affected" }];
            Some(Affected { reference: place(&finding.package)?, versions: version })
        });
        let mut affects: Vec<Affected<'_>> = affected.collect();
        affects.sort();
        affects.dedup();
        let said = analysis.as_ref().map_or("", |it| it.state);
        let mut fixes: Vec<String> = found
            .iter()
            .filter_map(|it| Some(format!("{} {}", it.package.name, it.fixed_version.as_ref()?)))
            .collect();
        fixes.sort();
        fixes.dedup();
        let mut others: Vec<&str> = found.iter().flat_map(|it| it.ids()).collect();
        others.sort_unstable();
        others.dedup();
        let first = found.first();
        let kev = first.and_then(|it| it.kev.as_ref());
        Vulnerability {
            bom_ref: format!("vulnerability:{}", uuid::short(&format!("{id}\n{said}"), 16)),
            id,
            source: source(id),
            references: others
                .into_iter()
                .filter(|other| *other != id)
                .map(|id| Reference { id, source: source(id) })
                .collect(),
            ratings: first.map_or_else(Vec::new, |it| ratings(it)),
            recommendation: (!fixes.is_empty()).then(|| format!("Upgrade to {}", fixes.join(", "))),
            analysis,
            affects,
            properties: kev
                .map(|kev| Property { name: "cutaway:kev:added", value: &kev.added })
                .into_iter()
                .collect(),
        }
    });
    all.filter(|it| !it.affects.is_empty()).collect()
}

fn source(id: &str) -> Source {
    Source { name: "OSV", url: format!("https://osv.dev/vulnerability/{}", encoded(id)) }
}

fn ratings(finding: &VulnerabilityReport) -> Vec<Rating> {
    let severity = match finding.severity {
        FlawSeverity::Negligible => "info",
        severity => severity.name(),
    };
    let score = finding.score.map(f64::from);
    let mut ratings = vec![Rating { source: None, score, severity: Some(severity), method: None }];
    if let Some(epss) = &finding.epss {
        ratings.push(Rating {
            source: Some(Name { name: "EPSS" }),
            score: Some(f64::from(epss.score)),
            severity: None,
            method: Some("other"),
        });
    }
    ratings
}

/// Returns what is said of a finding, where somebody has said something.
fn analysis(finding: &VulnerabilityReport) -> Option<Analysis<'_>> {
    let plain = |state, response: Vec<&'static str>| {
        Some(Analysis { state, justification: None, response, detail: None })
    };
    match &finding.suppressed {
        None => match finding.state {
            FlawState::UnderInvestigation => plain("in_triage", Vec::new()),
            FlawState::WontFix => plain("exploitable", vec!["will_not_fix"]),
            _ => None,
        },
        Some(Suppression { status, justification, reason, .. }) => {
            let (state, response) = match status.as_deref() {
                Some("fixed") => ("resolved", Vec::new()),
                Some(_) => ("not_affected", Vec::new()),
                // Somebody accepts it, and says nothing of whether it can be used.
                None => ("exploitable", vec!["will_not_fix"]),
            };
            let justification = justification.as_deref().and_then(|word| match word {
                "component_not_present" | "vulnerable_code_not_present" | "code_not_present" => {
                    Some("code_not_present")
                }
                "vulnerable_code_not_in_execute_path" | "code_not_reachable" => {
                    Some("code_not_reachable")
                }
                "inline_mitigations_already_exist" => Some("protected_by_mitigating_control"),
                _ => None,
            });
            Some(Analysis { state, justification, response, detail: Some(reason) })
        }
    }
}
