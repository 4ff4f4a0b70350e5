//! SARIF 2.1.0 (OASIS): `sarif`. What could not be read or should be known, what is known to be broken in
//! packages, and, where files were compared with their packages, those that differ and that nothing in the
//! image explains.

mod vulnerabilities;

use std::collections::BTreeMap;
use std::io;

use cutaway_analyze::Severity;
use cutaway_report::{DiagnosticReport, FileReport, Format, Report, meaning, write_json};
use serde::Serialize;

use crate::options::{HOME, VERSION};
use crate::seq::Seq;
use crate::subject::encoded;
use crate::uuid;

/// `sarif`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sarif;

/// Findings about files.
const UNOWNED: &str = "file-unowned";
const MODIFIED: &str = "file-modified";
const MISSING: &str = "file-missing";

impl Format for Sarif {
    fn name(&self) -> &str {
        "sarif"
    }

    fn write(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        let mut rules: BTreeMap<&str, usize> = BTreeMap::new();
        rules.extend(report.diagnostics.iter().map(|told| (told.code.as_str(), 0)));
        if let Some(files) = &report.files {
            let lists =
                [(UNOWNED, &files.unowned), (MODIFIED, &files.modified), (MISSING, &files.missing)];
            let found = lists.into_iter().filter(|(_, list)| list.unexplained().next().is_some());
            rules.extend(found.map(|(rule, _)| (rule, 0)));
        }
        rules.values_mut().enumerate().for_each(|(position, index)| *index = position);
        let found = report.vulnerabilities.as_deref().unwrap_or_default();
        let flaws = vulnerabilities::rules(found);
        // They stand behind the others.
        let behind = |id: &str| {
            let at = flaws.binary_search_by(|rule| rule.id.cmp(id)).unwrap_or_default();
            at.saturating_add(rules.len())
        };
        let places: BTreeMap<&str, usize> =
            flaws.iter().map(|rule| (rule.id, behind(rule.id))).collect();
        let digest = report.image.digest.as_ref().map(|digest| digest.as_str());
        let index = |rule: &str| rules.get(rule).copied().unwrap_or_default();
        let image = report.image.name.as_str();
        let document = Document {
            schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
            version: "2.1.0",
            runs: [Run {
                tool: Tool {
                    driver: Driver {
                        name: "cutaway",
                        version: VERSION,
                        information_uri: HOME,
                        rules: rules.keys().map(|id| rule(id)).chain(flaws).collect(),
                    },
                },
                invocations: [Invocation { execution_successful: report.complete }],
                column_kind: "unicodeCodePoints",
                properties: Properties {
                    image,
                    digest: report.image.digest.as_ref().map(|digest| digest.as_str()),
                    image_id: report.image.id.as_ref().map(|id| id.as_str()),
                },
                results: Seq(|| {
                    let diagnostics = report.diagnostics.iter();
                    let told = diagnostics.map(|told| of_diagnostic(told, image));
                    let lists = report.files.as_ref().map(|files| {
                        let unowned = files.unowned.unexplained().map(of_unowned);
                        let modified = files.modified.unexplained().map(of_modified);
                        let missing = files.missing.unexplained().map(of_missing);
                        unowned.chain(modified).chain(missing)
                    });
                    let told = told.chain(lists.into_iter().flatten());
                    told.map(|finding| finding.result(index)).chain(found.iter().map(|it| {
                        let at = places.get(it.id.as_str()).copied().unwrap_or_default();
                        vulnerabilities::result(it, image, digest, at)
                    }))
                }),
            }],
        };
        write_json(&document, out)
    }
}

fn rule(id: &str) -> Rule<'_> {
    let text = meaning(id).unwrap_or(id);
    let short_description = Text { text: text.into() };
    Rule { id, short_description, help_uri: None, properties: None }
}

/// What a result is made of.
struct Finding {
    rule: String,
    level: &'static str,
    message: String,
    path: String,
    layer: Option<usize>,
}

fn of_diagnostic(told: &DiagnosticReport, image: &str) -> Finding {
    Finding {
        rule: told.code.as_str().to_owned(),
        level: match told.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        message: told.message.clone(),
        // Readers want a place, and the image is one.
        path: told.path.clone().unwrap_or_else(|| image.to_owned()),
        layer: told.layer,
    }
}

fn of_unowned(file: FileReport) -> Finding {
    let message = format!("{} belongs to no package", file.path);
    of_file(UNOWNED, file, message)
}

fn of_modified(file: FileReport) -> Finding {
    let owners = file.packages.join(", ");
    let message = format!("{} is not as {owners} recorded it: {}", file.path, file.change());
    of_file(MODIFIED, file, message)
}

fn of_missing(file: FileReport) -> Finding {
    let owners = file.packages.join(", ");
    let message = format!("{} is recorded by {owners} and not in the image", file.path);
    of_file(MISSING, file, message)
}

fn of_file(rule: &str, file: FileReport, message: String) -> Finding {
    // Who runs an image may change its configuration.
    let level = if file.config { "note" } else { "warning" };
    Finding { rule: rule.to_owned(), level, message, path: file.path, layer: file.layer }
}

impl Finding {
    fn result(self, index: impl Fn(&str) -> usize) -> Outcome {
        let Self { rule, level, message, path, layer } = self;
        let fingerprint = uuid::short(&format!("{rule}\n{path}\n{message}"), 32);
        let uri = path.split('/').map(encoded).collect::<Vec<_>>().join("/");
        let logical = layer.map(|layer| Logical { name: format!("layer {layer}"), kind: "module" });
        Outcome {
            rule_index: index(&rule),
            rule_id: rule,
            level,
            message: Text { text: message.into() },
            locations: [Location {
                physical_location: Physical {
                    artifact_location: Artifact { uri, uri_base_id: None },
                    region: None,
                },
                logical_locations: logical.into_iter().collect(),
            }],
            partial_fingerprints: Fingerprints { first: fingerprint },
            properties: None,
            suppressions: Vec::new(),
        }
    }
}

#[derive(Debug, Serialize)]
struct Document<'r, R: Serialize> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'r, R>; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'r, R: Serialize> {
    tool: Tool<'r>,
    invocations: [Invocation; 1],
    column_kind: &'static str,
    properties: Properties<'r>,
    results: R,
}

#[derive(Debug, Serialize)]
struct Tool<'r> {
    driver: Driver<'r>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'r> {
    name: &'static str,
    version: &'static str,
    information_uri: &'static str,
    rules: Vec<Rule<'r>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule<'r> {
    id: &'r str,
    short_description: Text<'r>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_uri: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<vulnerabilities::RuleProperties>,
}

#[derive(Debug, Serialize)]
struct Text<'r> {
    text: std::borrow::Cow<'r, str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Properties<'r> {
    image: &'r str,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_id: Option<&'r str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    rule_id: String,
    rule_index: usize,
    level: &'static str,
    message: Text<'static>,
    locations: [Location; 1],
    partial_fingerprints: Fingerprints,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<vulnerabilities::OutcomeProperties>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<vulnerabilities::Suppressed>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: Physical,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<Logical>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Artifact {
    uri: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    uri_base_id: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Logical {
    name: String,
    kind: &'static str,
}

#[derive(Debug, Serialize)]
struct Fingerprints {
    #[serde(rename = "cutaway/v1")]
    first: String,
}
