//! What a container image is: documents that were checked, and streams that check themselves.
//!
//! An *index* lists images for several platforms, an *image* is a manifest and a config, a *layer*
//! is a tar archive, stored compressed or not. A layer has two digests: `digest` is that of the
//! stored bytes, `diff_id` that of the uncompressed tar; the manifest lists the first, the config
//! the second, paired by position.
//!
//! The bytes come from a source that provides [`Blobs`], such as a registry, or [`source::Files`],
//! such as a layout on disk. This crate does no HTTP, reads no layer's tar and writes nothing.

mod blobs;
mod compression;
mod config;
mod decode;
mod descriptor;
mod descriptor_json;
mod document;
mod error;
mod image;
mod json;
mod layer;
mod limits;
mod line;
mod oci_spec;
mod open;
mod pace;
pub mod source;
mod verify;

pub use blobs::{BlobStream, Blobs};
pub use compression::{Compression, SNIFF_BYTES};
pub use config::{Config, History, Run, chain_ids};
pub use decode::Decoded;
pub use descriptor::{Descriptor, DiffId, MediaType};
pub use document::{Document, Index, Manifest};
pub use error::{Class, Error};
pub use image::{Image, Stated};
pub use layer::{Layer, Unpacking};
pub use limits::Limits;
pub use open::{open, read_document};
pub use verify::{Claim, DiffIdCheck, Stored, Unpacked, Verified, VerifiedTar};
