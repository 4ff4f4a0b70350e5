//! Images written out: as an OCI layout, as an archive, or as one flattened file system.
//!
//! [`pull`] writes an image or an index, from wherever it lies, into a [`BlobSink`](cutaway_model::BlobSink):
//! a [`Layout`], where it goes on where an earlier run was ended, an [`OciArchive`] or a [`DockerArchive`];
//! [`flatten`] writes the file
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
//! use cutaway_export::flatten;
//! use cutaway_model::source::{self, Directory, Files, Form, Selector};
//! use cutaway_read::{Input, Options};
//! use cutaway_ref::Platform;
//!
//! # let directory = tempfile::tempdir()?;
//! # let fixture = cutaway_fixtures::image("layer plain\n  a 0644 \"1\"\n  b 0644 \"2\"\nlayer plain\n  .wh.a\n");
//! # cutaway_fixtures::Layout::new().image("1.0", &fixture).write_dir(directory.path())?;
//! # let path = directory.path();
//! let options = Options::new(Default::default());
//! let files: Arc<dyn Files> = Arc::new(Directory::new(path));
//! let (selector, platform) = (Selector::parse(":1.0")?, Platform::linux("amd64"));
//! let limits = &options.limits.model;
//! let image = source::open(files, Form::Oci, &selector, &platform, limits).await?;
//! let mut tar = Vec::new();
//! let (_, written) = flatten(Input::from(image), &options, &mut tar, "memory").await?;
//! assert_eq!((written.names, written.bytes), (1, 1));
//! # Ok(())
//! # }
//! ```

mod ahead;
mod archive;
mod archived;
mod blocking;
mod content;
mod descent;
mod docker_archive;
mod emitter;
mod error;
mod flatten;
mod flattened;
mod index;
mod layout;
mod members;
mod newest;
mod oci_archive;
mod outlet;
mod plan;
mod pull;
mod tarfile;

pub use content::{content, only_content};
pub use docker_archive::DockerArchive;
pub use error::Error;
pub use flatten::flatten;
pub use flattened::Flattened;
pub use layout::Layout;
pub use oci_archive::OciArchive;
pub use pull::{Item, Pulled, Rewritten, Source, pull};
