//! The database: one file that nothing changes once it is written, of blocks that each carry their checksum.
//!
//! ```text
//! magic
//! blocks      names of packages with their rows │ advisories │ flaws, each sorted
//! indexes     one for each ecosystem, of advisories, of flaws: first key, place and checksum of each block
//! directory   what was read, place and checksum of each index
//! trailer     magic, length of the file, SHA-256 of all between, place and checksum of the directory
//! ```
//!
//! Little-endian; numbers in blocks are LEB128. A reader reads the directory and reads the blocks that it
//! needs. All of a block is taken apart before anything of it is used, and must be what its index says.

mod block;
mod build;
mod code;
mod error;
#[cfg(test)]
mod forged;
mod header;
mod index;
mod open;
mod record;
mod row;
mod set;
mod spool;

pub use build::{Builder, Built};
pub use error::DbError;
pub use open::Counts;
pub use record::{Flaw, Stored};
pub use row::Row;
pub use set::Database;
