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
    /// The list of exploited flaws (KEV), as CISA publishes it
    #[arg(long, value_name = "FILE", env = "CUTAWAY_KEV", value_delimiter = '\n')]
    pub(crate) kev: Vec<PathBuf>,
    /// Scores of flaws (EPSS), as FIRST publishes them
    #[arg(long, value_name = "FILE", env = "CUTAWAY_EPSS", value_delimiter = '\n')]
    pub(crate) epss: Vec<PathBuf>,
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
    /// End with 1 where a finding is as bad as this or worse: low, medium, high or critical; or kev, where it is
    /// known to be exploited
    #[arg(long, value_name = "SEVERITY", value_parser = refused, env = "CUTAWAY_FAIL_ON", value_delimiter = ',')]
    fail_on: Vec<Refused>,
    /// Refuse only what a version without it is there for
    #[arg(long, env = "CUTAWAY_IGNORE_UNFIXED", value_parser = BoolishValueParser::new())]
    ignore_unfixed: bool,
    /// Refuse only what the build of this image can mend: a version without it is there, and a layer above the
    /// base brought the package
    #[arg(long, env = "CUTAWAY_ONLY_FIXABLE_HERE", value_parser = BoolishValueParser::new())]
    pub(crate) only_fixable_here: bool,
    /// The base image, where no annotation names it
    #[arg(long, value_name = "REF", env = "CUTAWAY_BASE")]
    pub(crate) base: Option<String>,
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
    pub(crate) db_max_age: Option<Duration>,
}

/// What a gate refuses.
#[derive(Debug, Clone, Copy)]
enum Refused {
    As(FlawSeverity),
    Exploited,
}

impl Gate {
    pub(crate) fn judging(&self) -> Result<cutaway::Judging, cutaway::Error> {
        let (strict, ignore) = (!self.fail_on.is_empty(), self.ignore.as_deref());
        let removed = self.vuln_removed;
        Ok(cutaway::Judging { removed, ..cutaway::Judging::new(strict, ignore, &self.vex)? })
    }

    pub(crate) fn gate(&self) -> cutaway::vulns::Gate {
        let severities = self.fail_on.iter().filter_map(|it| match it {
            Refused::As(severity) => Some(*severity),
            Refused::Exploited => None,
        });
        cutaway::vulns::Gate {
            severity: severities.min(),
            kev: self.fail_on.iter().any(|it| matches!(it, Refused::Exploited)),
            only_fixable_here: self.only_fixable_here,
            ignore_unfixed: self.ignore_unfixed,
        }
    }
}

fn refused(word: &str) -> Result<Refused, String> {
    use FlawSeverity::{Critical, High, Low, Medium};
    let known = [Low, Medium, High, Critical].into_iter().find(|it| it.name() == word);
    let known = known.map(Refused::As).or_else(|| (word == "kev").then_some(Refused::Exploited));
    known.ok_or_else(|| "it is low, medium, high, critical or kev".to_owned())
}
