//! Databases of advisories in files of this machine, and what they say of packages.

mod artifact;
mod cache;
mod clock;
mod judge;
mod judging;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cutaway_report::{PackageReport, Report};
use cutaway_tar::Escaped;
use cutaway_vulns::{
    Answer, Built, Database, DbError, Enrichment, EnrichmentError, Findings, Importer, VexSubject,
    distro, find, newest, query,
};

use crate::client::Client;
use crate::error::Error;
use clock::now;
pub use judge::{Ending, Judge, JudgeSettings};
pub use judging::Judging;

/// How old advisories may be before somebody is told.
const OLD: Duration = Duration::from_secs(3 * 24 * 60 * 60);

impl Client {
    /// Reads advisories in OSV form from files and directories, and joins what others say of flaws.
    ///
    /// # Errors
    ///
    /// Returns which file cannot be read, and that there is no record in them.
    pub fn import_advisories(
        &self,
        paths: &[PathBuf],
        known: Enrichment,
    ) -> Result<Importer, Error> {
        let mut importer = Importer::with(self.limits().advisories.clone(), known);
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

/// Files of what others say of flaws.
#[derive(Debug, Clone, Default)]
pub struct EnrichmentFiles {
    /// Lists of exploited flaws (KEV).
    pub kev: Vec<PathBuf>,
    /// Lists of scores (EPSS).
    pub epss: Vec<PathBuf>,
    /// What Debian's security tracker publishes.
    pub tracker: Option<PathBuf>,
}

impl EnrichmentFiles {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// Returns which file cannot be read, and why.
    pub fn read(&self) -> Result<Enrichment, Error> {
        let mut known = Enrichment::default();
        let open = |path: &PathBuf| {
            File::open(path).map_err(|source| Error::Unreadable { path: path.clone(), source })
        };
        let broken = |path: &PathBuf, error: EnrichmentError| Error::Settings {
            path: path.clone(),
            reason: error.to_string(),
        };
        for path in &self.kev {
            known.read_kev(open(path)?).map_err(|error| broken(path, error))?;
        }
        for path in &self.epss {
            known.read_epss(open(path)?).map_err(|error| broken(path, error))?;
        }
        if let Some(path) = &self.tracker {
            known.read_tracker(open(path)?).map_err(|error| broken(path, error))?;
        }
        Ok(known)
    }
}

/// Writes the database of what was read: into a file, or, where a directory is meant, one file for each group
/// of ecosystems. A file appears whole or not at all.
///
/// # Errors
///
/// Returns why a file cannot be written; those that are there then are whole.
pub fn write_advisories(importer: Importer, output: &Path) -> Result<Vec<Built>, Error> {
    if output == Path::new("-") {
        let rule = "a database is written into a file or a directory, and not to standard output";
        return Err(Error::Usage(rule.to_owned()));
    }
    let builder = importer.into_builder();
    let into_folder = output.is_dir() || output.as_os_str().as_encoded_bytes().ends_with(b"/");
    let mut files: Vec<PathBuf> = Vec::new();
    let mut create = |file: PathBuf| -> std::io::Result<BufWriter<File>> {
        let opened = File::create(part(&file))?;
        files.push(file);
        Ok(BufWriter::new(opened))
    };
    let mut written = match into_folder {
        true => std::fs::create_dir_all(output).and_then(|()| {
            builder.write_groups(|group| {
                let plain =
                    |it: char| if it.is_ascii_alphanumeric() || it == '.' { it } else { '-' };
                let name: String = group.chars().map(plain).collect();
                create(output.join(format!("{name}.db")))
            })
        }),
        // A device or a pipe is written as it is.
        false if output.exists() && !output.is_file() => {
            File::options().write(true).open(output).and_then(|out| Ok(vec![builder.write(out)?]))
        }
        false => create(output.to_owned()).and_then(|out| Ok(vec![builder.write(out)?])),
    };
    for file in &files {
        let ended = match &written {
            Ok(_) => std::fs::rename(part(file), file),
            Err(_) => std::fs::remove_file(part(file)),
        };
        if written.is_ok()
            && let Err(error) = ended
        {
            written = Err(error);
        }
    }
    written.map_err(|error| artifact::written(output, error))
}

/// Returns the name that a file has until it is whole.
fn part(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    file.with_file_name(format!(".{name}.{}.part", std::process::id()))
}

/// A database of advisories that lies in files.
#[derive(Debug)]
pub struct Advisories {
    path: PathBuf,
    database: Database,
}

impl Advisories {
    /// Opens a database: a file, or a directory with one for each group of ecosystems.
    ///
    /// # Errors
    ///
    /// Returns why it cannot be used.
    pub fn open(path: &Path) -> Result<Self, Error> {
        Self::open_all(&[path.to_owned()])
    }

    /// Opens several as one; of those that have the same ecosystem the first counts.
    pub(crate) fn open_all(paths: &[PathBuf]) -> Result<Self, Error> {
        let mut known: BTreeSet<String> = BTreeSet::new();
        let mut databases = Vec::new();
        for path in paths {
            let mut fresh: BTreeSet<String> = BTreeSet::new();
            for file in files_of(path)? {
                let of_file = |source| Error::Advisories { path: file.clone(), source };
                let opened = File::open(&file).map_err(DbError::from).and_then(Database::open);
                let database = opened.map_err(of_file)?;
                let own: Vec<String> =
                    database.sources().map(|(source, _)| source.ecosystem.clone()).collect();
                if !own.iter().any(|ecosystem| known.contains(ecosystem)) {
                    fresh.extend(own);
                    databases.push(database);
                }
            }
            known.extend(fresh);
        }
        let path = paths.first().cloned().unwrap_or_default();
        let of_all = |source| Error::Advisories { path: path.clone(), source };
        let database = Database::join(databases).map_err(of_all)?;
        Ok(Self { path, database })
    }

    /// Opens the one that is told, where advisories are `wanted`.
    ///
    /// # Errors
    ///
    /// Those of [`open`](Self::open), and that none is told.
    pub fn wanted(wanted: bool, told: Option<&Path>) -> Result<Option<Self>, Error> {
        match told.filter(|_| wanted) {
            Some(path) => Self::open(path).map(Some),
            None if wanted => {
                let rule = "there is no database of advisories: --db names one";
                Err(Error::Unanswered(rule.to_owned()))
            }
            None => Ok(None),
        }
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
        let found = self.try_with(|it| how.find(report, it))?;
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
        how.mark(&mut found, &VexSubject::default());
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
/// than three days. Advisories that do not say how old they are may be of any age.
pub(crate) fn age_of_advisories(found: &Findings, limit: Option<Duration>) -> Option<String> {
    let Some((source, age)) = newest(&found.database.sources, &found.asked, now()) else {
        let unknown = "the advisories do not say when they were changed";
        return limit.filter(|_| !found.asked.is_empty()).map(|_| unknown.to_owned());
    };
    let newest = source.newest.as_deref().unwrap_or_default();
    let hours = age.as_secs() / 3600;
    let ecosystem = &source.ecosystem;
    tracing::info!(ecosystem, newest, hours, "age of the advisories");
    (age > limit.unwrap_or(OLD)).then(|| {
        format!("the advisories are {hours} hours old: the newest, of {ecosystem}, is of {newest}")
    })
}

/// Returns the files of a database: of a directory those that end with `.db`, sorted.
fn files_of(path: &Path) -> Result<Vec<PathBuf>, Error> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let unreadable = |source| Error::Unreadable { path: path.to_owned(), source };
    let entries = std::fs::read_dir(path).map_err(unreadable)?;
    let files = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut files = files.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    files.retain(|file| file.extension().is_some_and(|end| end == "db"));
    files.sort();
    match files.is_empty() {
        true => Err(Error::Unanswered(format!("{}: no database lies in it", path.display()))),
        false => Ok(files),
    }
}
