//! Software bills of materials: a report on a container image as CycloneDX, SPDX and other documents.
//!
//! Pure: a [`Report`](cutaway_report::Report) goes in, a document comes out, and back. The same report and
//! the same [`Options`] give the same bytes. Nothing reads a clock, an environment or a file.
//!
//! ```
//! use cutaway_report::{Format as _, Report};
//! use cutaway_sbom::{CycloneDx, Spdx};
//!
//! # let json = r#"{"schema":"cutaway.scan/1","image":{"name":"a","source":"oci","digest":null,"id":null,
//! #     "media_type":null,"platform":{"os":"linux","architecture":"amd64","variant":null}},"distro":null,
//! #     "layers":[],"packages":[],"removed":[],"keys":[],"diagnostics":[],"complete":true}"#;
//! let report = Report::read(json.as_bytes())?;
//! CycloneDx::default().write(&report, &mut std::io::sink())?;
//! Spdx::default().write(&report, &mut std::io::sink())?;
//! # Ok::<(), std::io::Error>(())
//! ```

mod bill;
mod check;
mod clock;
mod cpe;
mod cyclonedx;
mod details;
mod facts;
mod github;
mod gitlab;
mod graph;
mod license;
mod limits;
mod options;
mod part;
mod purl;
mod reader;
mod recall;
#[cfg(test)]
mod sample;
mod sarif;
mod seq;
mod spdx_json;
mod subject;
mod uuid;
mod web;

pub use check::{Check, Field, Profile, check};
pub use cyclonedx::{CycloneDx, CycloneDxVex};
pub use github::Github;
pub use gitlab::Gitlab;
pub use limits::Limits;
pub use options::{Clock, Compat, Options, Serial, Snapshot, SpecVersion};
pub use reader::ReadError;
pub use recall::{package, read};
pub use sarif::Sarif;
pub use spdx_json::Spdx;
