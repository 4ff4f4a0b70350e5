//! Reading the layers of an image once, newest first, and writing what is certain to be visible.
//!
//! Layers are decoded some ahead, as far as a few pieces of each go, and walked one after the other, since
//! what is visible of a layer is decided by those above it. They are walked by whoever waits for them, while
//! tasks decode: a task that is woken by the one that decodes would run after it, on the same core.

use std::collections::{HashMap, VecDeque};
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;

use cutaway_layerfs::{Cover, Listing};
use cutaway_model::Layer;
use cutaway_read::{LayerKey, ListingOnly, Options, Turn, Turns, Visit, layers_of_image, visit};
use futures_util::future::{BoxFuture, FutureExt as _, MaybeDone, maybe_done};
use tokio::io::AsyncWrite;
use tokio::sync::oneshot;

use crate::Error;
use crate::flattened::Flattened;
use crate::newest::{Newest, Written};
use crate::outlet::{Inlet, way};
use crate::tarfile::TarWriter;

/// How many layers are open at once, at most: what is decoded of each is held until it is its turn.
const MOST_OPEN: usize = 4;

/// What was found on the way down.
#[derive(Debug)]
pub(crate) struct Descent {
    /// What is in each layer, base first.
    pub(crate) listings: Vec<Arc<Listing>>,
    /// What was written of it.
    pub(crate) written: Vec<Written>,
}

/// A layer that is opened, and waits for what those above it decide.
struct Opened {
    gate: oneshot::Sender<Cover>,
    pieces: Inlet,
    reading: Reading,
}

/// A layer that is read as far as it can be, and then what came of it.
type Reading = Pin<Box<MaybeDone<BoxFuture<'static, Result<Found, Error>>>>>;

/// What is in a layer, what it decides for those below it, and what was written of it.
type Found = (Listing, Cover, Written);

/// Reads and verifies layers, and writes what is certain to be visible of them.
///
/// # Errors
///
/// Returns what keeps a layer from being read and verified, and what keeps the tar from being written.
pub(crate) async fn descend<W: AsyncWrite + Unpin + Send>(
    layers: &[Layer],
    options: &Options,
    tar: &mut TarWriter<W>,
    total: &mut Flattened,
) -> Result<Descent, Error> {
    let mut cover = Cover::new(options.limits.layerfs);
    let mut known: HashMap<LayerKey, Arc<Listing>> = HashMap::new();
    // Newest first, turned round in the end.
    let (mut listings, mut written) = (Vec::new(), Vec::new());
    let mut opened = Ahead::new(layers, options);
    for (left, layer) in (0..layers.len()).rev().zip(layers.iter().rev()) {
        if cover.is_blind() {
            break;
        }
        let key = LayerKey::from(layer);
        let of_layer = if let Some(listing) = known.get(&key) {
            pass_over(&mut cover, listing, left == 0);
            Written::default()
        } else {
            let Some(Opened { gate, mut pieces, reading }) = opened.next() else { break };
            // Where nobody waits for it any more, the layer could not be opened, and that is told.
            let _ = gate.send(cover);
            let reading = opened.beside(layer, reading);
            let (found, ()) = tokio::try_join!(reading, pieces.write_all(tar, total))?;
            let (listing, after, of_layer) = found;
            cover = after;
            cover.end(&listing);
            known.insert(key.clone(), Arc::new(listing));
            of_layer
        };
        listings.extend(known.get(&key).cloned());
        written.push(of_layer);
    }
    drop((opened, cover));
    // Of what lies below, nothing is decided yet, so that the order does not matter.
    let rest = layers.get(..layers.len().saturating_sub(listings.len())).unwrap_or_default();
    let rest = layers_of_image(rest, |_: &LayerKey| ListingOnly, options).await?;
    listings.extend(rest.iter().rev().map(|reading| Arc::clone(&reading.listing)));
    written.extend(rest.iter().map(|_| Written::default()));
    listings.reverse();
    written.reverse();
    Ok(Descent { listings, written })
}

/// Returns how many layers may be open at once where they wait for each other.
///
/// One that has to be opened again, since its bytes were wrong, must not wait for a stream of one that waits
/// for it.
pub(crate) fn at_once(layers: &[Layer], options: &Options) -> usize {
    let of_sources = layers.iter().filter_map(Layer::streams_at_once).min();
    let wanted = options.limits.layers_in_flight.min(MOST_OPEN);
    of_sources.map_or(wanted, |most| most.min(wanted)).max(1)
}

/// Has a cover take the bytes of a layer once more, which were read and written where it lies above.
fn pass_over(cover: &mut Cover, listing: &Listing, is_base: bool) {
    cover.begin(is_base);
    for (position, entry) in (0_u32..).zip(listing.iter()) {
        cover.entry(position, entry.path(), entry.meta());
    }
    cover.end(listing);
}

/// Layers that are opened ahead, newest first, each of one key once.
struct Ahead<'l> {
    left: VecDeque<(&'l Layer, bool)>,
    opened: VecDeque<Opened>,
    at_once: usize,
    options: &'l Options,
    /// Layers are opened in the order in which they are read: a source that answers one request at a time
    /// would otherwise give it to one that waits.
    turns: Turns,
}

impl<'l> Ahead<'l> {
    fn new(layers: &'l [Layer], options: &'l Options) -> Self {
        let mut seen = std::collections::HashSet::new();
        let left = layers.iter().enumerate().rev();
        let left = left.filter(|(_, layer)| seen.insert(LayerKey::from(*layer)));
        let left = left.map(|(position, layer)| (layer, position == 0)).collect();
        let at_once = at_once(layers, options);
        Self { left, opened: VecDeque::new(), at_once, options, turns: Turns::new() }
    }

    /// Returns the layer that comes next, and opens others.
    fn next(&mut self) -> Option<Opened> {
        while self.opened.len() < self.at_once
            && let Some((layer, is_base)) = self.left.pop_front()
        {
            let opened = open(layer, is_base, self.turns.next_turn(), self.options);
            self.opened.push_back(opened);
        }
        self.opened.pop_front()
    }

    /// Reads a layer to its end, and lets the others open and wait meanwhile.
    async fn beside(&mut self, layer: &Layer, mut reading: Reading) -> Result<Found, Error> {
        poll_fn(|cx| {
            for other in &mut self.opened {
                // What comes of it is kept.
                let _ = other.reading.poll_unpin(cx);
            }
            reading.poll_unpin(cx)
        })
        .await;
        let found = reading.as_mut().take_output();
        found.unwrap_or_else(|| Err(cutaway_read::Error::unfinished(layer.what()).into()))
    }
}

/// Opens a layer and starts decoding it.
fn open(layer: &Layer, is_base: bool, turn: Turn, options: &Options) -> Opened {
    let ((gate, waiting), (outlet, pieces)) =
        (oneshot::channel(), way(options.limits.model.unpacked_bytes));
    // It may have to wait until others are written.
    let (layer, options) = (layer.clone(), options.clone().in_turn());
    let reading = async move {
        let hold = options.limits.layer_hold_bytes;
        let mut first = Some((waiting, turn.begin().await));
        let reader = || {
            // What was sent cannot be taken back.
            (!outlet.has_sent()).then(|| match first.take() {
                Some((gate, begun)) => Newest::new(gate, is_base, outlet.clone(), hold, begun),
                None => Newest::decides_nothing(outlet.clone(), is_base),
            })
        };
        let Visit { out: (cover, written), whole, .. } = visit(&layer, reader, &options).await?;
        match whole {
            Some((_, walked)) => Ok((walked.listing, cover, written)),
            None => Err(cutaway_read::Error::unfinished(layer.what()).into()),
        }
    };
    Opened { gate, pieces, reading: Box::pin(maybe_done(reading.boxed())) }
}
