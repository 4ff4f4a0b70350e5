//! From an image to an inventory.
//!
//! [`scan`] streams the layers of an image, all at once up to a bound, hands the files that analyzers
//! want to them, lays the layers over each other and reports what is visible at the top, which layer
//! brought it, and what a lower layer had. [`scan_stream`] does the same with an archive that passes
//! once. Nothing is written to disk, and no finding leaves before the size, the digest and the diffID
//! of every layer that was read have matched.
//!
//! This is the only crate that knows both tokio and rayon; they meet in `bridge.rs`.

mod assemble;
mod bridge;
mod collect;
mod databases;
mod error;
mod layer;
mod limits;
mod onepass;
mod options;
mod purl;
mod report;
mod run;
mod second;
mod skip;
mod story;
mod verify;

pub use cutaway_files::Measured;
pub use error::Error;
pub use limits::Limits;
pub use onepass::{scan_stream, scan_stream_with_history};
pub use options::{Asked, Observer, Options, Silent, SourceKind, Subject};
pub use report::{
    DiagnosticReport, DistroReport, EventReport, ImageReport, KeyReport, LayerReport,
    PackageReport, PlatformReport, RemovedReport, Report, StoryReport,
};
pub use run::{scan, scan_with_history};
pub use verify::{verify, verify_stream};
