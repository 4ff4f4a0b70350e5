//! A database and how findings are judged: what a command asks, from the words that people write to how it ends.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cutaway_analyze::Analyzers;
use cutaway_report::Report;
use cutaway_vulns::{Findings, Gate};

use super::{Advisories, Judging, age_of_advisories};
use crate::client::Client;
use crate::error::Error;
use crate::image::ScanOptions;

/// How findings are judged, as words that people write.
#[derive(Debug, Clone, Default)]
pub struct JudgeSettings {
    /// The database: a file, a directory or an artifact; none for what was pulled last.
    pub database: Option<String>,
    /// What is refused.
    pub gate: Gate,
    /// Advisories that are older are no ground for a verdict.
    pub max_age: Option<Duration>,
    /// The base image; none for the one that annotations name.
    pub base: Option<String>,
    /// Whether packages are judged, too, that are not there any more.
    pub removed: bool,
    /// Files of what others say of flaws (VEX).
    pub vex: Vec<PathBuf>,
    /// The file of what is accepted.
    pub ignore: Option<PathBuf>,
}

/// A database that is asked, and how.
#[derive(Debug)]
pub struct Judge {
    advisories: Advisories,
    judging: Judging,
    settings: JudgeSettings,
}

/// How a command ends that has judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// Nothing is refused.
    Passed,
    /// Something is; the line says what.
    Refused(String),
    /// There is no ground for a verdict; the line says why.
    Unsafe(String),
}

impl Client {
    /// Opens the database and reads the files that settings name.
    ///
    /// # Errors
    ///
    /// Returns why the database cannot be had or used, and what is wrong with a file.
    pub async fn judge(&self, settings: JudgeSettings) -> Result<Judge, Error> {
        let advisories = self.advisories(settings.database.as_deref()).await?;
        let strict = settings.gate.is_set();
        let mut judging = Judging::new(strict, settings.ignore.as_deref(), &settings.vex)?;
        judging.removed = settings.removed;
        Ok(Judge { advisories, judging, settings })
    }
}

impl Judge {
    /// Adds to the report of an image what is known to be broken in it.
    ///
    /// # Errors
    ///
    /// Returns why the base is not known where it has to be, and why the database cannot be used.
    pub async fn report(
        &mut self,
        client: &Client,
        report: &mut Report,
    ) -> Result<Findings, Error> {
        let base = self.settings.base.as_deref();
        if self.settings.gate.only_fixable_here || base.is_some() {
            self.judging.base = Some(client.base_of(report, base).await?);
        }
        self.advisories.judge(report, &self.judging)
    }

    /// Judges packages by their package URLs, `-` for one a line on standard input, or those of a bill of
    /// materials, `sbom:FILE`. A distribution is told for package URLs that name none.
    ///
    /// # Errors
    ///
    /// Those of [`Advisories::judge_purls`], and why a bill or standard input cannot be read.
    pub async fn packages(
        &mut self,
        client: &Client,
        names: &[String],
        distro: Option<&str>,
    ) -> Result<Findings, Error> {
        if self.settings.gate.only_fixable_here {
            let rule = "the base image is not known: packages without an image have no layers";
            return Err(Error::Usage(rule.to_owned()));
        }
        if let [bill] = names
            && bill.starts_with("sbom:")
        {
            // Nothing is analysed: the bill lists what there is.
            let (none, how) = (Analyzers::default(), ScanOptions::default());
            let mut report = client.report(bill, &none, &how).await?;
            return self.advisories.judge(&mut report, &self.judging);
        }
        self.advisories.judge_purls(&lines(names)?, distro, &self.judging)
    }

    /// Says how a command ends that found this, and what else is to be said of it.
    pub fn ending(&self, found: &Findings) -> (Vec<String>, Ending) {
        let mut remarks = found.remarks.clone();
        match age_of_advisories(found, self.settings.max_age) {
            Some(old) if self.settings.max_age.is_some() => return (remarks, Ending::Unsafe(old)),
            old => remarks.extend(old),
        }
        let ending = match self.settings.gate.verdict(&found.vulnerabilities) {
            Some(refused) => Ending::Refused(refused),
            None if found.is_complete() => Ending::Passed,
            None => {
                let first = found.diagnostics.first().map_or("", |told| told.message.as_str());
                Ending::Unsafe(format!("no verdict is safe: {first}"))
            }
        };
        (remarks, ending)
    }
}

fn lines(names: &[String]) -> Result<Vec<String>, Error> {
    if names != ["-"] {
        return Ok(names.to_vec());
    }
    let mut text = String::new();
    let read = std::io::stdin().lock().read_to_string(&mut text);
    read.map_err(|source| Error::Unreadable { path: Path::new("-").to_owned(), source })?;
    Ok(text.lines().map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned).collect())
}
