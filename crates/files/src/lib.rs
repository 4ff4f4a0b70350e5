//! The files of an image: every version of every path, and single ones with as little reading as can be.
//!
//! [`search`] answers one question about one path. It reads newest layer first and stops as soon as
//! the answer is decided; an answer that was told before its layer had verified is marked so.
//! [`View`] is everything: what is visible, which layer put it there, what each layer changed and hid.
//! [`Comparison`] lays two views side by side, without what the images have in common.
//!
//! Layers are read by `cutaway-read`, from wherever the image lies.
//!
//! This crate knows no package and prints nothing. It has no rules of the overlay of its own: those
//! are in `cutaway-layerfs`, and it asks the tree there.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//!
//! use cutaway_files::{Limits, Outcome, Search, View, search};
//! use cutaway_read::{Input, Options};
//! use cutaway_model::source::{self, Directory, Form, Selector};
//! use cutaway_ref::Platform;
//!
//! # let directory = tempfile::tempdir()?;
//! # let fixture = cutaway_fixtures::image("layer plain\n  etc/issue 0644 \"old\"\nlayer plain\n  etc/issue 0644 \"new\"\n");
//! # cutaway_fixtures::Layout::new().image("1.0", &fixture).write_dir(directory.path())?;
//! # let path = directory.path();
//! let files = Arc::new(Directory::new(path));
//! let (limits, options) = (Limits::default(), Options::new(Default::default()));
//! let (platform, of_documents) = (Platform::linux("amd64"), &options.limits.model);
//! let image = source::open(files, Form::Oci, &Selector::Only, &platform, of_documents).await?;
//!
//! let mut bytes = Vec::new();
//! let wanted = Search { path: b"etc/issue", follow: true, content: true, verify: false, spare: 0 };
//! let (image, found) =
//!     search(Input::from(image), &wanted, &limits, &options, &mut bytes).await?;
//! assert_eq!(bytes, b"new");
//! assert!(found.verified);
//! assert!(!found.read.contains_key(&0)); // The older layer was not opened.
//!
//! let (_, view) = View::read(Input::from(image), 0, None, &options).await?;
//! for story in view.stories() {
//!     for event in view.events(&story) {
//!         println!("layer {}: {:?} {}", event.layer, event.deed, event.path);
//!     }
//! }
//! # Ok(())
//! # }
//! ```

mod branches;
mod compare;
mod contents;
mod error;
mod filter;
mod limits;
mod listed;
mod question;
mod seek;
mod seek_archive;
mod seeker;
mod story;
mod usage;
mod view;

pub use branches::{Branch, branches};
pub use compare::{Comparison, Difference, Present, Side, Which, shared_layers};
pub use contents::{Contents, Fingerprints};
pub use cutaway_model::Measured;
pub use error::Error;
pub use filter::{Filter, Owner, Patterns};
pub use limits::Limits;
pub use listed::is_listed;
pub use question::{Absent, Answer, Found, Open, Question, Why};
pub use seek::{Finding, Outcome, Read, Search, Thing, search};
pub use story::{Deed, Event, Span, Stories, Story};
pub use usage::{DirectoryUsage, HiddenCopy, LayerUsage, Usage};
pub use view::{LayerFiles, View};
