//! Packages against public advisories in OSV form, offline.
//!
//! Records are read tolerantly ([`Advisory`]), evaluated exactly ([`Range`], [`judge`]), and kept in one
//! immutable file ([`Builder`], [`Database`]), of which a reader needs a few blocks.

mod age;
mod db;
mod ecosystem;
mod enrich;
mod gate;
mod ignore;
mod import;
mod info;
mod judge;
mod limits;
mod matching;
mod named;
mod osv;
mod purl;
mod query;
mod range;
mod vex;

pub use age::newest;
pub use db::{Builder, Built, Counts, Database, DbError, Flaw, Row, Stored};
pub use ecosystem::Ecosystem;
pub use enrich::{Enrichment, EnrichmentError};
pub use gate::{Gate, Refused};
pub use ignore::Ignores;
pub use import::{ImportError, Importer};
pub use info::DatabaseInfo;
pub use judge::{Reason, judge};
pub use limits::Limits;
pub use matching::{Findings, find};
pub use named::distro;
pub use osv::{Advisory, Affected, RecordError, Skipped, Standing};
pub use query::{Answer, query};
pub use range::{Event, EventKind, Interval, Range};
pub use vex::{Vex, VexSubject};
