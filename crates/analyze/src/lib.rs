//! What an analyzer is, and what the findings of all layers mean together.
//!
//! An *analyzer* knows where a package manager or a distribution keeps its facts and how to read
//! them: it is handed one file at a time, as bytes, and returns findings. It never sees an image, a
//! layer or a file system. [`timeline`] compares what the databases said after each layer and tells
//! which layer brought and which one ended each package.
//!
//! ```
//! use cutaway_analyze::{Analyzer, Findings, Input, Location};
//!
//! #[derive(Debug)]
//! struct Motd;
//! impl Analyzer for Motd {
//!     fn name(&self) -> &'static str {
//!         "motd"
//!     }
//!     fn version(&self) -> u32 {
//!         1
//!     }
//!     fn locations(&self) -> &'static [Location] {
//!         &[Location::File("etc/motd")]
//!     }
//!     fn analyze(&self, input: &Input<'_>, findings: &mut Findings) {
//!         findings.warning("greets", String::from_utf8_lossy(input.content).escape_debug().to_string());
//!     }
//! }
//! assert!(Motd.wants(b"etc/motd"));
//! ```

mod analyzer;
mod content_digest;
mod file_record;
mod finding;
mod packed_records;
mod story;
mod timeline;

pub use analyzer::{Analyzer, Input, Location, Selection, Trace, Unrecorded};
pub use content_digest::ContentDigest;
pub use file_record::{
    Diversion, Exclusion, FileRecord, FileRecords, Origin, Owner, PackageRef, Role, Traits,
};
pub use finding::{
    Diagnostic, Distro, Findings, Key, Kind, Package, Severity, Source, state_is_installed,
};
pub use story::{PackageEvent, PackageStory, Turn, stories};
pub use timeline::{Present, Removed, State, Timeline, timeline};
