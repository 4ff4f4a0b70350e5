//! How findings are judged: what is accepted, what others say of them, and which layers are the base's.

use std::path::{Path, PathBuf};

use cutaway_analyze::Severity;
use cutaway_report::Report;
use cutaway_vulns::{Database, DbError, Findings, Ignores, Vex, VexSubject, find};

use super::clock::now;
use crate::client::Client;
use crate::error::Error;
use crate::place::Place;

/// How findings are judged.
#[derive(Debug, Clone, Default)]
pub struct Judging {
    /// Whether packages that the database has no source for are an error: a gate must not pass them over.
    pub strict: bool,
    /// Whether packages are judged, too, that are not there any more and that a lower layer ships.
    pub removed: bool,
    /// How many layers, from the lowest, are those of the image's base, where that is known.
    pub base: Option<usize>,
    /// What is accepted.
    pub ignores: Ignores,
    /// What is said of flaws in products.
    pub vex: Vex,
}

/// Where the annotations of an image name its base.
const BASE_NAME: &str = "org.opencontainers.image.base.name";
const BASE_DIGEST: &str = "org.opencontainers.image.base.digest";

impl Judging {
    /// Reads what is accepted from a file, if one is told, and what is said in files of VEX statements.
    ///
    /// # Errors
    ///
    /// Returns which file cannot be read, and the rule that it breaks.
    pub fn new(strict: bool, ignores: Option<&Path>, vex: &[PathBuf]) -> Result<Self, Error> {
        let mut judging = Self { strict, ..Self::default() };
        let unreadable = |path: &Path, source| Error::Unreadable { path: path.to_owned(), source };
        let broken = |path: &Path, reason| Error::Settings { path: path.to_owned(), reason };
        if let Some(path) = ignores {
            let text = std::fs::read_to_string(path).map_err(|it| unreadable(path, it))?;
            judging.ignores = Ignores::read(&text).map_err(|it| broken(path, it))?;
        }
        for path in vex {
            let json = std::fs::read(path).map_err(|it| unreadable(path, it))?;
            let name = path.display().to_string();
            judging.vex.read(&json, &name).map_err(|it| broken(path, it))?;
        }
        Ok(judging)
    }

    /// Finds what is broken in what a report lists, and says of each finding which layer brought it.
    pub(super) fn find(
        &self,
        report: &Report,
        database: &mut Database,
    ) -> Result<Findings, DbError> {
        let distro = report.distro.as_ref();
        let mut found = find(database, distro, report.installed())?;
        if self.removed {
            for hidden in &report.removed {
                let more = find(database, distro, [&hidden.package])?;
                let gone = more.vulnerabilities.into_iter().map(|mut finding| {
                    finding.package.hidden_by = Some(hidden.hidden_by);
                    finding
                });
                found.vulnerabilities.extend(gone);
                found.asked.extend(more.asked);
            }
            found.vulnerabilities.sort();
        }
        for finding in &mut found.vulnerabilities {
            let package = &mut finding.package;
            let layer = report.layers.iter().find(|layer| layer.index == package.layer);
            package.created_by = layer.and_then(|layer| layer.created_by.clone());
            package.in_base = self.base.filter(|_| layer.is_some()).map(|it| package.layer < it);
        }
        let subject = VexSubject { image: Some(&report.image), distro };
        self.mark(&mut found, &subject);
        Ok(found)
    }

    /// Sharpens what is told, and marks what does not count.
    pub(super) fn mark(&self, found: &mut Findings, subject: &VexSubject<'_>) {
        for told in found.diagnostics.iter_mut().filter(|it| it.code == "no-advisories") {
            if self.strict {
                told.severity = Severity::Error;
            }
        }
        found.remarks = self.vex.apply(&mut found.vulnerabilities, subject);
        found.remarks.extend(self.ignores.apply(&mut found.vulnerabilities, now()));
    }
}

impl Client {
    /// Says how many layers of an image are those of its base: of the image that is told, or else of the
    /// one that the annotations of the image name.
    ///
    /// # Errors
    ///
    /// Returns why the base is not known, and that its layers are not the lowest of the image.
    pub async fn base_of(&self, report: &Report, told: Option<&str>) -> Result<usize, Error> {
        let unknown = |why: String| Error::Usage(format!("the base image is not known: {why}"));
        let base = match told {
            Some(told) => told.to_owned(),
            None => {
                let none = || unknown("no annotation names it, and --base does not".to_owned());
                self.annotated_base(&report.image.name).await?.ok_or_else(none)?
            }
        };
        let layers = self.open(&base).await?.layers().await?;
        let is_below = layers.len() <= report.layers.len()
            && layers.iter().zip(&report.layers).all(|(own, its)| *own.diff_id() == its.diff_id);
        match is_below {
            true => Ok(layers.len()),
            false => Err(unknown(format!("the layers of {base} are not the lowest of the image"))),
        }
    }

    async fn annotated_base(&self, image: &str) -> Result<Option<String>, Error> {
        if matches!(Place::of(image)?, Place::Sbom(_)) {
            return Ok(None);
        }
        let image = self.open(image).await?;
        let Some(stated) = image.opened().and_then(cutaway_model::Image::manifest) else {
            return Ok(None);
        };
        let get = |key: &str| stated.manifest.annotations.get(key).map(String::as_str);
        Ok(match (get(BASE_NAME), get(BASE_DIGEST)) {
            (Some(name), Some(digest)) if !name.contains('@') => Some(format!("{name}@{digest}")),
            (name, _) => name.map(str::to_owned),
        })
    }
}
