//! Facts of layers that a cache keeps: asked for before a layer is read, handed in when it was.

use std::sync::Arc;

use bytes::Bytes;
use cutaway_analyze::{
    AnalyzerId, Budget, DecodeLimits, FactsCache, FactsKey, Fingerprint, LayerFacts, Part,
};
use cutaway_model::{DiffId, Layer};
use cutaway_ref::Digest;

use crate::Options;

/// What stands for the sources that make facts, and for the release: a build never takes what another has made
/// of the same bytes in another way.
const BUILD: &str = concat!(env!("CARGO_PKG_VERSION"), " ", env!("CUTAWAY_FACTS_SOURCES"));

/// Returns the facts of a layer where every part of them is kept, and they are those of its stored bytes.
pub(crate) async fn get(
    cache: &Arc<dyn FactsCache>,
    layer: &Layer,
    budget: &Budget,
    options: &Options,
) -> Option<LayerFacts> {
    let (diff_id, stored) = (layer.diff_id(), stored(layer).await?);
    let held = cache.get(&key(diff_id, &stored, options), &parts(options)).await?;
    let limits = DecodeLimits {
        layerfs: options.read.limits.layerfs,
        budget: budget.clone(),
        record_bytes: options.limits.record_bytes,
    };
    let (listing, found) = held.split_first()?;
    let ids = options.analyzers.members().iter().map(|member| member.id());
    let found = ids.zip(found).map(|(id, bytes): (&AnalyzerId, &Bytes)| (id, &**bytes));
    match LayerFacts::decode(listing, found, &limits) {
        Ok(facts) if facts.diff_id() == diff_id && facts.measured.stored.digest == stored => {
            tracing::info!(%diff_id, "from the cache");
            Some(facts)
        }
        Ok(_) => None,
        Err(error) => {
            tracing::warn!(%diff_id, "what is kept of the layer is not used: {error}");
            None
        }
    }
}

/// Returns the digest of the stored bytes of a layer, as far as it is known without reading them: nothing
/// names those of an archive's member, but where they are the tar itself. What was measured of other bytes, such
/// as the same tar compressed in another way, is not true of these.
async fn stored(layer: &Layer) -> Option<Digest> {
    match layer.digest() {
        Some(digest) => Some(digest.clone()),
        None => layer.is_plain().await.unwrap_or(false).then(|| layer.diff_id().0.clone()),
    }
}

/// Hands in what a verified layer says, where all of it could be read and will be asked for.
pub(crate) async fn put(
    cache: &Arc<dyn FactsCache>,
    layer: &Layer,
    facts: &LayerFacts,
    options: &Options,
) {
    let stored = &facts.measured.stored.digest;
    let is_named = layer.digest().is_some() || *stored == facts.diff_id().0;
    if !facts.is_complete() || !is_named {
        return;
    }
    let value = |part| (Bytes::from(facts.encode(&part)), part);
    let parts = parts(options).into_iter().map(value).map(|(bytes, part)| (part, bytes));
    cache.put(&key(facts.diff_id(), stored, options), parts.collect()).await;
}

/// Returns what a scan needs of a layer.
fn parts(options: &Options) -> Vec<Part> {
    let analyzers = options.analyzers.members().iter();
    let analyzers = analyzers.map(|member| Part::Analyzer(member.id().clone()));
    [Part::Listing].into_iter().chain(analyzers).collect()
}

fn key(diff_id: &DiffId, stored: &Digest, options: &Options) -> FactsKey {
    let skip = Fingerprint::of(&options.skip);
    FactsKey::new(diff_id.clone(), stored.clone(), settings(options), skip)
}

/// Returns what stands for the build and for all limits. Which of them can make facts other ones, or keep a
/// layer from being read, need not be known here: one that is added counts by itself.
fn settings(options: &Options) -> Fingerprint {
    let mut of_reading = options.read.limits;
    // Another one on every machine, and what is read is the same.
    of_reading.layers_in_flight = 0;
    let limits = format!("{of_reading:?} {:?}", options.limits);
    Fingerprint::of([BUILD, &limits])
}
