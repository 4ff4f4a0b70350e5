//! What a table takes at most: named limits, each in the errors that it causes.

/// The limits of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// `table_bytes`: bytes of a table, stored and uncompressed each; 64 MiB unless set.
    pub table_bytes: u64,
    /// `chunk_bytes`: bytes of a chunk, stored and uncompressed each, and of what stands before it in the
    /// same gzip member; 32 MiB unless set. Builders make chunks of 4 MiB.
    pub chunk_bytes: u64,
    /// `table_hole_bytes`: holes of sparse files of a layer that are hashed while its table is compared with
    /// its tar; 1 GiB unless set.
    pub table_hole_bytes: u64,
    /// `entries`: files and chunks of a table; 5,000,000 unless set.
    pub entries: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            table_bytes: 64 << 20,
            chunk_bytes: 32 << 20,
            table_hole_bytes: 1 << 30,
            entries: 5_000_000,
        }
    }
}
