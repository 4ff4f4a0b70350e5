//! What to fetch.

use cutaway_model::{Compression, Descriptor};
use cutaway_ref::Digest;
use reqwest::Url;

/// What to fetch.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) digest: Digest,
    /// What stands between the repository and the digest.
    pub(crate) kind: &'static str,
    pub(crate) accept: &'static str,
    /// The address to ask in the place of the registry.
    pub(crate) elsewhere: Option<Url>,
    /// The bytes that its descriptor promises.
    pub(crate) size: u64,
    /// How it is packed as it is stored, where its media type says so.
    pub(crate) packed: Option<Compression>,
    /// Whether a part of it is wanted, whose end stands in the place of its size.
    pub(crate) is_part: bool,
    /// Whether it is JSON as its media type has it, so that packed bytes are not the blob itself.
    pub(crate) is_json: bool,
}

impl Wanted {
    /// Wants a blob, which the registry has among what is of this kind.
    pub(crate) fn of(blob: &Descriptor, kind: &'static str, accept: &'static str) -> Self {
        Self {
            digest: blob.digest.clone(),
            kind,
            accept,
            elsewhere: None,
            size: blob.size,
            packed: Compression::promised(&blob.media_type),
            is_part: false,
            is_json: blob.media_type.as_str().ends_with("json"),
        }
    }

    /// Wants what stands before the byte `end` of it, and not by way of the whole.
    pub(crate) fn up_to(self, end: u64) -> Self {
        Self { size: end, is_part: true, ..self }
    }
}
