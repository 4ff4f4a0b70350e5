//! Layers as file trees.
//!
//! A layer is a tar archive whose members either put something into the file system or hide
//! something that a lower layer put there: a *whiteout* (`.wh.name`) hides one entry, an *opaque*
//! marker (`.wh..wh..opq`) hides all that lower layers have in its directory (OCI image
//! specification, layer.md, "Whiteouts").
//!
//! [`Walk`] takes one uncompressed layer as it streams by, hands wanted content to a [`Visitor`]
//! and leaves a compact [`Listing`] of everything in it. [`Tree`] lays listings over each other,
//! base first, into the file system that a container would see, and knows for each name which layer
//! put it there and which entry holds its content. [`Readings`] does so, too, and keeps beside it what
//! overlay drivers read, where that is another tree. [`Cover`] tells of one layer after the other, newest
//! first, what is certain to be in that file system.
//!
//! Nothing here is `async`, does I/O, starts a task, decompresses or checks a digest, and no path of an image is
//! ever opened on the host.
//!
//! ```
//! use cutaway_layerfs::{EntryPath, Limits, Meta, Tree, Visitor, Walk};
//!
//! struct Nothing;
//! impl Visitor for Nothing {
//!     fn entry(&mut self, _: u32, _: &EntryPath, _: &Meta) -> bool {
//!         false
//!     }
//!     fn data(&mut self, _: &[u8]) {}
//!     fn hole(&mut self, _: u64) {}
//!     fn end(&mut self) {}
//! }
//!
//! # fn main() -> Result<(), cutaway_layerfs::Error> {
//! let layer = [0; 1024]; // An archive without entries.
//! let mut walk = Walk::new(Limits::default());
//! walk.push(&layer, &mut Nothing)?;
//! let walked = walk.finish(&mut Nothing)?;
//!
//! let mut tree = Tree::new(Limits::default());
//! tree.apply(0, &walked.listing)?;
//! assert_eq!(tree.children(tree.root()).len(), 0);
//! # Ok(())
//! # }
//! ```

mod ambiguity;
mod apply;
mod arena;
mod blocks;
mod budget;
mod changes;
mod cover;
mod descent;
mod drivers;
mod error;
mod hard_link;
mod hide;
mod implied_last;
mod limits;
mod listing;
mod listing_code;
mod marker;
mod meta;
mod names;
mod note;
mod path;
mod readings;
mod record;
mod refusal;
mod resolve;
mod tree;
mod walk;
mod warning;
mod watch;
pub mod wire;

pub use arena::NodeId;
pub use blocks::Items;
pub use budget::{Account, Budget};
pub use changes::{Changes, Dangling, End, Hidden, Superseded, Version, tree_order};
pub use cover::Cover;
pub use cutaway_tar::{Kind, Xattr};
pub use descent::Descent;
pub use error::Error;
pub use limits::Limits;
pub use listing::{Entry, Listing, Whiteout, WhiteoutKind};
pub use meta::Meta;
pub use path::{CleanError, EntryPath};
pub use readings::Readings;
pub use resolve::Loop;
pub use tree::{Inode, Node, Trace, Tree};
pub use walk::{Visitor, Walk, Walked};
pub use warning::{OtherReading, Warning};
pub use watch::Watch;
