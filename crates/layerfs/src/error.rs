//! Why a layer is refused.

use cutaway_tar::Escaped;

/// A layer that is malformed or goes over a limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The tar stream is malformed or goes over a limit.
    #[error(transparent)]
    Tar(#[from] cutaway_tar::Error),
    /// A name that says "hide" without saying what (OCI image specification, layer.md,
    /// "Whiteouts").
    #[error("whiteout {} hides nothing that a file can be called, at offset {offset} of the archive", Escaped::name(.path))]
    BareWhiteout {
        /// The name, as in the archive.
        path: Box<[u8]>,
        /// Where its header begins.
        offset: u64,
    },
    /// More would be held of the image than its budget allows.
    #[error(
        "what is held of it is over the limit held_bytes = {max}, beside 200 bytes an entry and 400 a package"
    )]
    Held {
        /// The limit.
        max: u64,
    },
    /// More than a limit allows.
    #[error("over the limit {limit} = {max}, at {}", Escaped::name(.path))]
    Limit {
        /// Name of the field of [`Limits`](crate::Limits).
        limit: &'static str,
        /// Its value.
        max: u64,
        /// The entry that went over.
        path: Box<[u8]>,
    },
}
