//! Tables of contents of seekable layers, which let a file be read without what stands before it.
//!
//! - eStargz: <https://github.com/containerd/stargz-snapshotter/blob/main/docs/estargz.md>
//! - zstd:chunked: <https://github.com/containers/storage>, `pkg/chunked`
//!
//! [`Place`] says from the annotations of a layer's descriptor where its table lies and what digest it has;
//! [`Table`] is what it says; [`Table::content`] makes a chunk of a file of the stored bytes that hold it.
//!
//! A table is a claim of whoever made the image. A runtime that unpacks the layer takes no notice of it, so
//! what a table says is never verified as a tar is whose
//! digests were checked. Nothing here does I/O.

mod chunk;
mod error;
mod json;
mod limits;
mod place;
mod stargz;
mod table;

pub use chunk::{Chunk, unpack_chunked};
pub use error::Error;
pub use limits::Limits;
pub use place::{Chunked, Place};
pub use stargz::{FOOTER_BYTES, INDEX_NAME, is_landmark, table_offset, unpack};
pub use table::{Entry, Form, Table};
