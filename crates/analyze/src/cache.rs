//! Where the facts of layers may be kept: a trait, and the key under which a part lies.

use std::fmt::Debug;

use async_trait::async_trait;
use bytes::Bytes;
use cutaway_model::DiffId;

use crate::{FACTS_FORMAT, Fingerprint, Part};

/// Under which a part of the facts of a layer is kept: everything that decides what is in it.
///
/// The diffID is that of bytes that were verified, so a layer that was compressed anew is found too.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FactsKey {
    /// The diffID of the layer.
    pub diff_id: DiffId,
    /// The part.
    pub part: Part,
    /// The limits that can make the part another one.
    pub limits: Fingerprint,
    /// The patterns of entries that are left out of analysis.
    pub skip: Fingerprint,
    /// The version of the form, [`FACTS_FORMAT`].
    pub format: u32,
}

impl FactsKey {
    /// Returns the key of a part in the form of today.
    pub fn new(diff_id: DiffId, part: Part, limits: Fingerprint, skip: Fingerprint) -> Self {
        Self { diff_id, part, limits, skip, format: FACTS_FORMAT }
    }

    /// Returns a short value that stands for the key.
    pub fn fingerprint(&self) -> Fingerprint {
        let part = match &self.part {
            Part::Listing => "listing".to_owned(),
            Part::Analyzer(id) => format!("analyzer {id}"),
        };
        let (limits, skip) = (self.limits.to_string(), self.skip.to_string());
        Fingerprint::of([&self.format.to_string(), self.diff_id.0.as_str(), &part, &limits, &skip])
    }
}

/// Keeps parts of the facts of layers.
///
/// A part is handed in when its layer has verified and nothing in it is incomplete. What comes out
/// is checked when it is decoded, and read anew from the layer where that fails; whoever keeps parts
/// where others can write has to prove that they are the same bytes.
#[async_trait]
pub trait FactsCache: Debug + Send + Sync {
    /// Returns what is kept under a key; none where nothing is, or it cannot be had in short time.
    async fn get(&self, key: &FactsKey) -> Option<Bytes>;

    /// Keeps a part. What cannot be kept is not: that is no error of the scan.
    async fn put(&self, key: &FactsKey, value: Bytes);
}
