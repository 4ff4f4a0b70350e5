//! What a reader takes at most: named limits, each in the errors that it causes.

/// The limits of one [`Reader`](crate::Reader).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one PAX extended header (`x` or `g`); 1 MiB unless set, as in Go's `archive/tar`.
    pub pax_bytes: u64,
    /// Bytes of one GNU long name or long link (`L` or `K`); 64 KiB unless set.
    pub name_bytes: u64,
    /// Bytes of one sparse map, in any of its forms; 1 MiB unless set.
    pub sparse_bytes: u64,
    /// Bytes of a member name or of a link target, from whichever header; 4,096 unless set.
    pub path_bytes: u64,
    /// Members of one archive; 2,000,000 unless set.
    pub entries: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            pax_bytes: 1 << 20,
            name_bytes: 64 << 10,
            sparse_bytes: 1 << 20,
            path_bytes: 4096,
            entries: 2_000_000,
        }
    }
}
