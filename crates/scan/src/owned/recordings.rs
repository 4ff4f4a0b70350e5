//! What packages and their managers record of files.

use cutaway_analyze::{FileRecords, Package, Unrecorded};
use cutaway_layerfs::EntryPath;

/// What packages and their managers say.
#[derive(Debug)]
pub(crate) struct Recordings<'a> {
    /// What each database says of files, in the order of the analyzers and of their preference.
    pub(crate) records: Vec<&'a FileRecords>,
    /// Every package of the top, with its database.
    pub(crate) packages: Vec<(&'a Package, &'a EntryPath)>,
    /// What programs write that no package records.
    pub(crate) unrecorded: Vec<&'static Unrecorded>,
}
