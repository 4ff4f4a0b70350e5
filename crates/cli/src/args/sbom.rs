//! Arguments about bills of materials.

use std::path::PathBuf;

use clap::builder::{BoolishValueParser, PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use cutaway::sbom::{Compat, Profile, Snapshot, SpecVersion};
use cutaway::{BillSettings, ReportForm, SerialSource};

use super::TextFormat;

/// How bills of materials are written.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Bills of materials")]
pub(crate) struct Bill {
    /// The version of CycloneDX: 1.6 or 1.7
    #[arg(
        id = "sbom-version",
        long,
        value_name = "VERSION",
        default_value = "1.6",
        env = "CUTAWAY_SBOM_VERSION"
    )]
    version: SpecVersion,
    /// Where the serial number comes from: content, random or none
    #[arg(
        long = "sbom-serial",
        value_name = "SOURCE",
        default_value = "content",
        env = "CUTAWAY_SBOM_SERIAL"
    )]
    serial: SerialSource,
    /// The address below which SPDX documents are named
    #[arg(id = "sbom-namespace", long, value_name = "URI", env = "CUTAWAY_SBOM_NAMESPACE")]
    namespace: Option<String>,
    /// The time that is stated: that of the image, or `now`. SOURCE_DATE_EPOCH goes before the image
    #[arg(long = "sbom-time", value_name = "TIME", default_value = "image", value_parser = ["image", "now"], env = "CUTAWAY_SBOM_TIME")]
    time: String,
    /// Help readers with properties of their own: trivy or none
    #[arg(
        long = "sbom-compat",
        value_name = "READER",
        default_value = "trivy",
        env = "CUTAWAY_SBOM_COMPAT"
    )]
    compat: Compat,
    /// List packages that a lower layer had, as excluded (CycloneDX)
    #[arg(long = "sbom-removed", env = "CUTAWAY_SBOM_REMOVED", value_parser = BoolishValueParser::new())]
    removed: bool,
    /// List source packages as ancestors of what was built from them (CycloneDX)
    #[arg(long = "sbom-source", env = "CUTAWAY_SBOM_SOURCE", value_parser = BoolishValueParser::new())]
    sources: bool,
    /// Who made the document: `NAME` or `NAME <MAIL>`
    #[arg(
        long = "sbom-author",
        value_name = "WHO",
        env = "CUTAWAY_SBOM_AUTHOR",
        value_delimiter = '\n'
    )]
    authors: Vec<String>,
    /// Who supplies the image
    #[arg(long = "sbom-supplier", value_name = "NAME", env = "CUTAWAY_SBOM_SUPPLIER")]
    supplier: Option<String>,
    /// The commit of a snapshot for GitHub [default: GITHUB_SHA]
    #[arg(long = "github-sha", value_name = "SHA", env = "CUTAWAY_GITHUB_SHA")]
    commit: Option<String>,
    /// Its branch or tag [default: GITHUB_REF]
    #[arg(id = "github-ref", long, value_name = "REF", env = "CUTAWAY_GITHUB_REF")]
    reference: Option<String>,
    /// The id of its job [default: GITHUB_RUN_ID]
    #[arg(long = "github-job", value_name = "ID", env = "CUTAWAY_GITHUB_JOB")]
    job: Option<String>,
    /// What later snapshots replace it by [default: GITHUB_WORKFLOW and GITHUB_JOB]
    #[arg(long = "github-correlator", value_name = "NAME", env = "CUTAWAY_GITHUB_CORRELATOR")]
    correlator: Option<String>,
}

impl Bill {
    /// Returns what was asked for.
    pub(crate) fn settings(&self) -> BillSettings {
        let Self { version, serial, compat, removed, sources, .. } = *self;
        BillSettings {
            version,
            serial,
            namespace: self.namespace.clone(),
            now: self.time == "now",
            compat,
            removed,
            sources,
            authors: self.authors.clone(),
            supplier: self.supplier.clone(),
            snapshot: Snapshot {
                commit: self.commit.clone(),
                reference: self.reference.clone(),
                job: self.job.clone(),
                correlator: self.correlator.clone(),
            },
        }
    }
}

/// Commands about bills of materials.
#[derive(Debug, Subcommand)]
pub(crate) enum Sbom {
    /// Say what a bill lacks of what it has to have, per field and with counts
    Check(Check),
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The bill: CycloneDX or SPDX as JSON; `-` for standard input
    pub(crate) file: PathBuf,
    /// The list of what a bill has to have: ntia, cisa or bsi
    #[arg(long, value_name = "LIST", env = "CUTAWAY_PROFILE")]
    pub(crate) profile: Profile,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = TextFormat::Table, env = "CUTAWAY_FORMAT")]
    pub(crate) format: TextFormat,
}

/// Reads the name of a form.
pub(crate) fn report_form() -> impl TypedValueParser<Value = ReportForm> {
    let values =
        ReportForm::ALL.iter().map(|(name, _, what)| PossibleValue::new(*name).help(*what));
    PossibleValuesParser::new(values).try_map(|name| ReportForm::of(&name).ok_or("no form"))
}
