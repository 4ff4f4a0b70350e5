//! Why a table is not used.

/// Why a table, or what it leads to, is not used. Whoever meets it reads the layer itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// It is not in the form that its annotation promises.
    #[error("the table of contents is broken: {0}")]
    Malformed(String),
    /// Its digest, or that of a chunk, is not as claimed.
    #[error("{what} has the digest {found}, claimed is {claimed}")]
    Digest {
        /// What has it.
        what: String,
        /// The digest that is claimed.
        claimed: String,
        /// The digest that was found.
        found: String,
    },
    /// It needs more than a limit allows.
    #[error("the table of contents needs more than the limit {limit} of {max}")]
    Limit {
        /// The name of the limit.
        limit: &'static str,
        /// Its value.
        max: u64,
    },
}

impl Error {
    pub(crate) fn malformed(rule: impl Into<String>) -> Self {
        Self::Malformed(rule.into())
    }
}
