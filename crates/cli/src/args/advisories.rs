//! Arguments about advisories.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{Args, Subcommand};
use cutaway::vulns::Refused;

use super::TextFormat;

#[derive(Debug, Subcommand)]
pub(crate) enum Db {
    /// Make a database of advisories in OSV form
    Build(Build),
    /// Say what a database of advisories holds
    Info(Info),
    /// Write a database into a layout, oci:DIR:TAG
    Push(Push),
    /// Pull databases, which are asked where none is named; of one ecosystem the first counts
    #[command(visible_alias = "pull")]
    Update(Update),
    /// Say which records hold versions of a package, one line a version
    Query(Query),
}

#[derive(Debug, Clone, Args)]
pub(crate) struct Build {
    /// What advisories are read from: JSON, JSON lines, zip, tar, or a directory with *.json
    #[arg(long, required = true, num_args = 1.., value_name = "PATH", env = "CUTAWAY_OSV", value_delimiter = '\n')]
    pub(crate) osv: Vec<PathBuf>,
    /// The list of exploited flaws (KEV), as CISA publishes it
    #[arg(long, value_name = "FILE", env = "CUTAWAY_KEV", value_delimiter = '\n')]
    kev: Vec<PathBuf>,
    /// Scores of flaws (EPSS), as FIRST publishes them
    #[arg(long, value_name = "FILE", env = "CUTAWAY_EPSS", value_delimiter = '\n')]
    epss: Vec<PathBuf>,
    /// What Debian's security tracker publishes: which flaws get no update of their own
    #[arg(long, value_name = "FILE", env = "CUTAWAY_DEBIAN_TRACKER")]
    debian_tracker: Option<PathBuf>,
    /// The file that is written; a directory, named with a / at its end, gets one for each group of ecosystems
    #[arg(short, long, required = true, value_name = "FILE", env = "CUTAWAY_OUTPUT")]
    pub(crate) output: PathBuf,
}

impl Build {
    pub(crate) fn others(&self) -> cutaway::EnrichmentFiles {
        let Self { kev, epss, debian_tracker: tracker, .. } = self.clone();
        cutaway::EnrichmentFiles { kev, epss, tracker }
    }
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
pub(crate) struct Update {
    /// The databases: references, or layouts as oci:DIR:TAG
    #[arg(value_name = "REF")]
    pub(crate) names: Vec<String>,
    /// One more of them
    #[arg(long, value_name = "REF", env = "CUTAWAY_DB", value_delimiter = ',')]
    pub(crate) db: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Push {
    /// The database
    pub(crate) file: PathBuf,
    /// The layout
    #[arg(value_name = "REF")]
    pub(crate) target: String,
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
    #[command(flatten)]
    pub(crate) gate: Gate,
}

/// Which findings are refused.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Advisories")]
pub(crate) struct Gate {
    /// The database of advisories; without it, what db update pulled is asked
    #[arg(long, value_name = "FILE|DIR|REF", env = "CUTAWAY_DB")]
    db: Option<String>,
    /// End with 1 where a finding is as bad as low, medium, high or critical, or is exploited: kev
    #[arg(long, value_name = "SEVERITY", value_parser = str::parse::<Refused>, env = "CUTAWAY_FAIL_ON", value_delimiter = ',')]
    fail_on: Vec<Refused>,
    /// Refuse only what a version without it is there for
    #[arg(long, env = "CUTAWAY_IGNORE_UNFIXED", value_parser = BoolishValueParser::new())]
    ignore_unfixed: bool,
    /// Refuse only what is fixed and what a layer above the base brought: the build itself can mend it
    #[arg(long, env = "CUTAWAY_ONLY_FIXABLE_HERE", value_parser = BoolishValueParser::new())]
    only_fixable_here: bool,
    /// The base image, where no annotation names it
    #[arg(long, value_name = "REF", env = "CUTAWAY_BASE")]
    base: Option<String>,
    /// Match packages, too, that are not there any more and that a lower layer ships
    #[arg(long, env = "CUTAWAY_VULN_REMOVED", value_parser = BoolishValueParser::new())]
    vuln_removed: bool,
    /// Heed what FILE says of flaws: OpenVEX, CSAF or CycloneDX
    #[arg(long, value_name = "FILE", env = "CUTAWAY_VEX", value_delimiter = '\n')]
    vex: Vec<PathBuf>,
    /// Accept the findings that FILE names, each with a reason (TOML)
    #[arg(long, value_name = "FILE", env = "CUTAWAY_IGNORE")]
    ignore: Option<PathBuf>,
    /// End with 5 where the advisories that are asked are older, such as 48h
    #[arg(long, value_name = "TIME", env = "CUTAWAY_DB_MAX_AGE", value_parser = cutaway::parse_duration)]
    db_max_age: Option<Duration>,
}

impl Gate {
    pub(crate) fn settings(&self) -> cutaway::JudgeSettings {
        let Self { db: database, db_max_age: max_age, base, vex, ignore, .. } = self.clone();
        let mut gate = cutaway::vulns::Gate::new(&self.fail_on);
        gate.only_fixable_here = self.only_fixable_here;
        gate.ignore_unfixed = self.ignore_unfixed;
        let removed = self.vuln_removed;
        cutaway::JudgeSettings { database, gate, max_age, base, removed, vex, ignore }
    }
}
