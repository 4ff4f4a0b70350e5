//! Many images in one run: which they are, whose turn each is, and a line about each.
//!
//! [`names`] reads a list of images, [`Shard`] chooses those of one machine among many, [`in_order`] works
//! on several at once and hands out what comes of them in the order of the list, [`Line`] is what is
//! written of one, [`Written`] what a run that was ended has written already, and [`Tally`] what is said
//! of all in the end. [`Tags`] and [`Pattern`] choose among what a registry lists.
//!
//! It knows no image, asks no network and writes no file: what is done with an image is its caller's.

mod line;
mod list;
mod order;
mod pattern;
mod resume;
mod shard;
mod tags;
mod tally;

pub use line::{Line, SCHEMA, Status};
pub use list::names;
pub use order::in_order;
pub use pattern::Pattern;
pub use resume::{Mismatch, Written};
pub use shard::{Shard, ShardBy, ShardError};
pub use tags::{Tags, TagsError};
pub use tally::Tally;
