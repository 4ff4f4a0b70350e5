//! Facts of layers that a cache keeps: asked for before a layer is read, handed in when it was.

use std::sync::Arc;

use bytes::Bytes;
use cutaway_analyze::{
    AnalyzerId, Budget, DecodeLimits, FactsCache, FactsKey, Fingerprint, LayerFacts, Part,
};
use cutaway_model::{Layer, Stamp};
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
    let stored = match layer.digest() {
        Some(digest) => digest.clone(),
        None => layer.is_plain().await.unwrap_or(false).then(|| layer.diff_id().0.clone())?,
    };
    let held = cache.get(&key(layer, &stored, options)?, &parts(options)).await?;
    let limits = DecodeLimits {
        layerfs: options.read.limits.layerfs,
        budget: budget.clone(),
        record_bytes: options.limits.record_bytes,
    };
    let (listing, found) = held.split_first()?;
    let ids = options.analyzers.members().iter().map(|member| member.id());
    let found = ids.zip(found).map(|(id, bytes): (&AnalyzerId, &Bytes)| (id, &**bytes));
    let diff_id = layer.diff_id();
    match LayerFacts::decode(listing, found, &limits) {
        // A size may be claimed, too, that is not that of these bytes: reading them says so.
        Ok(facts) if layer.check(&facts.measured.stored, &facts.measured.unpacked).is_ok() => {
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

/// Returns what stands for the layer among those that are read beside each other, as far as it is known before
/// it is read, and may be kept.
pub(crate) fn name(layer: &Layer, options: &Options) -> Option<Fingerprint> {
    Some(key(layer, layer.digest()?, options)?.fingerprint())
}

/// Hands in what a verified layer says, where all of it could be read and will be asked for.
pub(crate) async fn put(
    cache: &Arc<dyn FactsCache>,
    layer: &Layer,
    facts: &LayerFacts,
    options: &Options,
) {
    let stored = &facts.measured.stored.digest;
    // Nothing names the stored bytes of an archive's member before they are read, but where they are the tar.
    let is_named = layer.digest().is_some() || *stored == facts.diff_id().0;
    let Some(key) = key(layer, stored, options).filter(|_| facts.is_complete() && is_named) else {
        return;
    };
    let value = |part| (Bytes::from(facts.encode(&part)), part);
    let parts = parts(options).into_iter().map(value).map(|(bytes, part)| (part, bytes));
    cache.put(&key, parts.collect()).await;
}

/// Returns what a scan needs of a layer.
fn parts(options: &Options) -> Vec<Part> {
    let analyzers = options.analyzers.members().iter();
    let analyzers = analyzers.map(|member| Part::Analyzer(member.id().clone()));
    [Part::Listing].into_iter().chain(analyzers).collect()
}

/// Returns under which key the facts of a layer are kept, whose stored bytes have the digest `stored`: what was
/// measured of other bytes, such as the same tar compressed in another way, is not true of these.
///
/// None where nothing shows that the bytes are still those, and where the layer is called something else than
/// files: it may have been passed over, whatever its diffID.
fn key(layer: &Layer, stored: &Digest, options: &Options) -> Option<FactsKey> {
    let file = match layer.stamp() {
        _ if layer.is_called_otherwise() => return None,
        Stamp::None => return None,
        Stamp::Digest => None,
        Stamp::File(file) => Some(file),
    };
    let skip = Fingerprint::of(&options.skip);
    // The same bytes with another table, or none, are compared with something else.
    let claim = cutaway_read::table_claim(layer, &options.read);
    let settings = settings(options, [file, claim]);
    Some(FactsKey::new(layer.diff_id().clone(), stored.clone(), settings, skip))
}

/// Returns what stands for the build and for all limits. Which of them can make facts other ones, or keep a
/// layer from being read, need not be known here: one that is added counts by itself.
/// The file that holds the stored bytes counts, too: what was changed in it is read, and found to be wrong.
fn settings(options: &Options, of_layer: [Option<String>; 2]) -> Fingerprint {
    let mut of_reading = options.read.limits;
    // Another one on every machine, and what is read is the same.
    of_reading.layers_in_flight = 0;
    let limits = format!("{of_reading:?} {:?}", options.limits);
    let of_layer = of_layer.iter().map(|it| it.as_deref().unwrap_or("-"));
    Fingerprint::of([BUILD, &limits].into_iter().chain(of_layer))
}
