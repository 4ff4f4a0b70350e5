//! The report, field by field as programs read it (schema `cutaway.scan/1`).

use std::sync::Arc;

use cutaway_analyze::{
    Details, Ecosystem, Identity, InstallReason, Severity, Source, state_is_installed,
};
use cutaway_model::{DiffId, Image, MediaType, Remark};
use cutaway_ref::{Digest, Platform};
use serde::{Deserialize, Serialize};

use crate::{
    AdvisoriesReport, BundledReport, Code, FilesReport, SourceKind, StoryReport, Subject,
    VulnerabilityReport,
};

/// The name and version of the form of a report; others are refused when one is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Schema {
    /// `cutaway.scan/1`.
    #[serde(rename = "cutaway.scan/1")]
    Scan1,
}

/// What is in an image. Serialises to the same bytes for the same image and options.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The name and version of this form.
    pub schema: Schema,
    /// Which image it is.
    pub image: ImageReport,
    /// When the image was built, as its config spells it.
    #[serde(default)]
    pub created: Option<String>,
    /// The distribution, where a release file names one.
    pub distro: Option<DistroReport>,
    /// The layers, oldest first.
    pub layers: Vec<LayerReport>,
    /// Every record of the databases that are visible at the top, sorted.
    pub packages: Vec<PackageReport>,
    /// Packages that a lower layer had installed and the image has not, sorted.
    pub removed: Vec<RemovedReport>,
    /// Packages of languages whose files belong to packages of the system, sorted.
    #[serde(default)]
    pub bundled: Vec<BundledReport>,
    /// Signing keys in the databases, sorted.
    pub keys: Vec<KeyReport>,
    /// What could not be read, or what a reader should know, sorted.
    pub diagnostics: Vec<DiagnosticReport>,
    /// False exactly when a diagnostic is an error: then what is listed may not be all there is.
    pub complete: bool,
    /// What is known to be broken in what is installed, sorted; only where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vulnerabilities: Option<Vec<VulnerabilityReport>>,
    /// The advisories that say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<AdvisoriesReport>,
    /// What each layer did to each package, sorted; only where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<Vec<StoryReport>>,
    /// Files against what their packages record; only where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<FilesReport>,
}

/// Which image was scanned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageReport {
    /// The name by which it was asked for.
    pub name: String,
    /// The kind of place where it lies.
    pub source: SourceKind,
    /// The digest of its manifest, where it has one.
    pub digest: Option<Digest>,
    /// The image ID: the digest of its config; none where the form of the source states no config.
    pub id: Option<Digest>,
    /// The media type of its manifest, where it has one.
    pub media_type: Option<MediaType>,
    /// The platform of its config.
    pub platform: PlatformReport,
}

/// A platform as a config has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlatformReport {
    /// The operating system.
    pub os: Option<String>,
    /// The architecture.
    pub architecture: Option<String>,
    /// The variant of the architecture.
    pub variant: Option<String>,
}

/// The distribution, and where it is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DistroReport {
    /// `ID`.
    pub id: String,
    /// `VERSION_ID`.
    pub version_id: Option<String>,
    /// `VERSION_CODENAME`.
    pub codename: Option<String>,
    /// `PRETTY_NAME`.
    pub pretty_name: Option<String>,
    /// `ID_LIKE`.
    pub id_like: Vec<String>,
    /// The release file.
    pub path: String,
    /// The layer that holds it.
    pub layer: usize,
    /// The last day of its regular support, as `2026-06-10`, where that is known: see
    /// [`SupportEnd`](crate::SupportEnd).
    #[serde(default)]
    pub eol: Option<String>,
    /// `CPE_NAME`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpe: Option<String>,
    /// `HOME_URL`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home_url: Option<String>,
    /// `BUG_REPORT_URL`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bug_report_url: Option<String>,
}

impl DistroReport {
    /// A distribution of which no more is known than its name and, it may be, its version.
    pub fn named(id: impl Into<String>, version_id: Option<String>) -> Self {
        Self {
            id: id.into(),
            version_id,
            codename: None,
            pretty_name: None,
            id_like: Vec::new(),
            path: String::new(),
            layer: 0,
            eol: None,
            cpe: None,
            home_url: None,
            bug_report_url: None,
        }
    }
}

/// One layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerReport {
    /// Its position, 0 for the oldest.
    pub index: usize,
    /// The digest of its stored bytes.
    pub digest: Digest,
    /// The digest of its uncompressed tar.
    pub diff_id: DiffId,
    /// The digest of this layer on all below it.
    pub chain_id: Digest,
    /// The media type of the manifest, where there is one.
    pub media_type: Option<MediaType>,
    /// Its stored bytes.
    pub size: u64,
    /// Its uncompressed bytes.
    pub uncompressed_size: u64,
    /// The command that built it, where the history says it without a guess.
    pub created_by: Option<String>,
    /// Whether digest, size and diffID were checked against its bytes.
    pub verified: bool,
}

/// One record of a package database.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PackageReport {
    /// The package manager's kind.
    pub kind: Ecosystem,
    /// What stands before the name where names alone are not unique: Maven's group, npm's scope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
    /// The full version as the package manager prints it.
    pub version: String,
    /// The epoch, where the record has one.
    pub epoch: Option<u64>,
    /// The release or revision, where the record has one.
    pub release: Option<String>,
    /// The architecture, where the record has one.
    pub arch: Option<String>,
    /// The source package, where it is known.
    pub source: Option<Source>,
    /// The licences as the database spells them.
    pub licenses: Vec<String>,
    /// The vendor, where the record has one.
    pub vendor: Option<String>,
    /// `installed`, or what else dpkg's Status says.
    pub state: String,
    /// What tells copies apart that lie beside each other, such as the directory of a Python distribution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The package URL.
    pub purl: String,
    /// The database file.
    pub database: String,
    /// The layer that brought this version.
    pub layer: usize,
    /// Why it is there, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub install_reason: Option<InstallReason>,
    /// What else the record says: its fields stand beside those above, where they are known.
    #[serde(flatten, with = "details")]
    pub details: Option<Arc<Details>>,
}

/// Details among the fields of what has them.
mod details {
    use std::sync::Arc;

    use cutaway_analyze::Details;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "the form in which serde hands it on")]
    pub(super) fn serialize<S: Serializer>(
        details: &Option<Arc<Details>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match details {
            Some(details) => Details::serialize(details, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Arc<Details>>, D::Error> {
        let details = Details::deserialize(deserializer)?;
        Ok((!details.is_empty()).then(|| Arc::new(details)))
    }
}

/// A package that is not there any more.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RemovedReport {
    /// Its last record in which it was installed.
    #[serde(flatten)]
    pub package: PackageReport,
    /// The layer that ended it.
    pub hidden_by: usize,
}

/// A signing key that a package manager trusts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KeyReport {
    /// Its name in the database.
    pub name: String,
    /// Key id and time of creation, as the database has them.
    pub version: String,
    /// Whose key it is.
    pub summary: Option<String>,
    /// The database file.
    pub database: String,
    /// The layer whose database holds it.
    pub layer: usize,
}

/// Something that could not be read, or that a reader should know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DiagnosticReport {
    /// How much it matters.
    pub severity: Severity,
    /// What kind of thing it is.
    pub code: Code,
    /// The file it is about, where it is about one.
    pub path: Option<String>,
    /// The layer it is about, where it is about one.
    pub layer: Option<usize>,
    /// One line for people.
    pub message: String,
}

impl Report {
    /// Returns the packages that are installed, at least in part.
    pub fn installed(&self) -> impl Iterator<Item = &PackageReport> {
        self.packages.iter().filter(|package| package.is_installed())
    }

    /// Says why it is incomplete: its first error, with the path that it is about. `None` for one that
    /// is complete.
    pub fn why_incomplete(&self) -> Option<String> {
        if self.complete {
            return None;
        }
        let first = self.diagnostics.iter().find(|told| told.severity == Severity::Error);
        Some(first.map_or_else(String::new, |told| match &told.path {
            Some(path) => format!("{path}: {}", told.message),
            None => told.message.clone(),
        }))
    }
}

impl ImageReport {
    /// Names an image by what its documents say.
    pub fn new(image: &Image, subject: &Subject) -> Self {
        Self {
            name: subject.name.clone(),
            source: subject.source,
            digest: image.digest().cloned(),
            id: Some(image.id().clone()).filter(|_| !image.is_computed()),
            media_type: image.media_type().cloned(),
            platform: PlatformReport::new(&image.config().platform),
        }
    }

    /// Names what was asked for, of which nothing else is known.
    pub fn unknown(subject: Subject) -> Self {
        let Subject { name, source } = subject;
        let platform = PlatformReport::default();
        Self { name, source, digest: None, id: None, media_type: None, platform }
    }
}

impl PlatformReport {
    /// Takes the words of a platform; an empty one is unknown.
    pub fn new(platform: &Platform) -> Self {
        let known = |word: &String| Some(word.clone()).filter(|word| !word.is_empty());
        Self {
            os: known(&platform.os),
            architecture: known(&platform.architecture),
            variant: platform.variant.clone(),
        }
    }
}

impl PackageReport {
    /// Returns what makes it the same package, whatever its version.
    pub fn identity(&self) -> Identity<'_> {
        Identity {
            ecosystem: &self.kind,
            namespace: self.namespace.as_deref(),
            name: &self.name,
            arch: self.arch.as_deref(),
            place: self.place.as_deref(),
        }
    }

    /// Returns whether the files of the package are there, at least in part: see
    /// [`state_is_installed`].
    pub fn is_installed(&self) -> bool {
        state_is_installed(&self.state)
    }
}

impl From<Remark> for DiagnosticReport {
    fn from(remark: Remark) -> Self {
        let Remark { code, layer, message } = remark;
        Self { severity: Severity::Warning, code: code.into(), path: None, layer, message }
    }
}
