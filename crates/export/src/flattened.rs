//! How much a flattened file system is.

/// What a flattened file system amounts to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flattened {
    /// Names that were written.
    pub names: u64,
    /// Bytes of content.
    pub bytes: u64,
}

impl Flattened {
    /// Counts more.
    pub(crate) fn add(&mut self, more: Self) {
        self.names = self.names.saturating_add(more.names);
        self.bytes = self.bytes.saturating_add(more.bytes);
    }
}
