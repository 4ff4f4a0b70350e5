//! One engine that reads the layers of images, wherever they lie.
//!
//! An [`Input`] is an [`Image`](cutaway_model::Image) whose layers can be opened one by one, or an
//! [`Archive`] that passes by. [`layers`] reads either: several layers at once up to a bound, the largest
//! first, layers that are the same bytes once, wrong bytes again where they may be had right. Each layer is
//! handed to a [`LayerReader`] as it is decoded, and what that makes of it counts when the size, the digest
//! and the diffID have matched. [`layer`] reads a single one, [`visit`] perhaps not to its end, [`verify`]
//! proves that all are what they claim to be.
//!
//! This crate knows no package and no meaning of files, and prints nothing. All its functions need a tokio
//! runtime; dropping one of their futures ends what it reads.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//!
//! use cutaway_model::source::{self, Directory, Form, Selector};
//! use cutaway_read::{Input, Limits, Options, verify};
//! use cutaway_ref::Platform;
//!
//! # let directory = tempfile::tempdir()?;
//! # let fixture = cutaway_fixtures::image("layer gzip\n  etc/issue 0644 \"hello\"\n");
//! # cutaway_fixtures::Layout::new().image("1.0", &fixture).write_dir(directory.path())?;
//! # let path = directory.path();
//! let options = Options::new(Limits::default());
//! let (files, platform) = (Arc::new(Directory::new(path)), Platform::linux("amd64"));
//! let limits = &options.limits.model;
//! let image = source::open(files, Form::Oci, &Selector::Only, &platform, limits).await?;
//! let read = verify(Input::from(image), &options).await?;
//! for (layer, reading) in read.image.layers().iter().zip(&read.layers) {
//!     println!("{} has {} entries", layer.diff_id(), reading.listing.len());
//! }
//! # assert_eq!(read.layers.len(), 1);
//! # Ok(())
//! # }
//! ```

mod agree;
mod archive;
mod error;
mod head;
mod input;
mod lane;
mod layers;
mod members;
mod no_image;
mod observer;
mod odd;
mod options;
mod reader;
mod readings;
mod stream;
mod tables;
mod tap;
mod task;
mod turns;
mod validate;
mod verify;

pub use error::Error;
pub use input::{Archive, Input, Once, Opener};
pub use layers::{Layers, Select, layer, layers, layers_of_archive, layers_of_image};
pub use observer::{Observer, Silent};
pub use odd::check_files;
pub use options::{Likely, Limits, Options, Pace, Tables};
pub use reader::{LayerKey, LayerReader, ListingOnly, Progress, Reading};
pub use readings::warn_of_readings;
pub use stream::{Visit, visit};
pub use tables::table_claim;
pub use task::{Task, on_task};
pub use turns::{Begun, Turn, Turns};
pub use validate::{Depth, Finding, Validated, Validation, validate};
pub use verify::{Look, is_no_layer, look, verify};
