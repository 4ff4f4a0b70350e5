//! The files of a layer that somebody wants, as the walk comes past them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use cutaway_analyze::{Analyzers, Candidate, Matches, Pickup, PickupLimits, Reading};
use cutaway_layerfs::{EntryPath, Kind, Meta, Visitor};

use crate::by_table::{self, Wants};
use crate::pending::{Pending, Waiting};
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
    pending: Pending,
    matches: Matches,
    open: Option<Open>,
    finished: Vec<Collected>,
    /// Files that may have a companion further on in the layer, and companions: of each path the last one.
    held: BTreeMap<EntryPath, Collected>,
    /// How many files would have to be looked into, where the layer is read by its table of contents.
    not_read: Option<u64>,
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
    pub(crate) file: Waiting,
    /// What analyzers are going to make of it; nothing of a mere companion.
    pub(crate) readings: Vec<Reading>,
}

/// Takes the wanted files of a layer as they become complete.
pub(crate) trait Taker: Send {
    /// What is made of the files.
    type Out: Send;

    /// Takes some files; may wait until earlier ones are done with.
    fn take(&mut self, collector: &mut Collector) -> impl Future<Output = ()> + Send;

    /// Ends, when all files were taken but those that were held back for what may belong to them.
    fn finish(self, held: Vec<Collected>) -> impl Future<Output = Self::Out> + Send;
}

impl Taker for Vec<Collected> {
    type Out = Self;

    async fn take(&mut self, collector: &mut Collector) {
        self.extend(collector.take_finished());
    }

    async fn finish(mut self, held: Vec<Collected>) -> Self {
        self.extend(held);
        self
    }
}

impl Collector {
    pub(crate) fn new(
        wanted: Wanted,
        analyzers: Analyzers,
        limits: PickupLimits,
        pending: Pending,
    ) -> Self {
        Self {
            wanted,
            analyzers,
            limits,
            pending,
            matches: Matches::default(),
            open: None,
            finished: Vec::new(),
            held: BTreeMap::new(),
            not_read: None,
        }
    }

    /// Looks into no file from now on: only what is known by its path is taken.
    pub(crate) fn by_table(&mut self) {
        self.not_read = Some(0);
    }

    /// Returns how many files would have had to be looked into.
    pub(crate) fn not_read(&self) -> u64 {
        self.not_read.unwrap_or(0)
    }

    /// Returns the files that are complete since the last call.
    pub(crate) fn take_finished(&mut self) -> Vec<Collected> {
        std::mem::take(&mut self.finished)
    }

    /// Returns the files that were held back to the end of the layer, by path.
    pub(crate) fn into_held(self) -> Vec<Collected> {
        self.held.into_values().collect()
    }

    /// Returns whether what comes by has to wait until other files are let go of.
    pub(crate) fn is_over(&self) -> bool {
        self.pending.is_over(self.open.as_ref().map_or(0, |open| open.pickup.most_bytes()))
    }

    fn pick(&mut self, entry: u32, candidate: &Candidate<'_>) -> Option<(Pickup, bool)> {
        let (analyzers, limits) = (&self.analyzers, self.limits);
        let fits = |pickup: &Pickup| !self.pending.is_over(pickup.most_bytes());
        match &self.wanted {
            // These are all held at once, so nothing would be gained by waiting.
            Wanted::Entries(entries) => {
                let wanted = entries.contains(&entry);
                let pickup = wanted.then(|| Pickup::whole(analyzers, &[], candidate, limits))?;
                fits(&pickup).then_some((pickup, false))
            }
            Wanted::Ranges(entries) => {
                let pickup = Pickup::again(analyzers, entries.get(&entry)?, candidate, limits);
                fits(&pickup).then_some((pickup, false))
            }
            Wanted::ByAnalyzers(skip) => {
                let path = candidate.path.as_bytes();
                analyzers.matcher().find(path, &mut self.matches);
                if let Some(not_read) = &mut self.not_read {
                    let wants = |it: usize| by_table::wants(analyzers, it, candidate);
                    let all = &mut self.matches.analyzers;
                    if all.iter().any(|it| wants(*it) == Some(Wants::Look)) {
                        *not_read = not_read.saturating_add(1);
                    }
                    all.retain(|it| wants(*it) == Some(Wants::Whole));
                }
                let Matches { analyzers: interested, companion, .. } = &self.matches;
                if (interested.is_empty() && !companion) || skip.matches(path) {
                    return None;
                }
                // The one before is not what the layer leaves.
                self.held.remove(candidate.path);
                let beside = match *companion || interested.iter().any(|it| holds(analyzers, *it)) {
                    true => self.held.values().map(|it| it.file.held().len()).sum(),
                    false => 0,
                };
                let limits = PickupLimits { beside, ..limits };
                let pickup = Pickup::begin(analyzers, interested, *companion, candidate, limits);
                pickup.map(|pickup| (pickup, *companion))
            }
        }
    }
}

/// Returns whether the files of an analyzer are held until those are there that may belong to them.
fn holds(analyzers: &Analyzers, analyzer: usize) -> bool {
    analyzers.get(analyzer).is_some_and(|member| !member.companions().is_empty())
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
            let file = self.pending.hold(file);
            let of_many = |reading: &Reading| holds(&self.analyzers, reading.analyzer);
            match &self.wanted {
                Wanted::ByAnalyzers(_) if companion || readings.iter().any(of_many) => {
                    let path = file.path().clone();
                    self.held.insert(path, Collected { entry, file, readings });
                }
                Wanted::ByAnalyzers(_) | Wanted::Ranges(_) if readings.is_empty() => {}
                _ => self.finished.push(Collected { entry, file, readings }),
            }
        }
    }

    fn is_full(&self) -> bool {
        matches!(self.wanted, Wanted::ByAnalyzers(_)) && self.is_over()
    }
}
