//! From an image to an inventory.
//!
//! [`scan`] streams the layers of an image through `cutaway-read`, hands the files that analyzers want to
//! them, lays the layers over each other and reports what is visible at the top, which layer brought it,
//! and what a lower layer had. Nothing is written to disk, and no finding leaves before the size, the
//! digest and the diffID of every layer that was read have matched.
//!
//! ```no_run
//! use std::path::Path;
//! use std::sync::Arc;
//!
//! use cutaway_model::source::{self, Directory, Form, Selector};
//! use cutaway_ref::Platform;
//! use cutaway_scan::{Options, scan};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let options = Options::new(cutaway_analyzers_os::analyzers(), Platform::linux("amd64"));
//! let files = Arc::new(Directory::new(Path::new("layout")));
//! let limits = &options.read.limits.model;
//! let image = source::open(files, Form::Oci, &Selector::Only, &options.platform, limits).await?;
//! let scanned = scan(image.into(), "layout", &options).await?;
//! println!("{} packages", scanned.report.packages.len());
//! # Ok(())
//! # }
//! ```
//!
//! This is the only crate that knows both tokio and rayon; they meet in `bridge.rs`.

mod ambiguity;
mod assemble;
mod bridge;
mod bundled;
mod by_table;
mod collect;
mod diagnostics;
mod digests;
mod dispatch;
mod error;
mod evidence;
mod flights;
mod hand;
mod inventory;
mod journal;
mod kept;
mod layer;
mod limits;
mod listings;
mod merged;
mod options;
mod owned;
mod pending;
mod reasons;
mod run;
mod second;
mod sight;
mod skip;
mod story;
mod visible;
mod wide;

pub use by_table::tables;
pub use error::Error;
pub use flights::Flights;
pub use limits::Limits;
pub use listings::listings;
pub use options::{Asked, Options};
pub use run::{Scanned, scan};
