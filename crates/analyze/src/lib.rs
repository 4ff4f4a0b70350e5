//! What an analyzer is, and what the findings of all layers mean together.
//!
//! An *analyzer* knows where a package manager or a distribution keeps its facts and how to read
//! them: it is handed one file at a time, as bytes, and returns findings. It never sees an image, a
//! layer or a file system.

mod analyzer;
mod finding;
mod story;
mod timeline;

pub use analyzer::{Analyzer, Input, Location, Selection};
pub use finding::{Diagnostic, Distro, Findings, Key, Kind, Package, Severity, Source};
pub use story::{PackageEvent, PackageStory, Turn, stories};
pub use timeline::{Present, Removed, State, Timeline, timeline};
