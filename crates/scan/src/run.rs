//! The scan of an image whose layers can be opened one by one.

use std::collections::HashMap;
use std::sync::Arc;

use cutaway_files::{Fingerprints, LayerFiles, on_task};
use cutaway_model::{Image, Layer};
use tokio::sync::Semaphore;
use tracing::Instrument as _;

use crate::assemble::Laid;
use crate::collect::Wanted;
use crate::layer::{Facts, analyze};
use crate::second::{self, lacking};
use crate::skip::Skip;
use crate::{Error, Options};
use cutaway_report::{Report, Subject};

/// Scans an image.
///
/// Each layer is read once, also where the image lists it twice; a layer that a database turns out
/// to be a link into is read once more.
///
/// # Errors
///
/// Returns the first thing, in the order of the layers, that keeps a layer from being read and
/// verified; nothing that was found is returned then. A database that cannot be read is no error
/// but a diagnostic of the report.
pub async fn scan(image: &Image, subject: &Subject, options: &Options) -> Result<Report, Error> {
    let span = tracing::info_span!("image", id = %image.id());
    async {
        let skip = Arc::new(Skip::new(&options.skip)?);
        let facts = read_layers(image.layers(), None, options, &skip).await?;
        report(image, 0, subject, options, &skip, facts, false).await
    }
    .instrument(span)
    .await
}

/// Scans an image as [`scan`] does, or its layers from `first` on as if there were none below; the
/// report also tells what each layer did to each package, and the files of the layers come with it,
/// with `fingerprints` also what tells their contents apart, so that nobody has to read them again.
///
/// Layers are numbered from `first` on as if it were the lowest.
///
/// # Errors
///
/// As [`scan`].
pub async fn scan_with_history(
    image: &Image,
    first: usize,
    subject: &Subject,
    fingerprints: Option<&Fingerprints>,
    options: &Options,
) -> Result<(Report, Vec<LayerFiles>), Error> {
    let skip = Arc::new(Skip::new(&options.skip)?);
    let layers = image.layers().get(first..).unwrap_or_default();
    let facts = read_layers(layers, fingerprints, options, &skip).await?;
    let files = facts.iter().map(Facts::files).collect();
    Ok((report(image, first, subject, options, &skip, facts, true).await?, files))
}

async fn report(
    image: &Image,
    first: usize,
    subject: &Subject,
    options: &Options,
    skip: &Skip,
    facts: Vec<Facts>,
    history: bool,
) -> Result<Report, Error> {
    let mut laid = Laid::new(facts, options.analyzers, skip, &options.limits)?;
    (laid.history, laid.first) = (history, first);
    let layers = image.layers().get(first..).unwrap_or_default();
    let Laid { states, records, findings, .. } = &mut laid;
    let lacking = lacking(states.iter().chain([&*records]), options.analyzers, findings);
    if !lacking.is_empty() {
        second::read(layers, options.analyzers, &lacking, &options.limits, findings).await?;
    }
    Ok(laid.report(image, subject, options))
}

/// Reads all layers, several at once, and returns what was found by position.
pub(crate) async fn read_layers(
    layers: &[Layer],
    fingerprints: Option<&Fingerprints>,
    options: &Options,
    skip: &Arc<Skip>,
) -> Result<Vec<Facts>, Error> {
    let permits = Arc::new(Semaphore::new(options.limits.layers_in_flight.max(1)));
    let mut distinct: Vec<&Layer> = Vec::new();
    for layer in layers {
        if !distinct.iter().any(|known| same(known, layer)) {
            distinct.push(layer);
        }
    }
    // The largest first, so that no large one is left to run alone at the end.
    let mut order: Vec<&Layer> = distinct.clone();
    order.sort_by_key(|layer| std::cmp::Reverse(layer.size()));
    let mut tasks = HashMap::new();
    for layer in order {
        let permits = Arc::clone(&permits);
        let wanted = Wanted::ByAnalyzers { analyzers: options.analyzers, skip: Arc::clone(skip) };
        let (layer, options) = (layer.clone(), options.clone());
        let fingerprints = fingerprints.cloned();
        let index = layer.index();
        let span = tracing::info_span!("layer", index, diff_id = %layer.diff_id());
        let task = async move {
            // The semaphore is never closed.
            let _permit = permits.acquire_owned().await;
            analyze(
                &layer,
                options.analyzers,
                wanted,
                fingerprints,
                &options.limits,
                options.observer,
            )
            .await
        };
        tasks.insert(index, on_task(task.instrument(span)));
    }
    let mut read: Vec<(&Layer, Facts)> = Vec::new();
    for layer in distinct {
        if let Some(task) = tasks.remove(&layer.index()) {
            read.push((layer, task.await?));
        }
    }
    Ok(by_position(layers, read))
}

/// Returns whether two layers are the same bytes.
fn same(a: &Layer, b: &Layer) -> bool {
    a.diff_id() == b.diff_id() && a.digest() == b.digest() && a.member() == b.member()
}

/// Returns the facts of each position; those of a layer that is listed again are copied.
fn by_position(layers: &[Layer], mut read: Vec<(&Layer, Facts)>) -> Vec<Facts> {
    let mut facts = Vec::with_capacity(layers.len());
    for (position, layer) in layers.iter().enumerate() {
        let Some(found) = read.iter().position(|(known, _)| same(known, layer)) else { continue };
        let again = layers.iter().skip(position.saturating_add(1)).any(|later| same(later, layer));
        if again {
            facts.extend(read.get(found).map(|(_, facts)| facts.clone()));
        } else {
            facts.push(read.swap_remove(found).1);
        }
    }
    facts
}
