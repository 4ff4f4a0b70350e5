//! From an image to an inventory.
//!
//! [`scan`] streams the layers of an image, all at once up to a bound, hands the files that analyzers
//! want to them, lays the layers over each other and reports what is visible at the top, which layer
//! brought it, and what a lower layer had. [`scan_stream`] does the same with an archive that passes
//! once. Nothing is written to disk, and no finding leaves before the size, the digest and the diffID
//! of every layer that was read have matched.
//!
//! ```no_run
//! use std::path::Path;
//! use std::sync::Arc;
//!
//! use cutaway_model::source::{self, Directory, Form, Selector};
//! use cutaway_ref::Platform;
//! use cutaway_report::{SourceKind, Subject};
//! use cutaway_scan::{Limits, Options, Silent, scan};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let options = Options {
//!     analyzers: cutaway_analyzers_os::ALL,
//!     limits: Limits::for_cores(2),
//!     skip: Vec::new(),
//!     platform: Platform::linux("amd64"),
//!     observer: Arc::new(Silent),
//! };
//! let files = Arc::new(Directory::new(Path::new("layout")));
//! let image = source::open(files, Form::Oci, &Selector::Only, &options.platform, &options.limits.model).await?;
//! let report = scan(&image, &Subject { name: "layout".into(), source: SourceKind::Oci }, &options).await?;
//! println!("{} packages", report.packages.len());
//! # Ok(())
//! # }
//! ```
//!
//! This is the only crate that knows both tokio and rayon; they meet in `bridge.rs`.

mod assemble;
mod bridge;
mod collect;
mod databases;
mod digests;
mod error;
mod layer;
mod limits;
mod onepass;
mod options;
mod owned;
mod run;
mod second;
mod skip;
mod story;
mod validate;
mod verify;

pub use cutaway_files::Measured;
pub use cutaway_report::{Report, SourceKind, Subject};
pub use error::Error;
pub use limits::Limits;
pub use onepass::{scan_stream, scan_stream_with_history};
pub use options::{Asked, Observer, Options, Silent};
pub use run::{scan, scan_with_history};
pub use validate::{Depth, Finding, Validation, validate, validate_image};
pub use verify::{Look, is_no_layer, look_at_stream, verify, verify_stream};
