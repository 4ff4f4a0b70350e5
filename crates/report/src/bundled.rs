//! Packages of languages that came in packages of the system.

use cutaway_analyze::Ecosystem;
use serde::{Deserialize, Serialize};

use crate::PackageReport;

/// A package of a language that came in a package of the system.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BundledReport {
    /// Its own record.
    #[serde(flatten)]
    pub package: PackageReport,
    /// The package whose file says so.
    pub owner: OwnerReport,
}

/// A package of the system that owns a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OwnerReport {
    /// The package manager's kind.
    pub kind: Ecosystem,
    /// The name.
    pub name: String,
    /// The full version.
    pub version: String,
    /// The architecture, where the record has one.
    pub arch: Option<String>,
    /// The vendor, where the record has one.
    pub vendor: Option<String>,
}
