//! Where the facts of layers may be kept: a trait, and the key under which those of a layer lie.

use std::fmt::Debug;

use async_trait::async_trait;
use bytes::Bytes;
use cutaway_model::DiffId;
use cutaway_ref::Digest;

use crate::{FACTS_FORMAT, Fingerprint, Part};

/// Under which the facts of a layer are kept: everything that decides what is in them, but the analyzers.
///
/// The digests are those of bytes that were verified.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FactsKey {
    /// The diffID of the layer.
    pub diff_id: DiffId,
    /// The digest of its stored bytes: facts say how they are compressed, too.
    pub stored: Digest,
    /// The limits, and whatever else can make facts other ones.
    pub settings: Fingerprint,
    /// The patterns of entries that are left out of analysis.
    pub skip: Fingerprint,
    /// The version of the form, [`FACTS_FORMAT`].
    pub format: u32,
}

impl FactsKey {
    /// Returns the key of a layer in the form of today.
    pub fn new(diff_id: DiffId, stored: Digest, settings: Fingerprint, skip: Fingerprint) -> Self {
        Self { diff_id, stored, settings, skip, format: FACTS_FORMAT }
    }

    /// Returns a short value that stands for the key.
    pub fn fingerprint(&self) -> Fingerprint {
        let (settings, skip) = (self.settings.to_string(), self.skip.to_string());
        let format = self.format.to_string();
        let layer = [self.diff_id.0.as_str(), self.stored.as_str()];
        Fingerprint::of(["layer", &format].into_iter().chain(layer).chain([&*settings, &*skip]))
    }
}

impl Part {
    /// Returns a short value that stands for the part: for an analyzer and its version.
    pub fn fingerprint(&self) -> Fingerprint {
        match self {
            Self::Listing => Fingerprint::of(["listing"]),
            Self::Analyzer(id) => Fingerprint::of(["analyzer", &id.to_string()]),
        }
    }
}

/// Keeps parts of the facts of layers.
///
/// Parts are handed in when their layer has verified and nothing in them is incomplete. What comes out
/// is checked when it is decoded, and read anew from the layer where that fails; whoever keeps parts
/// where others can write has to prove that they are the same bytes.
#[async_trait]
pub trait FactsCache: Debug + Send + Sync {
    /// Returns these parts of what is kept of a layer, in this order; none where one of them is not, or
    /// they cannot be had in short time.
    async fn get(&self, key: &FactsKey, parts: &[Part]) -> Option<Vec<Bytes>>;

    /// Keeps parts, beside others of the same layer. What cannot be kept is not: that is no error of the scan.
    async fn put(&self, key: &FactsKey, parts: Vec<(Part, Bytes)>);
}
