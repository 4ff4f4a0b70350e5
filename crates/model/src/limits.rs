//! The named limits that keep hostile documents and streams small.

/// Limits of what is read from a source, each with its name in errors and on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// `manifest_bytes`: the size of a manifest or an index. 4 MiB, the least that registries must take.
    pub manifest_bytes: u64,
    /// `config_bytes`: the size of a config. 8 MiB.
    pub config_bytes: u64,
    /// `layers`: the number of layers of an image. 512, and never more than [`Limits::MAX_LAYERS`].
    pub layers: u64,
    /// `index_depth`: how deep an index may lie in indexes. 8.
    pub index_depth: u64,
    /// `index_entries`: the number of entries of an index. 100,000.
    pub index_entries: u64,
    /// `closure_bytes`: the documents of an image or an index that are held at once when all that belongs
    /// to it is listed. 64 MiB.
    pub closure_bytes: u64,
    /// `platform_guesses`: how many entries of an index that name no platform are opened to see for
    /// which one they are. 16.
    pub platform_guesses: u64,
    /// `member_links`: how many links a member of an archive may be followed over. 8.
    pub member_links: u64,
    /// `archive_members`: the number of members of an archive. 1,000,000.
    pub archive_members: u64,
    /// `passed_bytes`: the documents that are kept of an archive that passes once, in all. 64 MiB.
    pub passed_bytes: u64,
    /// `unpacked_bytes`: the size of a layer or an archive when it is unpacked. 64 GiB.
    pub unpacked_bytes: u64,
    /// `zstd_window_log`: the largest window of a zstd stream, as a power of two. 27, which is 128 MiB.
    pub zstd_window_log: u32,
    /// `xz_memory_bytes`: the memory that an xz stream may want. 128 MiB; `xz -9` wants 65.
    pub xz_memory_bytes: u64,
    /// `gzip_header_bytes`: how many bytes of a gzip stream may unpack to nothing at a stretch, which
    /// only headers and empty members do. 64 KiB.
    pub gzip_header_bytes: u64,
    /// `idle_bytes`: the same of a bzip2 or xz stream. 1 MiB; a block of bzip2 takes up to
    /// 0.9 of it before anything comes out.
    pub idle_bytes: u64,
}

impl Limits {
    /// The most layers that an image may have, whatever is asked for.
    pub const MAX_LAYERS: u64 = 1024;

    /// Returns the number of layers that an image may have.
    pub(crate) fn layer_count(&self) -> u64 {
        self.layers.min(Self::MAX_LAYERS)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            manifest_bytes: 4 << 20,
            config_bytes: 8 << 20,
            layers: 512,
            index_depth: 8,
            index_entries: 100_000,
            closure_bytes: 64 << 20,
            platform_guesses: 16,
            member_links: 8,
            archive_members: 1_000_000,
            passed_bytes: 64 << 20,
            unpacked_bytes: 64 << 30,
            zstd_window_log: 27,
            xz_memory_bytes: 128 << 20,
            gzip_header_bytes: 64 << 10,
            idle_bytes: 1 << 20,
        }
    }
}
