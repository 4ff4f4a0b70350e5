//! A report of GitLab's container scanning (schema 15): `gitlab`.

use std::io;

use cutaway_report::{FlawSeverity, Format, Report, VulnerabilityReport, write_json};
use serde::Serialize;

use crate::clock::{self, rfc3339};
use crate::options::{HOME, Options, VERSION};
use crate::seq::Seq;
use crate::uuid;

/// `gitlab`.
#[derive(Debug, Clone, Default)]
pub struct Gitlab(pub Options);

impl Format for Gitlab {
    fn name(&self) -> &str {
        "gitlab"
    }

    fn write(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        let time = clock::time(report, self.0.clock).map_or(0, |time| time.seconds);
        // Times have no zone there.
        let time = rfc3339(time).trim_end_matches('Z').to_owned();
        let program = || Program {
            id: "cutaway",
            name: "cutaway",
            url: HOME,
            version: VERSION,
            vendor: Vendor { name: "cutaway" },
        };
        let system = report.distro.as_ref().map_or_else(
            || "Unknown".to_owned(),
            |it| match &it.version_id {
                Some(version) => format!("{} {version}", it.id),
                None => it.id.clone(),
            },
        );
        let found = report.vulnerabilities.as_deref().unwrap_or_default();
        let image = report.image.name.as_str();
        let document = Document {
            version: "15.2.1",
            scan: Scan {
                analyzer: program(),
                scanner: program(),
                kind: "container_scanning",
                start_time: &time,
                end_time: &time,
                status: if report.complete { "success" } else { "failure" },
            },
            vulnerabilities: Seq(|| {
                let open = found.iter().filter(|it| it.suppressed.is_none());
                open.map(|it| entry(it, image, &system))
            }),
        };
        write_json(&document, out)
    }
}

fn entry<'r>(found: &'r VulnerabilityReport, image: &'r str, system: &'r str) -> Entry<'r> {
    let package = &found.package;
    let severity = match found.severity {
        FlawSeverity::Unknown => "Unknown",
        FlawSeverity::Negligible => "Info",
        FlawSeverity::Low => "Low",
        FlawSeverity::Medium => "Medium",
        FlawSeverity::High => "High",
        FlawSeverity::Critical => "Critical",
    };
    Entry {
        id: uuid::of_text(&format!(
            "{}\n{}\n{image}\n{}",
            found.id, package.purl, package.database
        )),
        name: &found.id,
        description: found.why(),
        severity,
        solution: found
            .fixed_version
            .as_ref()
            .map(|fixed| format!("Upgrade {} to {fixed}", package.name)),
        location: Location {
            dependency: Dependency {
                package: Named { name: &package.name },
                version: &package.version,
            },
            operating_system: system,
            image,
        },
        identifiers: found
            .ids()
            .map(|id| Identifier { kind: kind(id), name: id, value: id })
            .collect(),
        links: found.ids().filter_map(link).collect(),
    }
}

/// Returns what GitLab calls a list of ids.
fn kind(id: &str) -> &'static str {
    const KINDS: &[(&str, &str)] = &[
        ("CVE-", "cve"),
        ("GHSA-", "ghsa"),
        ("USN-", "usn"),
        ("RHSA-", "rhsa"),
        ("ELSA-", "elsa"),
    ];
    KINDS.iter().find(|(prefix, _)| id.starts_with(prefix)).map_or("osv", |(_, kind)| kind)
}

fn link(id: &str) -> Option<Link> {
    let plain = id.bytes().all(|it| it.is_ascii_alphanumeric() || b"-:_.".contains(&it));
    plain.then(|| Link { url: format!("https://osv.dev/vulnerability/{id}") })
}

#[derive(Debug, Serialize)]
struct Document<'r, S: Serialize> {
    version: &'static str,
    scan: Scan<'r>,
    vulnerabilities: S,
}

#[derive(Debug, Serialize)]
struct Scan<'r> {
    analyzer: Program,
    scanner: Program,
    #[serde(rename = "type")]
    kind: &'static str,
    start_time: &'r str,
    end_time: &'r str,
    status: &'static str,
}

#[derive(Debug, Serialize)]
struct Program {
    id: &'static str,
    name: &'static str,
    url: &'static str,
    version: &'static str,
    vendor: Vendor,
}

#[derive(Debug, Serialize)]
struct Vendor {
    name: &'static str,
}

#[derive(Debug, Serialize)]
struct Entry<'r> {
    id: String,
    name: &'r str,
    description: String,
    severity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    solution: Option<String>,
    location: Location<'r>,
    identifiers: Vec<Identifier<'r>>,
    links: Vec<Link>,
}

#[derive(Debug, Serialize)]
struct Location<'r> {
    dependency: Dependency<'r>,
    operating_system: &'r str,
    image: &'r str,
}

#[derive(Debug, Serialize)]
struct Dependency<'r> {
    package: Named<'r>,
    version: &'r str,
}

#[derive(Debug, Serialize)]
struct Named<'r> {
    name: &'r str,
}

#[derive(Debug, Serialize)]
struct Identifier<'r> {
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'r str,
    value: &'r str,
}

#[derive(Debug, Serialize)]
struct Link {
    url: String,
}
