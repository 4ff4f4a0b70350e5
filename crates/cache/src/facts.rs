//! The facts of layers, kept: one entry for a layer, with a part for its listing and for each analyzer.

use async_trait::async_trait;
use bytes::Bytes;
use cutaway_analyze::{FactsCache, FactsKey, Part};

use crate::{Cache, Parts};

#[async_trait]
impl FactsCache for Cache {
    async fn get(&self, key: &FactsKey, parts: &[Part]) -> Option<Vec<Bytes>> {
        let held = Self::get(self, &key.fingerprint()).await?;
        parts.iter().map(|part| Self::part(&held, &part.fingerprint()).cloned()).collect()
    }

    async fn put(&self, key: &FactsKey, parts: Vec<(Part, Bytes)>) {
        let name = key.fingerprint();
        let mut all: Parts = parts
            .into_iter()
            .map(|(part, bytes)| (*part.fingerprint().as_bytes(), bytes))
            .collect();
        // What other analyzers have found stays.
        for held in Self::get(self, &name).await.unwrap_or_default() {
            if !all.iter().any(|(id, _)| *id == held.0) {
                all.push(held);
            }
        }
        Self::put(self, &name, &all).await;
    }
}
