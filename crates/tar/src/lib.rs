//! A capped, push-style reader of tar streams.
//!
//! [`Reader`] is a state machine: it is handed chunks of a stream, of any size, and gives back one
//! [`Step`] at a time. It does no input or output of its own, allocates no more than its
//! [`Limits`] allow, whatever the stream says, and reads every dialect found in container layers:
//! v7, ustar, PAX (POSIX.1-2017, `pax`), GNU long names, GNU sparse files in all four forms and
//! base-256 numbers. Where the dialects leave room, it decides as Go's `archive/tar` does, because
//! that is what the container runtimes read layers with.
//!
//! It writes no archive, and it does not interpret names: they are the bytes of the archive, and
//! may point anywhere.
//!
//! ```
//! use cutaway_tar::{Limits, Reader, Step};
//!
//! # fn main() -> Result<(), cutaway_tar::Error> {
//! let stream = [0; 1024]; // The end marker alone: an empty archive.
//! let mut reader = Reader::new(Limits::default());
//! for chunk in stream.chunks(700) {
//!     let mut input = chunk;
//!     loop {
//!         match reader.step(&mut input)? {
//!             Step::NeedInput => break,
//!             Step::Entry(entry) => println!("{} bytes at {}", entry.size, entry.content_offset),
//!             _ => {}
//!         }
//!     }
//! }
//! let summary = reader.finish()?;
//! assert_eq!(summary.entries, 0);
//! assert!(summary.warnings().is_empty());
//! # Ok(())
//! # }
//! ```

mod block;
mod content;
mod entry;
mod error;
mod escape;
mod extension;
mod header;
mod length;
mod limits;
mod number;
mod pax;
mod reader;
mod sparse;
mod summary;
mod warning;

pub use entry::{Entry, Kind, Xattr};
pub use error::{Error, ErrorKind};
pub use escape::Escaped;
pub use length::len64;
pub use limits::Limits;
pub use reader::{Reader, Step};
pub use summary::{End, Summary};
pub use warning::{Warning, WarningKind};
