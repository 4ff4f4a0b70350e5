//! Layers as file trees.
//!
//! A layer is a tar archive whose members either put something into the file system or hide
//! something that a lower layer put there: a *whiteout* (`.wh.name`) hides one entry, an *opaque*
//! marker (`.wh..wh..opq`) hides all that lower layers have in its directory (OCI image
//! specification, layer.md, "Whiteouts").

mod path;

pub use path::{CleanError, EntryPath};
