//! The named limits of a scan.

use cutaway_analyze::PickupLimits;

/// Everything that bounds a scan, each with its name in errors and on the command line.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Limits {
    /// `database_bytes`: the size of a database file that is read. 512 MiB.
    pub database_bytes: u64,
    /// `pending_bytes`: files of all layers that wait for an analyzer before the layers themselves wait. 64 MiB.
    pub pending_bytes: u64,
    /// `window_bytes`: the parts of one file that are held where not all of it is. 8 MiB.
    pub window_bytes: u64,
    /// `record_bytes`: what packages record of files, from one layer, while files are compared. 128 MiB.
    pub record_bytes: u64,
    /// `hole_bytes`: holes of sparse files of one layer that are hashed while files are compared. 1 GiB.
    pub hole_bytes: u64,
    /// `exclusions`: patterns by which package managers leave files out that are looked at while files are
    /// compared. 1000, where systems have some ten.
    pub exclusions: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            database_bytes: 512 << 20,
            pending_bytes: 64 << 20,
            window_bytes: 8 << 20,
            record_bytes: 128 << 20,
            hole_bytes: 1 << 30,
            exclusions: 1000,
        }
    }
}

impl Limits {
    /// Returns how much of one file is held for analyzers.
    pub(crate) fn pickup(&self) -> PickupLimits {
        let (whole_bytes, window_bytes) = (self.database_bytes, self.window_bytes);
        PickupLimits { whole_bytes, window_bytes, beside: 0 }
    }
}
