//! Facts of layers that a cache keeps: asked for before a layer is read, handed in when it was.

use std::sync::Arc;

use bytes::Bytes;
use cutaway_analyze::{Budget, DecodeLimits, FactsCache, FactsKey, Fingerprint, LayerFacts, Part};
use cutaway_model::{DiffId, Layer, Measured};

use crate::Options;

/// Returns the facts of a layer where every part of them is kept, and they are those of its stored bytes.
pub(crate) async fn get(
    cache: &Arc<dyn FactsCache>,
    layer: &Layer,
    budget: &Budget,
    options: &Options,
) -> Option<LayerFacts> {
    let diff_id = layer.diff_id();
    let listing = cache.get(&key(diff_id, Part::Listing, options)).await?;
    let mut analyzers: Vec<(&cutaway_analyze::AnalyzerId, Bytes)> = Vec::new();
    for member in options.analyzers.members() {
        let part = Part::Analyzer(member.id().clone());
        analyzers.push((member.id(), cache.get(&key(diff_id, part, options)).await?));
    }
    let limits = DecodeLimits {
        layerfs: options.read.limits.layerfs,
        budget: budget.clone(),
        record_bytes: options.limits.record_bytes,
    };
    let parts = analyzers.iter().map(|(id, bytes)| (*id, &**bytes));
    match LayerFacts::decode(&listing, parts, &limits) {
        Ok(facts) if facts.diff_id() == diff_id && is_stored_so(layer, &facts).await => Some(facts),
        Ok(_) => None,
        Err(error) => {
            tracing::warn!(%diff_id, "what is kept of the layer is not used: {error}");
            None
        }
    }
}

/// Returns whether the stored bytes of a layer are those that facts were made of: what was measured of others,
/// such as the same tar compressed in another way, is not true of these.
async fn is_stored_so(layer: &Layer, facts: &LayerFacts) -> bool {
    let Measured { stored, unpacked, .. } = &facts.measured;
    match layer.digest() {
        Some(digest) => *digest == stored.digest,
        // Nothing names the stored bytes of an archive's member, but where they are the tar itself.
        None => stored.digest == unpacked.diff_id.0 && layer.is_plain().await.unwrap_or(false),
    }
}

/// Hands in what a verified layer says, where all of it could be read.
pub(crate) async fn put(cache: &Arc<dyn FactsCache>, facts: &LayerFacts, options: &Options) {
    if !facts.is_complete() {
        return;
    }
    let analyzers = options.analyzers.members().iter();
    let analyzers = analyzers.map(|member| Part::Analyzer(member.id().clone()));
    for part in [Part::Listing].into_iter().chain(analyzers) {
        let value = Bytes::from(facts.encode(&part));
        cache.put(&key(facts.diff_id(), part, options), value).await;
    }
}

fn key(diff_id: &DiffId, part: Part, options: &Options) -> FactsKey {
    let skip = Fingerprint::of(&options.skip);
    FactsKey::new(diff_id.clone(), part, fingerprint(options), skip)
}

/// Returns what stands for the limits that can make facts other ones.
fn fingerprint(options: &Options) -> Fingerprint {
    let limits = &options.limits;
    let cutaway_layerfs::Limits { tar, listing_bytes, xattr_bytes, depth, .. } =
        options.read.limits.layerfs;
    let of_files = [limits.database_bytes, limits.window_bytes, limits.record_bytes];
    let of_tars = [tar.pax_bytes, tar.name_bytes, tar.sparse_bytes, tar.path_bytes, tar.entries];
    let of_listings = [listing_bytes, xattr_bytes, depth];
    let all = of_files.into_iter().chain(of_tars).chain(of_listings);
    Fingerprint::of(all.map(u64::to_le_bytes))
}
