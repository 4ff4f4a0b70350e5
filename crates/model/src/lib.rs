//! What a container image is: documents that were checked, and streams that check themselves.
//!
//! An *index* lists images for several platforms, an *image* is a manifest and a config, a *layer*
//! is a tar archive, stored compressed or not. A layer has two digests: `digest` is that of the
//! stored bytes, `diff_id` that of the uncompressed tar; the manifest lists the first, the config
//! the second, paired by position.
//!
//! The bytes come from a source that provides [`Blobs`], such as a registry, or [`source::Files`],
//! such as a layout on disk; where images are written is a [`BlobSink`]. This crate does no HTTP and reads
//! no layer's tar.
//!
//! # Runtime
//!
//! The futures and streams of this crate need no runtime of their own: they start no task and wait for
//! nothing but the [`Blobs`], [`source::Files`] and [`BlobSink`] that they are given, whose documentation
//! says what those need. Files on disk are read in place, and block for as long as the disk takes. Dropping a
//! future drops the streams that it has opened, and leaves nothing half done: what did not come to its end was
//! not verified, and nobody was told otherwise.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//!
//! use cutaway_model::Limits;
//! use cutaway_model::source::{self, Directory, Files, Form, Selector};
//! use cutaway_ref::Platform;
//! use tokio::io::AsyncReadExt as _;
//!
//! # let directory = tempfile::tempdir()?;
//! # let fixture = cutaway_fixtures::image("layer gzip\n  etc/issue 0644 \"hello\"\n");
//! # cutaway_fixtures::Layout::new().image("1.0", &fixture).write_dir(directory.path())?;
//! # let path = directory.path();
//! let limits = Limits::default();
//! let files: Arc<dyn Files> = Arc::new(Directory::new(path));
//! let form = Form::of(files.as_ref())?;
//! let selector = Selector::parse(":1.0")?;
//! let image = source::open(files, form, &selector, &Platform::linux("amd64"), &limits).await?;
//! for layer in image.layers() {
//!     let mut tar = Vec::new();
//!     // Fails at the end when size, digest or diffID are not as the documents say.
//!     layer.uncompressed(&limits).await?.read_to_end(&mut tar).await?;
//!     println!("{}: {} bytes", layer.what(), tar.len());
//! }
//! # assert_eq!(image.layers().len(), 1);
//! # Ok(())
//! # }
//! ```

mod blobs;
mod buffered;
mod carried;
mod closure;
mod compression;
mod config;
mod decode;
mod descriptor;
mod descriptor_json;
mod document;
mod encode;
mod error;
mod gzip;
mod image;
mod json;
mod layer;
mod limits;
mod measured;
mod oci_spec;
mod open;
mod outline;
mod pace;
mod remark;
mod sink;
pub mod source;
mod stamp;
mod verify;
mod windows;

pub use blobs::{BlobStream, Blobs};
pub use buffered::poll_read_buffered;
pub use closure::{Documents, Part, Reached, closure};
pub use compression::{Compression, SNIFF_BYTES};
pub use config::{Config, History, Run, chain_ids};
pub use decode::Decoded;
pub use descriptor::{Descriptor, DiffId, MediaType};
pub use document::{Document, Index, Manifest};
pub use encode::Gzip;
pub use error::{Class, Error};
pub use image::{Image, Stated};
pub use layer::{Layer, Unpacking};
pub use limits::Limits;
pub use measured::Measured;
pub use open::{open, read_document, verify_blob};
pub use outline::{Outline, Row, outline};
pub use remark::Remark;
pub use sink::{BlobSink, ImageName, SinkError, Unnamed, Upload};
pub use stamp::Stamp;
pub use verify::{
    Claim, DiffIdCheck, Outcome, Stored, StoredCheck, Unpacked, Verified, VerifiedTar,
};
pub use windows::{Window, Windows};
