//! The named limits that keep hostile documents and streams small.

/// Limits of what is read from a source, each with its name in errors and on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// `manifest_bytes`: the size of a manifest or an index. 4 MiB, the least that registries must take.
    pub manifest_bytes: u64,
    /// `config_bytes`: the size of a config. 8 MiB.
    pub config_bytes: u64,
    /// `layers`: the number of layers of an image. 128.
    pub layers: u64,
    /// `index_depth`: how deep an index may lie in indexes. 8.
    pub index_depth: u64,
    /// `index_entries`: the number of entries of an index. 10,000.
    pub index_entries: u64,
    /// `member_links`: how many links a member of an archive may be followed over. 8.
    pub member_links: u64,
    /// `archive_members`: the number of members of an archive. 1,000,000.
    pub archive_members: u64,
    /// `zstd_window_log`: the largest window of a zstd stream, as a power of two. 27, which is 128 MiB.
    pub zstd_window_log: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            manifest_bytes: 4 << 20,
            config_bytes: 8 << 20,
            layers: 128,
            index_depth: 8,
            index_entries: 10_000,
            member_links: 8,
            archive_members: 1_000_000,
            zstd_window_log: 27,
        }
    }
}
