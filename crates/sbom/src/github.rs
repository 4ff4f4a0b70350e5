//! A dependency snapshot for GitHub (dependency submission API): `github`.
//!
//! One manifest a database; the packages in it by their ids. Which snapshot is the current one GitHub
//! decides by the correlator and the name of the detector.

use std::io;

use cutaway_report::{Format, Report, write_json};
use serde::{Serialize, Serializer};

use crate::bill::{Bill, Row};
use crate::clock::rfc3339;
use crate::options::{HOME, Options, Snapshot, VERSION};

/// `github`.
#[derive(Debug, Clone, Default)]
pub struct Github(pub Options);

/// What stands for a commit that nobody named.
const NO_COMMIT: &str = "0000000000000000000000000000000000000000";

impl Format for Github {
    fn name(&self) -> &str {
        "github"
    }

    fn write(&self, report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
        let bill = Bill::new(report, &self.0);
        let Snapshot { commit, reference, job, correlator } = &self.0.snapshot;
        let mut rows: Vec<&Row<'_>> = bill
            .rows
            .iter()
            .filter(|row| row.hidden_by.is_none() && row.purl().is_some())
            .collect();
        rows.sort_by(|one, other| {
            let key = |row: &Row<'_>| row.package.database.clone();
            key(one).cmp(&key(other)).then_with(|| one.id.cmp(&other.id))
        });
        let document = Document {
            version: 0,
            sha: commit.as_deref().unwrap_or(NO_COMMIT),
            reference: reference.as_deref().unwrap_or("refs/heads/main"),
            job: Job {
                id: job.as_deref().unwrap_or("0"),
                correlator: correlator.as_deref().unwrap_or(&bill.subject.name),
            },
            detector: Detector { name: "cutaway", version: VERSION, url: HOME },
            scanned: rfc3339(bill.time.map_or(0, |time| time.seconds)),
            manifests: Manifests { bill: &bill, rows: &rows },
        };
        write_json(&document, out)
    }
}

#[derive(Debug, Serialize)]
struct Document<'b> {
    version: u32,
    sha: &'b str,
    #[serde(rename = "ref")]
    reference: &'b str,
    job: Job<'b>,
    detector: Detector,
    scanned: String,
    manifests: Manifests<'b>,
}

#[derive(Debug, Serialize)]
struct Job<'b> {
    id: &'b str,
    correlator: &'b str,
}

#[derive(Debug, Serialize)]
struct Detector {
    name: &'static str,
    version: &'static str,
    url: &'static str,
}

/// Manifests by the database, whose packages stand together.
#[derive(Debug)]
struct Manifests<'b> {
    bill: &'b Bill<'b>,
    rows: &'b [&'b Row<'b>],
}

impl Serialize for Manifests<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let same =
            |one: &&Row<'_>, other: &&Row<'_>| one.package.database == other.package.database;
        let manifests = self.rows.chunk_by(same).filter_map(|rows| {
            let name = rows.first()?.package.database.as_str();
            let image = &self.bill.report.image;
            let metadata = ManifestMetadata {
                image: &self.bill.subject.name,
                digest: image.digest.as_ref().map(|digest| digest.as_str()),
                id: image.id.as_ref().map(|id| id.as_str()),
                distro: self.bill.report.distro.as_ref().map(|distro| distro.id.as_str()),
            };
            let resolved = Resolved { bill: self.bill, rows };
            Some((name, Manifest { name, metadata, resolved }))
        });
        serializer.collect_map(manifests)
    }
}

#[derive(Debug, Serialize)]
struct Manifest<'b> {
    name: &'b str,
    metadata: ManifestMetadata<'b>,
    resolved: Resolved<'b>,
}

#[derive(Debug, Serialize)]
struct ManifestMetadata<'b> {
    image: &'b str,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<&'b str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'b str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    distro: Option<&'b str>,
}

/// Packages by their ids.
#[derive(Debug)]
struct Resolved<'b> {
    bill: &'b Bill<'b>,
    rows: &'b [&'b Row<'b>],
}

impl Serialize for Resolved<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let packages = self.rows.iter().filter_map(|row| {
            let layer = self.bill.layer(row.package);
            let dependency = Dependency {
                package_url: row.purl()?,
                relationship: "direct",
                scope: "runtime",
                dependencies: [],
                metadata: DependencyMetadata {
                    layer: row.package.layer,
                    diff_id: layer.map(|layer| layer.diff_id.to_string()),
                    source: row.source().map(|(name, _)| name),
                },
            };
            Some((row.id.as_ref(), dependency))
        });
        serializer.collect_map(packages)
    }
}

#[derive(Debug, Serialize)]
struct Dependency<'b> {
    package_url: &'b str,
    relationship: &'static str,
    scope: &'static str,
    dependencies: [&'static str; 0],
    metadata: DependencyMetadata<'b>,
}

#[derive(Debug, Serialize)]
struct DependencyMetadata<'b> {
    layer: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    diff_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'b str>,
}
