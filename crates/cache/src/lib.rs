//! What was read of images, kept for the next time: sealed entries in a bounded store.
//!
//! A [`Cache`] keeps lists of parts under short names: the facts of a layer (as a
//! [`FactsCache`](cutaway_analyze::FactsCache)) and documents. Each list is one entry, sealed with a key
//! of the cache over its name and its bytes, so that one which was cut, altered, or put in the place of
//! another is none. A [`Store`] only holds bytes and is not trusted; [`LocalStore`] holds them in a folder.
//!
//! It reads no environment and prints nothing. What cannot be kept or read is told to `tracing` and is
//! nothing that is kept: no error ever reaches who asks.

mod cache;
mod entry;
mod error;
mod facts;
mod key;
mod local;
mod memory;
mod place;
mod room;
mod store;
mod survey;

pub use cache::Cache;
pub use entry::{Damage, Parts, open, seal};
pub use error::Error;
pub use key::Key;
pub use local::LocalStore;
pub use memory::MemoryStore;
pub use store::Store;
pub use survey::{Finding, Info, Pruned, Survey};
