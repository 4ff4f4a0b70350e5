//! What analyzers find: packages, keys, distributions, and what they could not read.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::FileRecords;

/// Everything that was found in one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// Every record that has a name and a version, in the order of the file.
    pub packages: Vec<Package>,
    /// Signing keys that a package manager trusts.
    pub keys: Vec<Key>,
    /// Licences of the package that the file is about, as the file spells them, for files that are about one.
    pub licenses: Vec<String>,
    /// The distribution that a release file names.
    pub distro: Option<Distro>,
    /// What is said about files of the image.
    pub files: FileRecords,
    /// What could not be read or looks odd.
    pub diagnostics: Vec<Diagnostic>,
}

impl Findings {
    /// Notes something that could not be read: the analysis is incomplete.
    pub fn error(&mut self, code: &'static str, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic {
            severity: Severity::Error,
            code,
            message: message.into(),
        });
    }

    /// Notes something odd that was read all the same.
    pub fn warning(&mut self, code: &'static str, message: impl Into<String>) {
        self.diagnostics.push(Diagnostic {
            severity: Severity::Warning,
            code,
            message: message.into(),
        });
    }

    /// Returns whether something could not be read.
    pub fn incomplete(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }
}

/// One record of a package database.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Package {
    /// The package manager's kind.
    pub kind: Kind,
    /// The name, as the database has it.
    pub name: String,
    /// The full version as the package manager prints it: deb `1:2.3-4`, apk `1.2.3-r0`, rpm `[epoch:]version-release`.
    pub version: String,
    /// The epoch, where the record has one.
    pub epoch: Option<u64>,
    /// The release of an rpm or the revision of a deb, where the record has one.
    pub release: Option<String>,
    /// The architecture, where the record has one.
    pub arch: Option<String>,
    /// The source package this was built from, where it is known.
    pub source: Option<Source>,
    /// The licences, each as the database spells it.
    pub licenses: Vec<String>,
    /// The vendor, where the record has one.
    pub vendor: Option<String>,
    /// The third word of dpkg's and opkg's Status as it stands; `installed` where a format has none.
    pub state: String,
}

impl Package {
    /// Returns whether the files of the package are there, at least in part.
    ///
    /// True for dpkg's `installed`, `triggers-awaited`, `triggers-pending`, `half-configured`,
    /// `unpacked` and `half-installed`; false for `config-files`, `not-installed` and what is unknown.
    pub fn is_installed(&self) -> bool {
        state_is_installed(&self.state)
    }
}

/// Returns whether a package in this state has its files on the system, at least in part; see
/// [`Package::is_installed`].
pub fn state_is_installed(state: &str) -> bool {
    matches!(
        state,
        "installed"
            | "triggers-awaited"
            | "triggers-pending"
            | "half-configured"
            | "unpacked"
            | "half-installed"
    )
}

/// The source package of a binary package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Source {
    /// The name of the source package.
    pub name: String,
    /// Its version, where it is known.
    pub version: Option<String>,
}

/// The kind of a package, as package URLs and the report name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Arch Linux's pacman, whose library is called alpm.
    Alpm,
    /// Alpine's apk.
    Apk,
    /// Debian's dpkg.
    Deb,
    /// rpm.
    Rpm,
}

impl Kind {
    /// Returns the name that the report prints.
    pub fn name(self) -> &'static str {
        match self {
            Self::Alpm => "alpm",
            Self::Apk => "apk",
            Self::Deb => "deb",
            Self::Rpm => "rpm",
        }
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const ALL: [Kind; 4] = [Kind::Alpm, Kind::Apk, Kind::Deb, Kind::Rpm];
        let name = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let known = ALL.into_iter().find(|kind| kind.name() == name);
        known.ok_or_else(|| serde::de::Error::custom("a kind of package that is not known"))
    }
}

/// A signing key in a package database (rpm's `gpg-pubkey` records).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Key {
    /// The key's name in the database, such as `gpg-pubkey`.
    pub name: String,
    /// `version-release` of the record: key id and time of creation, in hexadecimal.
    pub version: String,
    /// Whose key it is, as the record says.
    pub summary: Option<String>,
}

/// A distribution, as a release file names it. Fields that the file lacks are `None` or empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Distro {
    /// `ID`, verbatim.
    pub id: String,
    /// `VERSION_ID`.
    pub version_id: Option<String>,
    /// `VERSION_CODENAME`.
    pub codename: Option<String>,
    /// `PRETTY_NAME`.
    pub pretty_name: Option<String>,
    /// `ID_LIKE`, split at blanks.
    pub id_like: Vec<String>,
}

/// Something that could not be read, or that a reader should know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// How much it matters.
    pub severity: Severity,
    /// What kind of thing it is, in kebab-case.
    pub code: &'static str,
    /// One line for people; control characters escaped, at most a few hundred bytes.
    pub message: String,
}

/// How much a diagnostic matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Odd, but read.
    Warning,
    /// Not read: the answer is incomplete.
    Error,
}
