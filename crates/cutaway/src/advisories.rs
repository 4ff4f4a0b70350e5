//! Databases of advisories in files of this machine, and what they say of packages.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cutaway_analyze::Severity;
use cutaway_report::{PackageReport, Report};
use cutaway_tar::Escaped;
use cutaway_vulns::{
    Answer, Built, Database, DbError, Findings, Ignores, Importer, distro, find, oldest, query,
};

use crate::client::Client;
use crate::error::Error;

/// How old advisories may be before somebody is told.
const OLD: Duration = Duration::from_secs(3 * 24 * 60 * 60);

impl Client {
    /// Reads advisories in OSV form from files and directories.
    ///
    /// # Errors
    ///
    /// Returns which file cannot be read, and that there is no record in them.
    pub fn import_advisories(&self, paths: &[PathBuf]) -> Result<Importer, Error> {
        let mut importer = Importer::new(self.limits().advisories.clone());
        for path in paths {
            importer.add(path)?;
        }
        let none = |why: String| Err(Error::NoAdvisories(why));
        match (importer.taken(), importer.problems().first()) {
            (0, Some(problem)) => none(format!("no record could be read: {problem}")),
            (0, None) => none("there is no record in what is to be read".to_owned()),
            _ => Ok(importer),
        }
    }
}

/// Writes the database of what was read.
///
/// # Errors
///
/// Returns those of `out`.
pub fn write_advisories(importer: Importer, out: &mut dyn Write) -> std::io::Result<Built> {
    importer.into_builder().write(out)
}

/// How findings are judged.
#[derive(Debug, Clone, Default)]
pub struct Judging {
    /// Whether packages that the database has no source for are an error: a gate must not pass them over.
    pub strict: bool,
    /// What is accepted.
    pub ignores: Ignores,
}

impl Judging {
    /// Reads what is accepted from a file, if one is told.
    ///
    /// # Errors
    ///
    /// Returns why it cannot be read, and the rule that it breaks.
    pub fn new(strict: bool, ignores: Option<&Path>) -> Result<Self, Error> {
        let Some(path) = ignores else { return Ok(Self { strict, ..Self::default() }) };
        let unreadable = |source| Error::Unreadable { path: path.to_owned(), source };
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        let broken = |reason| Error::Settings { path: path.to_owned(), reason };
        Ok(Self { strict, ignores: Ignores::read(&text).map_err(broken)? })
    }

    /// Sharpens what is told, and marks what is accepted.
    fn apply(&self, found: &mut Findings) {
        for told in found.diagnostics.iter_mut().filter(|it| it.code == "no-advisories") {
            if self.strict {
                told.severity = Severity::Error;
            }
        }
        found.remarks = self.ignores.apply(&mut found.vulnerabilities, now());
    }
}

/// A database of advisories that lies in a file.
#[derive(Debug)]
pub struct Advisories {
    path: PathBuf,
    database: Database,
}

impl Advisories {
    /// Opens a database.
    ///
    /// # Errors
    ///
    /// Returns why it cannot be used.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let opened = File::open(path).map_err(DbError::from).and_then(Database::open);
        let of_file = |source| Error::Advisories { path: path.to_owned(), source };
        Ok(Self { path: path.to_owned(), database: opened.map_err(of_file)? })
    }

    /// Returns what is in it.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Reads all of it, and compares every checksum.
    ///
    /// # Errors
    ///
    /// Returns what is wrong first.
    pub fn verify(&mut self) -> Result<(), Error> {
        self.try_with(Database::verify)
    }

    /// Asks which records hold versions of a package: see [`query`].
    ///
    /// # Errors
    ///
    /// Returns why the database cannot be used, and that it lacks the ecosystem.
    pub fn query(
        &mut self,
        ecosystem: &str,
        package: &str,
        versions: &[String],
    ) -> Result<Vec<Answer>, Error> {
        let answers = self.try_with(|it| query(it, ecosystem, package, versions))?;
        answers.ok_or_else(|| {
            let path = self.path.display();
            Error::Unanswered(format!("{path}: no advisories for the ecosystem \"{ecosystem}\""))
        })
    }

    /// Adds to a report what is known to be broken in what is installed.
    ///
    /// # Errors
    ///
    /// Returns why the database cannot be used.
    pub fn judge(&mut self, report: &mut Report, how: &Judging) -> Result<Findings, Error> {
        let mut found = self.try_with(|it| find(it, report.distro.as_ref(), report.installed()))?;
        how.apply(&mut found);
        report.vulnerabilities = Some(found.vulnerabilities.clone());
        report.database = Some(found.database.clone());
        report.diagnostics.extend(found.diagnostics.iter().cloned());
        report.diagnostics.sort();
        report.complete &= found.is_complete();
        Ok(found)
    }

    /// Judges packages by their package URLs. The distribution of one is what it says of itself, or else the
    /// one that is told.
    ///
    /// # Errors
    ///
    /// Returns a package URL that names no version of a package, and why the database cannot be used.
    pub fn judge_purls(
        &mut self,
        purls: &[String],
        told: Option<&str>,
        how: &Judging,
    ) -> Result<Findings, Error> {
        let mut by_distro: BTreeMap<Option<String>, Vec<PackageReport>> = BTreeMap::new();
        for purl in purls {
            let (package, own) = cutaway_sbom::package(purl).ok_or_else(|| {
                let rule = "is no package URL with a name and a version";
                Error::Usage(format!("\"{}\" {rule}", Escaped::new(purl)))
            })?;
            let distro = own.or_else(|| told.map(str::to_owned));
            by_distro.entry(distro).or_default().push(package);
        }
        let mut found = self.try_with(|it| by_release(&by_distro, it))?;
        how.apply(&mut found);
        Ok(found)
    }

    fn try_with<T>(
        &mut self,
        work: impl FnOnce(&mut Database) -> Result<T, DbError>,
    ) -> Result<T, Error> {
        let path = &self.path;
        work(&mut self.database).map_err(|source| Error::Advisories { path: path.clone(), source })
    }
}

fn by_release(
    by_distro: &BTreeMap<Option<String>, Vec<PackageReport>>,
    database: &mut Database,
) -> Result<Findings, DbError> {
    let mut found = find(database, None, [])?;
    for (name, packages) in by_distro {
        let release = name.as_deref().map(distro);
        let more = find(database, release.as_ref(), packages)?;
        found.vulnerabilities.extend(more.vulnerabilities);
        found.diagnostics.extend(more.diagnostics);
        found.asked.extend(more.asked);
    }
    found.vulnerabilities.sort();
    found.vulnerabilities.dedup();
    found.diagnostics.sort();
    found.diagnostics.dedup();
    Ok(found)
}

/// Says that advisories are older than they may be, by the clock of this machine; without a limit, older
/// than three days.
pub fn age_of_advisories(found: &Findings, limit: Option<Duration>) -> Option<String> {
    let (source, age) = oldest(&found.database.sources, &found.asked, now())?;
    let newest = source.newest.as_deref().unwrap_or_default();
    let hours = age.as_secs() / 3600;
    let ecosystem = &source.ecosystem;
    (age > limit.unwrap_or(OLD)).then(|| {
        format!("the advisories of {ecosystem} are {hours} hours old: the newest is of {newest}")
    })
}

/// Returns the time of this machine, in seconds since 1970.
fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |it| it.as_secs());
    i64::try_from(now).unwrap_or(i64::MAX)
}
