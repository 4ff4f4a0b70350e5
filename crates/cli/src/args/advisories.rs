//! Arguments about advisories.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{Args, Subcommand};
use cutaway_report::FlawSeverity;

use super::TextFormat;

#[derive(Debug, Subcommand)]
pub(crate) enum Db {
    /// Make a database of advisories in OSV form
    Build(Build),
    /// Say what a database of advisories holds
    Info(Info),
    /// Say which records hold versions of a package, one line a version
    Query(Query),
}

#[derive(Debug, Args)]
pub(crate) struct Build {
    /// What advisories are read from: JSON, JSON lines, zip, tar, or a directory with *.json
    #[arg(long, required = true, num_args = 1.., value_name = "PATH", env = "CUTAWAY_OSV", value_delimiter = '\n')]
    pub(crate) osv: Vec<PathBuf>,
    /// The file that is written
    #[arg(short, long, required = true, value_name = "FILE", env = "CUTAWAY_OUTPUT")]
    pub(crate) output: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Info {
    /// The database
    pub(crate) file: PathBuf,
    /// Read all of it, and compare every checksum
    #[arg(long, env = "CUTAWAY_VERIFY", value_parser = BoolishValueParser::new())]
    pub(crate) verify: bool,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = TextFormat::Table, env = "CUTAWAY_FORMAT")]
    pub(crate) format: TextFormat,
}

#[derive(Debug, Args)]
pub(crate) struct Query {
    /// The database
    pub(crate) file: PathBuf,
    /// The ecosystem as OSV writes it, such as Alpine:v3.20
    pub(crate) ecosystem: String,
    /// The package, by its name in records
    pub(crate) package: String,
    /// The versions
    #[arg(required = true, allow_hyphen_values = true)]
    pub(crate) versions: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Match {
    /// Package URLs; `-` for one a line on standard input; `sbom:FILE` for a bill of materials
    #[arg(required = true, value_name = "PURL")]
    pub(crate) packages: Vec<String>,
    /// The distribution of package URLs that name none, such as debian-12
    #[arg(long, value_name = "ID-VERSION", env = "CUTAWAY_DISTRO")]
    pub(crate) distro: Option<String>,
    /// The form of the answer
    #[arg(long, value_enum, default_value_t = TextFormat::Table, env = "CUTAWAY_FORMAT")]
    pub(crate) format: TextFormat,
    /// The database of advisories
    #[arg(long, required = true, value_name = "FILE", env = "CUTAWAY_DB")]
    pub(crate) db: PathBuf,
    #[command(flatten)]
    pub(crate) gate: Gate,
}

/// Which findings are refused.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Advisories")]
pub(crate) struct Gate {
    /// End with 1 where a finding is as bad as this or worse: low, medium, high or critical
    #[arg(long, value_name = "SEVERITY", value_parser = severity, env = "CUTAWAY_FAIL_ON", value_delimiter = ',')]
    fail_on: Vec<FlawSeverity>,
    /// Refuse only what a version without it is there for
    #[arg(long, env = "CUTAWAY_IGNORE_UNFIXED", value_parser = BoolishValueParser::new())]
    ignore_unfixed: bool,
    /// Accept the findings that FILE names, each with a reason (TOML)
    #[arg(long, value_name = "FILE", env = "CUTAWAY_IGNORE")]
    ignore: Option<PathBuf>,
    /// End with 5 where the advisories that are asked are older, such as 48h
    #[arg(long, value_name = "TIME", env = "CUTAWAY_DB_MAX_AGE", value_parser = cutaway::parse_duration)]
    pub(crate) db_max_age: Option<Duration>,
}

impl Gate {
    pub(crate) fn judging(&self) -> Result<cutaway::Judging, cutaway::Error> {
        cutaway::Judging::new(!self.fail_on.is_empty(), self.ignore.as_deref())
    }

    pub(crate) fn gate(&self) -> cutaway::vulns::Gate {
        let severity = self.fail_on.iter().min().copied();
        cutaway::vulns::Gate { severity, ignore_unfixed: self.ignore_unfixed }
    }
}

fn severity(word: &str) -> Result<FlawSeverity, String> {
    use FlawSeverity::{Critical, High, Low, Medium};
    let known = [Low, Medium, High, Critical].into_iter().find(|it| it.name() == word);
    known.ok_or_else(|| "it is low, medium, high or critical".to_owned())
}
