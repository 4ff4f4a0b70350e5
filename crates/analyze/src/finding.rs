//! What analyzers find beside packages: keys, distributions, and what they could not read.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A signing key in a package database (rpm's `gpg-pubkey` records).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
    /// `CPE_NAME`.
    pub cpe: Option<String>,
    /// `HOME_URL`.
    pub home_url: Option<String>,
    /// `BUG_REPORT_URL`.
    pub bug_report_url: Option<String>,
    /// `SUPPORT_END`, as it is spelled.
    pub support_end: Option<String>,
    /// Whether the file states the ID, or is this distribution's by its name. What was made of a title
    /// or of addresses contradicts no file that states another one.
    pub stated: bool,
}

impl Distro {
    /// Returns the texts that may be missing, always in the same order.
    pub(crate) fn texts(&self) -> [&Option<String>; 7] {
        [
            &self.version_id,
            &self.codename,
            &self.pretty_name,
            &self.cpe,
            &self.home_url,
            &self.bug_report_url,
            &self.support_end,
        ]
    }
}

/// Something that could not be read, or that a reader should know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Diagnostic {
    /// How much it matters.
    pub severity: Severity,
    /// What kind of thing it is, in kebab-case.
    pub code: Cow<'static, str>,
    /// One line for people; control characters escaped, at most a few hundred bytes.
    pub message: String,
}

/// How much a diagnostic matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Odd, but read.
    Warning,
    /// Not read: the answer is incomplete.
    Error,
}
