//! What an analyzer is, what a layer says, and what the findings of all layers mean together.
//!
//! An *analyzer* knows where a package manager, a language or a distribution keeps its facts and how
//! to read them: it is handed one file at a time and returns findings. It never sees an image, a
//! layer or a file system. [`Analyzers`] puts many together, each with its role. [`LayerFacts`] is
//! what a layer says, as a value that can be kept; [`timeline()`] compares what the databases said
//! after each layer and tells which layer brought and which one ended each package.
//!
//! Nothing here does I/O: whoever walks over a layer pushes the bytes of its files into a [`Pickup`].
//!
//! ```
//! use cutaway_analyze::{Analyzer, AnalyzerId, File, Findings, Interest, Outcome};
//! use cutaway_layerfs::EntryPath;
//!
//! #[derive(Debug)]
//! struct Motd;
//! impl Analyzer for Motd {
//!     fn id(&self) -> AnalyzerId {
//!         AnalyzerId::new("motd", 1)
//!     }
//!     fn interest(&self) -> Interest {
//!         Interest::default().files(["etc/motd"])
//!     }
//!     fn analyze(&self, file: &File<'_>, found: &mut Findings) -> Outcome {
//!         found.warning("greets", String::from_utf8_lossy(file.start()).escape_debug().to_string());
//!         Outcome::Done
//!     }
//! }
//! let path = EntryPath::clean(b"etc/motd").expect("a clean path");
//! let mut found = Findings::default();
//! assert_eq!(Motd.analyze(&File::new(&path, b"Welcome"), &mut found), Outcome::Done);
//! assert_eq!(found.diagnostics()[0].message, "Welcome");
//! ```

mod analyzer;
mod analyzers;
mod architecture;
mod budget;
mod cache;
mod content_digest;
mod details;
mod distributions;
mod ecosystem;
mod facts;
mod facts_code;
mod few;
mod file;
mod file_record;
mod finding;
mod finding_code;
mod findings;
mod fingerprint;
mod held;
mod id;
mod interest;
mod matcher;
mod package;
mod package_code;
mod packed_records;
mod pickup;
mod reasons;
mod record_code;
mod story;
mod texts;
mod timeline;
mod unrecorded;
mod want;
mod wire;

pub use analyzer::{Analyzer, Companion, Database, Selection};
pub use analyzers::{Analyzers, AnalyzersError, Builder, Member, Role};
pub use architecture::{goes_on_as, may_go_on, native_architectures};
pub use budget::Budget;
pub use cache::{FactsCache, FactsKey};
pub use content_digest::ContentDigest;
pub use details::{Details, InstallReason};
pub use distributions::KnownDistro;
pub use ecosystem::Ecosystem;
pub use facts::{FileFindings, LayerFacts, Part};
pub use facts_code::{DecodeError, DecodeLimits, FACTS_FORMAT};
pub use few::Few;
pub use file::File;
pub use file_record::{
    Diversion, Exclusion, FileRecord, FileRecords, FileRole, Origin, Owner, PackageRef, Traits,
};
pub use finding::{Diagnostic, Distro, Key, Severity};
pub use findings::Findings;
pub use fingerprint::Fingerprint;
pub use held::Held;
pub use id::AnalyzerId;
pub use interest::{Interest, NamePattern, Place};
pub use matcher::{Matcher, Matches};
pub use package::{Identity, Package, Source, state_is_installed};
pub use pickup::{PickedFile, Pickup, PickupLimits, Reading};
pub use reasons::{NamedReason, Reasons};
pub use story::{PackageEvent, PackageStory, Turn, stories};
pub use texts::Texts;
pub use timeline::{Change, DatabaseRef, Listed, Present, Removed, Timeline, timeline};
pub use unrecorded::{Trace, Unrecorded};
pub use want::{Candidate, Feed, HEAD_MAX, Outcome, Plan, Want};
