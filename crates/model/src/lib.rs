//! What a container image is: documents that were checked, and streams that check themselves.
//!
//! An *index* lists images for several platforms, an *image* is a manifest and a config, a *layer*
//! is a tar archive, stored compressed or not. A layer has two digests: `digest` is that of the
//! stored bytes, `diff_id` that of the uncompressed tar; the manifest lists the first, the config
//! the second, paired by position.

mod blobs;
mod descriptor;
mod error;

pub use blobs::{BlobStream, Blobs};
pub use descriptor::{Descriptor, DiffId, MediaType};
pub use error::{Class, Error};
