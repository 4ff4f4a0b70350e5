//! What a walk and a tree take at most: named limits, each in the errors that it causes.

/// The limits of walks and trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Those of the tar stream. Its `entries` also bounds the entries of all layers of a [`Tree`]
    /// together, and the names in it.
    ///
    /// [`Tree`]: crate::Tree
    pub tar: cutaway_tar::Limits,
    /// Components of a path, symbolic links followed; 1,024 unless set.
    pub depth: u64,
    /// Symbolic links followed for one path; 40 unless set, as in Linux.
    pub symlink_hops: u64,
    /// Bytes of a [`Listing`](crate::Listing); 128 MiB unless set.
    pub listing_bytes: u64,
    /// Bytes of names and link targets in a [`Tree`](crate::Tree); 512 MiB unless set.
    pub tree_bytes: u64,
    /// Bytes of extended attributes of one layer; 32 MiB unless set.
    pub xattr_bytes: u64,
    /// Bytes of link targets followed while layers are applied to a tree; 200,000,000 unless set.
    /// Without it a few links of great length would cost every entry behind them dearly.
    pub link_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            tar: cutaway_tar::Limits::default(),
            depth: 1024,
            symlink_hops: 40,
            listing_bytes: 128 << 20,
            tree_bytes: 512 << 20,
            xattr_bytes: 32 << 20,
            link_bytes: 200_000_000,
        }
    }
}
