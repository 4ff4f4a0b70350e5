//! What is in an image, as a value that is written and read.
//!
//! A [`Report`] needs no image: it is made by a scan, or read from what an earlier one wrote, and
//! judged then. JSON that was read and is written again is the same, byte for byte.
//!
//! ```
//! use cutaway_report::{Format, Purls, Report};
//!
//! # let json = r#"{"schema":"cutaway.scan/1","image":{"name":"a","source":"oci","digest":null,"id":null,
//! #     "media_type":null,"platform":{"os":"linux","architecture":"amd64","variant":null}},"distro":null,
//! #     "layers":[],"packages":[],"removed":[],"keys":[],"diagnostics":[],"complete":true}"#;
//! let report = Report::read(json.as_bytes())?;
//! let mut purls = Vec::new();
//! Purls.write(&report, &mut purls)?;
//! # Ok::<(), std::io::Error>(())
//! ```

mod advisories;
mod bundled;
mod code;
mod codes;
mod difference;
mod entry;
mod explained;
mod files;
mod format;
mod groups;
mod inspection;
mod junit;
mod percent;
mod purl;
mod purl_of_language;
mod report;
#[cfg(test)]
mod round_trip;
mod schemas;
mod story;
mod subject;
mod support;
mod surroundings;
pub mod text;
mod time;
mod units;
mod vulnerability;

pub use advisories::{AdvisoriesReport, AdvisorySource, MatchReport};
pub use bundled::{BundledReport, OwnerReport};
pub use code::Code;
pub use codes::{CODES, meaning};
pub use difference::{ConfigDifference, PackageDifference, PackageDifferences, config_differences};
pub use entry::{FileEntry, hex, kind_word, mode_text};
pub use files::{FileList, FileReport, FileSource, FilesReport};
pub use format::{Format, Json, Purls, write_json};
pub use groups::FileGroup;
pub use inspection::{BuildStep, InspectedLayer, Inspection, PulledAs};
pub use junit::Junit;
pub use percent::percent_encode;
pub use purl::purl;
pub use report::{
    DiagnosticReport, DistroReport, ImageReport, KeyReport, LayerReport, PackageReport,
    PlatformReport, RemovedReport, Report, Schema,
};
pub use schemas::{DocumentSchema, schema, schemas};
pub use story::{Event, EventReport, StoryReport};
pub use subject::{SourceKind, Subject};
pub use support::SupportEnd;
pub use surroundings::{AttestationReport, ChildReport, IndexReport, Surroundings};
pub use time::{parse_time, utc};
pub use units::{counted, size_text};
pub use vulnerability::{
    EpssReport, FlawRange, FlawSeverity, FlawSource, FlawState, FlawedPackage, KevReport, NameRole,
    Share, Suppression, Tenths, VulnerabilityReport,
};
