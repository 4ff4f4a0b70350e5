//! The named limits of a scan.

/// Everything that bounds a scan, each with its name in errors and on the command line.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Limits {
    /// Limits of documents and streams.
    pub model: cutaway_model::Limits,
    /// Limits of layers.
    pub layerfs: cutaway_layerfs::Limits,
    /// `database_bytes`: the size of a database file that is read. 512 MiB.
    pub database_bytes: u64,
    /// `pending_bytes`: database files of one layer that wait for an analyzer before the layer itself waits. 64 MiB.
    pub pending_bytes: u64,
    /// `record_bytes`: what packages record of files, from one layer, while files are compared. 128 MiB.
    pub record_bytes: u64,
    /// `hole_bytes`: holes of sparse files of one layer that are hashed while files are compared. 1 GiB.
    pub hole_bytes: u64,
    /// `exclusions`: patterns by which package managers leave files out that are looked at while files are
    /// compared. 1000, where systems have some ten.
    pub exclusions: usize,
    /// `content_bytes`: the size of a file that the file view holds until it is verified. 512 MiB.
    pub content_bytes: u64,
    /// `hold_bytes`: how much of a file the file view holds back while it may turn out to be another one. 1 MiB.
    pub hold_bytes: u64,
    /// `layers_in_flight`: how many layers are read at once.
    pub layers_in_flight: usize,
}

impl Limits {
    /// Returns the default limits for a machine of `cores` cores.
    ///
    /// One layer more than there are cores is in flight, so that one can wait for its source.
    pub fn for_cores(cores: usize) -> Self {
        Self {
            model: cutaway_model::Limits::default(),
            layerfs: cutaway_layerfs::Limits::default(),
            database_bytes: 512 << 20,
            pending_bytes: 64 << 20,
            record_bytes: 128 << 20,
            hole_bytes: 1 << 30,
            exclusions: 1000,
            content_bytes: 512 << 20,
            hold_bytes: 1 << 20,
            layers_in_flight: cores.saturating_add(1).min(16),
        }
    }
}
