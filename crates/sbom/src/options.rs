//! How a document is written.

use std::str::FromStr;

/// The version of the program, as documents state it.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Where the program comes from.
pub(crate) const HOME: &str = env!("CARGO_PKG_REPOSITORY");

/// How a document is written. The default is what a reader can rely on: the same report gives the same
/// bytes.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The version of CycloneDX.
    pub version: SpecVersion,
    /// Where the serial number of CycloneDX comes from.
    pub serial: Serial,
    /// The address below which documents of SPDX are named; `https://cutaway.invalid/spdx` without one.
    pub namespace: Option<String>,
    /// Which time the document states.
    pub clock: Clock,
    /// Which readers are helped with properties of their own.
    pub compat: Compat,
    /// Who made the document: names, with an address of mail in angle brackets behind them or without.
    pub authors: Vec<String>,
    /// Who supplies the image.
    pub supplier: Option<String>,
    /// Whether packages that a lower layer had are listed as excluded (CycloneDX).
    pub removed: bool,
    /// Whether source packages stand as ancestors of what was built from them (CycloneDX).
    pub sources: bool,
    /// Which build a snapshot for GitHub is of.
    pub snapshot: Snapshot,
}

/// Which build a snapshot for GitHub is of. What is not known is written as zeros, `refs/heads/main`, and
/// the name of the image as correlator.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// The commit, 40 hexadecimal digits.
    pub commit: Option<String>,
    /// The branch or tag, such as `refs/heads/main`.
    pub reference: Option<String>,
    /// The id of the job.
    pub job: Option<String>,
    /// What snapshots of one kind have in common: a newer one replaces an older one.
    pub correlator: Option<String>,
}

/// A version of CycloneDX.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SpecVersion {
    /// 1.6, which all current readers take.
    #[default]
    V1_6,
    /// 1.7.
    V1_7,
}

/// Where a serial number comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Serial {
    /// From the content: a UUID of version 8 from the SHA-256 of the document without serial number
    /// and times.
    #[default]
    Content,
    /// These random bytes, as a UUID of version 4.
    Random([u8; 16]),
    /// There is none.
    None,
}

/// Which time a document states.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Clock {
    /// When the image was built, where its config says so and the year is after 1980; else CycloneDX
    /// states no time, and SPDX, which wants one, the first second of 1970.
    #[default]
    Image,
    /// These seconds since 1970, as `SOURCE_DATE_EPOCH` has them.
    Epoch(i64),
    /// These seconds since 1970: now.
    Now(i64),
}

/// Which readers are helped with properties of their own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Compat {
    /// Trivy, which takes source packages from its own properties alone.
    #[default]
    Trivy,
    /// None.
    None,
}

impl SpecVersion {
    /// Returns the version as documents state it.
    pub fn name(self) -> &'static str {
        match self {
            Self::V1_6 => "1.6",
            Self::V1_7 => "1.7",
        }
    }
}

impl FromStr for SpecVersion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "1.6" => Ok(Self::V1_6),
            "1.7" => Ok(Self::V1_7),
            _ => Err("it is 1.6 or 1.7".to_owned()),
        }
    }
}

impl FromStr for Compat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "trivy" => Ok(Self::Trivy),
            "none" => Ok(Self::None),
            _ => Err("it is trivy or none".to_owned()),
        }
    }
}
