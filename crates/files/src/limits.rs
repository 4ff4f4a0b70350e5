//! The named limits of the file view, beside those of reading.

/// What bounds the search for a file, each with its name in errors.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Limits {
    /// `hold_bytes`: how much of a file is held back while it may still turn out to be another one. 1 MiB.
    pub hold_bytes: u64,
    /// `content_bytes`: the size of a file that is held until it is verified. 512 MiB.
    pub content_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { hold_bytes: 1 << 20, content_bytes: 512 << 20 }
    }
}
