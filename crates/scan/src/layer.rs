//! One layer, from its stored bytes to what was found in it.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use cutaway_analyze::{AnalyzerId, Analyzers, Budget, FileFindings, LayerFacts};
use cutaway_files::{Contents, LayerFiles};
use cutaway_layerfs::{EntryPath, Meta, Visitor};
use cutaway_model::Layer;
use cutaway_read::{LayerReader, Progress, Reading};

use crate::collect::{Collected, Collector, Taker, Wanted};
use crate::digests::Digests;
use crate::dispatch::{Again, Dispatch, Dispatched, Pending};
use crate::skip::Skip;
use crate::{Error, Options};

/// What was read of a layer whose size, digest and diffID have matched.
#[derive(Debug, Clone)]
pub(crate) struct LayerRead {
    pub(crate) facts: LayerFacts,
    /// The files of which analyzers need more than was held.
    pub(crate) again: Vec<Again>,
    /// What tells the contents of files apart, where that was asked for.
    pub(crate) contents: Arc<Contents>,
    /// The digests of all files, where they are compared with what packages record.
    pub(crate) digests: Arc<Digests>,
    /// Whether the facts were kept, so that the layer was not read.
    pub(crate) kept: bool,
}

/// What is taken of the content of every file.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    contents: Option<Contents>,
    digests: Option<Digests>,
}

impl Taken {
    fn new(options: &Options) -> Self {
        let compares = options.analyzers.read_records();
        Self {
            contents: options.fingerprints.clone().map(Contents::new),
            digests: compares.then(|| Digests::new(options.limits.hole_bytes)),
        }
    }

    fn begin(&mut self, entry: u32, meta: &Meta) -> bool {
        let told_apart = self.contents.as_mut().is_some_and(|all| all.begin(entry, meta.kind));
        let hashed =
            self.digests.as_mut().is_some_and(|all| all.begin(entry, meta.kind, meta.mode));
        hashed || told_apart
    }
}

impl LayerRead {
    /// Takes what was made of a layer; what layers of the same bytes share is copied for all but the last.
    pub(crate) fn new(reading: Arc<Reading<Found>>) -> Self {
        let Reading { measured, listing, warnings, out } = Arc::unwrap_or_clone(reading);
        let Found { findings, again, contents, digests } = out;
        let facts = LayerFacts { measured, listing, warnings, findings };
        Self { facts, again, contents, digests, kept: false }
    }

    /// Returns what was kept of a layer that was read before.
    pub(crate) fn of_kept(facts: LayerFacts) -> Self {
        let (contents, digests) = (Arc::default(), Arc::default());
        Self { facts, again: Vec::new(), contents, digests, kept: true }
    }

    /// Returns the files of the layer, for a view of them.
    pub(crate) fn files(&self) -> LayerFiles {
        LayerFiles {
            measured: self.facts.measured.clone(),
            listing: Arc::clone(&self.facts.listing),
            warnings: self.facts.warnings.clone(),
            contents: Arc::clone(&self.contents),
        }
    }
}

/// What was made of a layer beside its listing.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    findings: BTreeMap<AnalyzerId, Vec<FileFindings>>,
    again: Vec<Again>,
    contents: Arc<Contents>,
    digests: Arc<Digests>,
}

/// Goes along with a layer, and hands what analyzers want to the pool.
pub(crate) struct LayerScan {
    analyzers: Analyzers,
    hand: Hand<Dispatch>,
}

impl LayerScan {
    pub(crate) fn new(
        options: &Options,
        skip: &Arc<Skip>,
        budget: &Budget,
        pending: &Pending,
    ) -> Self {
        let Options { analyzers, limits, .. } = options;
        let wanted = Wanted::ByAnalyzers(Arc::clone(skip));
        let collector = Collector::new(wanted, analyzers.clone(), limits.pickup());
        let taker = Dispatch::new(analyzers, budget, pending, limits);
        let hand = Hand { collector, wanted: false, taken: Taken::new(options), taker };
        Self { analyzers: analyzers.clone(), hand }
    }
}

impl Visitor for LayerScan {
    fn entry(&mut self, id: u32, path: &EntryPath, meta: &Meta) -> bool {
        self.hand.entry(id, path, meta)
    }
    fn data(&mut self, chunk: &[u8]) {
        self.hand.data(chunk);
    }
    fn hole(&mut self, len: u64) {
        self.hand.hole(len);
    }
    fn end(&mut self) {
        self.hand.end();
    }
}

impl LayerReader for LayerScan {
    type Out = Found;

    async fn pause(&mut self, _: Progress) -> ControlFlow<()> {
        self.hand.take().await;
        ControlFlow::Continue(())
    }

    async fn finish(mut self) -> Found {
        self.hand.take().await;
        let Self { analyzers, hand: Hand { taken, taker, .. } } = self;
        let Dispatched { findings, again } = taker.finish().await;
        let by_id = findings
            .into_iter()
            .filter_map(|(position, files)| Some((analyzers.get(position)?.id().clone(), files)));
        let findings = by_id.collect();
        let contents = Arc::new(taken.contents.unwrap_or_default());
        let mut digests = taken.digests.unwrap_or_default();
        digests.shrink();
        Found { findings, again, contents, digests: Arc::new(digests) }
    }
}

/// Reads a layer to its end, verifies it, and returns the bytes of some of its files.
pub(crate) async fn extract(
    layer: &Layer,
    wanted: Wanted,
    options: &Options,
) -> Result<Vec<Collected>, Error> {
    let Options { analyzers, limits, .. } = options;
    let reader = |_: &_| {
        let collector = Collector::new(wanted.clone(), analyzers.clone(), limits.pickup());
        let taken = Taken::default();
        Extract(Hand { collector, wanted: false, taken, taker: Vec::new() })
    };
    Ok(cutaway_read::layer(layer, reader, &options.read).await?.out)
}

/// Keeps the wanted files of a layer.
struct Extract(Hand<Vec<Collected>>);

impl Visitor for Extract {
    fn entry(&mut self, id: u32, path: &EntryPath, meta: &Meta) -> bool {
        self.0.entry(id, path, meta)
    }
    fn data(&mut self, chunk: &[u8]) {
        self.0.data(chunk);
    }
    fn hole(&mut self, len: u64) {
        self.0.hole(len);
    }
    fn end(&mut self) {
        self.0.end();
    }
}

impl LayerReader for Extract {
    type Out = Vec<Collected>;

    async fn pause(&mut self, _: Progress) -> ControlFlow<()> {
        self.0.take().await;
        ControlFlow::Continue(())
    }

    async fn finish(mut self) -> Vec<Collected> {
        self.0.take().await;
        self.0.taker
    }
}

/// Goes along with a layer: the collector picks files up, the taker takes them away.
struct Hand<T> {
    collector: Collector,
    /// Whether the collector wants the entry that comes by.
    wanted: bool,
    taken: Taken,
    taker: T,
}

impl<T: Taker> Hand<T> {
    async fn take(&mut self) {
        self.taker.take(&mut self.collector).await;
    }
}

impl<T> Visitor for Hand<T> {
    fn entry(&mut self, id: u32, path: &EntryPath, meta: &Meta) -> bool {
        self.wanted = self.collector.entry(id, path, meta);
        self.taken.begin(id, meta) || self.wanted
    }

    fn data(&mut self, chunk: &[u8]) {
        if self.wanted {
            self.collector.data(chunk);
        }
        if let Some(contents) = &mut self.taken.contents {
            contents.add(chunk);
        }
        if let Some(digests) = &mut self.taken.digests {
            digests.add(chunk);
        }
    }

    fn hole(&mut self, len: u64) {
        if self.wanted {
            self.collector.hole(len);
        }
        if let Some(contents) = &mut self.taken.contents {
            contents.skip(len);
        }
        if let Some(digests) = &mut self.taken.digests {
            digests.skip(len);
        }
    }

    fn end(&mut self) {
        if self.wanted {
            self.collector.end();
        }
        if let Some(contents) = &mut self.taken.contents {
            contents.end();
        }
        if let Some(digests) = &mut self.taken.digests {
            digests.end();
        }
    }
}
