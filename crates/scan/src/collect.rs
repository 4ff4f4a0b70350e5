//! The files of a layer that somebody wants, as the walk comes past them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use cutaway_analyze::{Analyzers, Candidate, Matches, PickedFile, Pickup, PickupLimits, Reading};
use cutaway_layerfs::{EntryPath, Kind, Meta, Visitor};

use crate::skip::Skip;

/// Which files of a layer are wanted.
#[derive(Debug, Clone)]
pub(crate) enum Wanted {
    /// Those that an analyzer wants, and their companions.
    ByAnalyzers(Arc<Skip>),
    /// All of these entries.
    Entries(BTreeSet<u32>),
    /// Parts of these entries: for each the analyzers that want some.
    Ranges(Parts),
}

/// By entry: which analyzers want which parts of it.
pub(crate) type Parts = BTreeMap<u32, Vec<(usize, Vec<Range<u64>>)>>;

/// A visitor that keeps what is wanted of files, each until it is taken.
#[derive(Debug)]
pub(crate) struct Collector {
    wanted: Wanted,
    analyzers: Analyzers,
    limits: PickupLimits,
    matches: Matches,
    open: Option<Open>,
    finished: Vec<Collected>,
}

#[derive(Debug)]
struct Open {
    entry: u32,
    companion: bool,
    pickup: Pickup,
}

/// A file that was wanted, with what is held of it.
#[derive(Debug)]
pub(crate) struct Collected {
    /// Its entry in the listing of the layer.
    pub(crate) entry: u32,
    /// Its path, and its bytes.
    pub(crate) file: PickedFile,
    /// What analyzers are going to make of it; nothing of a mere companion.
    pub(crate) readings: Vec<Reading>,
    /// Whether it is the companion of another file.
    pub(crate) companion: bool,
}

/// Takes the wanted files of a layer as they become complete.
pub(crate) trait Taker: Send {
    /// What is made of the files.
    type Out: Send;

    /// Takes some files; may wait until earlier ones are done with.
    fn take(&mut self, collector: &mut Collector) -> impl Future<Output = ()> + Send;

    /// Ends, when all files were taken.
    fn finish(self) -> impl Future<Output = Self::Out> + Send;
}

impl Taker for Vec<Collected> {
    type Out = Self;

    async fn take(&mut self, collector: &mut Collector) {
        self.extend(collector.take_finished());
    }

    async fn finish(self) -> Self {
        self
    }
}

impl Collector {
    pub(crate) fn new(wanted: Wanted, analyzers: Analyzers, limits: PickupLimits) -> Self {
        let matches = Matches::default();
        Self { wanted, analyzers, limits, matches, open: None, finished: Vec::new() }
    }

    /// Returns the files that are complete since the last call.
    pub(crate) fn take_finished(&mut self) -> Vec<Collected> {
        std::mem::take(&mut self.finished)
    }

    fn pick(&mut self, entry: u32, candidate: &Candidate<'_>) -> Option<(Pickup, bool)> {
        let (analyzers, limits) = (&self.analyzers, self.limits);
        match &self.wanted {
            Wanted::Entries(entries) => entries
                .contains(&entry)
                .then(|| (Pickup::whole(analyzers, &[], candidate, limits), false)),
            Wanted::Ranges(entries) => {
                let readers = entries.get(&entry)?;
                Some((Pickup::again(analyzers, readers, candidate, limits), false))
            }
            Wanted::ByAnalyzers(skip) => {
                let path = candidate.path.as_bytes();
                analyzers.matcher().find(path, &mut self.matches);
                let Matches { analyzers: interested, companion, .. } = &self.matches;
                if (interested.is_empty() && !companion) || skip.matches(path) {
                    return None;
                }
                let pickup = Pickup::begin(analyzers, interested, *companion, candidate, limits);
                pickup.map(|pickup| (pickup, *companion))
            }
        }
    }
}

impl Visitor for Collector {
    fn entry(&mut self, id: u32, path: &EntryPath, meta: &Meta) -> bool {
        if meta.kind != Kind::File {
            return false;
        }
        let picked = self.pick(id, &Candidate::new(path, meta.size, meta.mode));
        self.open = picked.map(|(pickup, companion)| Open { entry: id, companion, pickup });
        self.open.is_some()
    }

    fn data(&mut self, chunk: &[u8]) {
        if let Some(open) = &mut self.open {
            open.pickup.push(chunk);
        }
    }

    fn hole(&mut self, len: u64) {
        if let Some(open) = &mut self.open {
            open.pickup.skip(len);
        }
    }

    fn end(&mut self) {
        if let Some(Open { entry, companion, pickup }) = self.open.take() {
            let (file, readings) = pickup.finish();
            let asked_for = matches!(self.wanted, Wanted::Entries(_));
            if companion || asked_for || !readings.is_empty() {
                self.finished.push(Collected { entry, file, readings, companion });
            }
        }
    }
}
