//! Images written out: as an OCI layout, as an archive, or as one flattened file system.
//!
//! [`to_layout`] writes images into an OCI layout directory and goes on where an earlier run was
//! ended, and [`passing_to_layout`] does so with an archive that passes; [`to_oci_archive`] and [`to_docker_archive`] write one file; [`flatten`] writes the file
//! system that a container would see. Everything is verified as it streams by, and what does not
//! verify never gets the name or the end marker of something whole.
//!
//! This crate knows no registry and no daemon: it takes [`cutaway_model::Blobs`] and images. The
//! rules of the overlay are those of `layerfs`.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//!
//! use cutaway_export::{Limits, flatten};
//! use cutaway_model::source::{self, Directory, Files, Form, Selector};
//! use cutaway_ref::Platform;
//!
//! # let directory = tempfile::tempdir()?;
//! # let fixture = cutaway_fixtures::image("layer plain\n  a 0644 \"1\"\n  b 0644 \"2\"\nlayer plain\n  .wh.a\n");
//! # cutaway_fixtures::Layout::new().image("1.0", &fixture).write_dir(directory.path())?;
//! # let path = directory.path();
//! let limits = Limits::default();
//! let files: Arc<dyn Files> = Arc::new(Directory::new(path));
//! let (selector, platform) = (Selector::parse(":1.0")?, Platform::linux("amd64"));
//! let image = source::open(files, Form::Oci, &selector, &platform, &limits.model).await?;
//! let mut tar = Vec::new();
//! let written = flatten(&image, &limits, &mut tar, "memory").await?;
//! assert_eq!((written.names, written.bytes), (1, 1));
//! # Ok(())
//! # }
//! ```

mod archive;
mod content;
mod contents;
mod emitter;
mod error;
mod flatten;
mod index;
mod layout;
mod limits;
mod passing;
mod plan;
mod taken;
mod tarfile;
mod tee;

pub use archive::{to_docker_archive, to_oci_archive};
pub use content::{content, only_content};
pub use contents::Item;
pub use error::Error;
pub use flatten::{Flattened, flatten, flatten_observed};
pub use layout::{Pulled, to_layout};
pub use limits::Limits;
pub use passing::{Passing, flatten_passing};
pub use taken::passing_to_layout;
pub use tee::{Tee, WriteFailure};
