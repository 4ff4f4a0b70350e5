//! From files that come by to their findings: each on the pool, with its companions.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cutaway_analyze::{
    AnalyzerId, Analyzers, Budget, FileFindings, Findings, Outcome, PickedFile, Reading,
};

use crate::Limits;
use crate::bridge::{Job, on_pool};
use crate::collect::{Collected, Collector, Taker};

/// How many bytes of files wait for an analyzer, of all layers of a run, and how many may.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    now: Arc<AtomicU64>,
    max: u64,
}

impl Pending {
    pub(crate) fn new(max: u64) -> Self {
        Self { now: Arc::default(), max }
    }

    fn take(&self, bytes: u64) {
        self.now.fetch_add(bytes, Ordering::Relaxed);
    }

    fn give_back(&self, bytes: u64) {
        self.now.fetch_sub(bytes, Ordering::Relaxed);
    }

    fn is_over(&self) -> bool {
        self.now.load(Ordering::Relaxed) > self.max
    }
}

/// A layer that is given up in the middle gives back what it holds.
impl Drop for Dispatch {
    fn drop(&mut self) {
        self.pending.give_back(self.own);
    }
}

/// Hands files to their analyzers and keeps what they find.
#[derive(Debug)]
pub(crate) struct Dispatch {
    analyzers: Analyzers,
    budget: Budget,
    pending: Pending,
    /// What waits of this layer.
    own: u64,
    /// The most that the records of one file may weigh, and what is left for all of them.
    record_bytes: u64,
    max_records: u64,
    jobs: Vec<Job<Read>>,
    done: Vec<(usize, FileFindings)>,
    again: Vec<Again>,
    /// Files that may have a companion further on in the layer, and companions.
    held: Vec<(u32, Arc<PickedFile>, Vec<Reading>)>,
}

/// What an analyzer made of a file.
#[derive(Debug)]
struct Read {
    analyzer: usize,
    file: FileFindings,
    outcome: Outcome,
}

/// A file of which an analyzer needs parts that were not held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Again {
    /// The position of the analyzer.
    pub(crate) analyzer: usize,
    /// The entry of the file.
    pub(crate) entry: u32,
    /// The parts.
    pub(crate) ranges: Vec<Range<u64>>,
}

/// What was found in a layer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Dispatched {
    /// By analyzer.
    pub(crate) findings: BTreeMap<AnalyzerId, Vec<FileFindings>>,
    /// The files of which analyzers need more than was held.
    pub(crate) again: Vec<Again>,
}

impl Dispatch {
    pub(crate) fn new(
        analyzers: &Analyzers,
        budget: &Budget,
        pending: &Pending,
        limits: &Limits,
    ) -> Self {
        Self {
            analyzers: analyzers.clone(),
            budget: budget.clone(),
            pending: pending.clone(),
            own: 0,
            record_bytes: limits.record_bytes,
            max_records: limits.record_bytes,
            jobs: Vec::new(),
            done: Vec::new(),
            again: Vec::new(),
            held: Vec::new(),
        }
    }

    fn start(
        &mut self,
        entry: u32,
        file: Arc<PickedFile>,
        reading: Reading,
        companions: Vec<Option<(u32, Arc<PickedFile>)>>,
    ) {
        let (analyzers, analyzer) = (self.analyzers.clone(), reading.analyzer);
        let (budget, record_bytes) = (self.budget.clone(), self.record_bytes);
        let name = analyzers.get(analyzer).map(|member| member.id().to_string());
        let span = tracing::debug_span!("analyzer", name, path = %file.path());
        self.jobs.push(on_pool(move || {
            let _entered = span.entered();
            let mut findings = Findings::within(budget, record_bytes);
            let bytes: Vec<Option<&PickedFile>> =
                companions.iter().map(|it| it.as_ref().map(|(_, file)| &**file)).collect();
            let outcome = reading.read(&analyzers, &file, &bytes, &mut findings);
            settle_records(&mut findings);
            let companions =
                companions.iter().map(|it| it.as_ref().map(|(entry, _)| *entry)).collect();
            Read { analyzer, file: FileFindings { entry, companions, findings }, outcome }
        }));
    }

    async fn settle(&mut self) {
        for job in std::mem::take(&mut self.jobs) {
            let Read { analyzer, mut file, outcome } = job.result().await;
            match outcome {
                Outcome::Done => {
                    self.count_records(&mut file.findings);
                    self.done.push((analyzer, file));
                }
                Outcome::Again { ranges } => {
                    self.again.push(Again { analyzer, entry: file.entry, ranges });
                }
            }
        }
        self.pending.give_back(std::mem::take(&mut self.own));
    }

    /// Counts the records of files against their limit, and lets go of those that go over it.
    fn count_records(&mut self, findings: &mut Findings) {
        let bytes = u64::try_from(findings.files.weight()).unwrap_or(u64::MAX);
        match self.max_records.checked_sub(bytes) {
            Some(left) => self.max_records = left,
            None => findings.let_go_of_files(),
        }
    }
}

/// Says so where the records of one file went over their limit.
pub(crate) fn settle_records(findings: &mut Findings) {
    if findings.files.is_over() {
        findings.let_go_of_files();
    }
}

impl Taker for Dispatch {
    type Out = Dispatched;

    async fn take(&mut self, collector: &mut Collector) {
        for Collected { entry, file, readings, companion } in collector.take_finished() {
            let file = Arc::new(file);
            let has_companions = |reading: &Reading| {
                let member = self.analyzers.get(reading.analyzer);
                member.is_some_and(|member| !member.companions().is_empty())
            };
            if companion || readings.iter().any(has_companions) {
                self.held.push((entry, file, readings));
                continue;
            }
            self.own = self.own.saturating_add(file.held().len());
            self.pending.take(file.held().len());
            for reading in readings {
                self.start(entry, Arc::clone(&file), reading, Vec::new());
            }
        }
        if self.pending.is_over() {
            self.settle().await;
        }
    }

    /// Pairs the files that were held back, and waits for all findings.
    async fn finish(mut self) -> Dispatched {
        let held = std::mem::take(&mut self.held);
        let by_path: HashMap<Vec<u8>, (u32, Arc<PickedFile>)> = held
            .iter()
            .map(|(entry, file, _)| (file.path().as_bytes().to_vec(), (*entry, Arc::clone(file))))
            .collect();
        for (entry, file, readings) in held {
            for reading in readings {
                let Some(member) = self.analyzers.get(reading.analyzer) else { continue };
                let companions = member.companions().iter().map(|companion| {
                    let path = [file.path().as_bytes(), companion.suffix.as_bytes()].concat();
                    by_path.get(&path).filter(|(_, file)| !file.held().is_empty()).cloned()
                });
                let companions = companions.collect();
                self.start(entry, Arc::clone(&file), reading, companions);
            }
        }
        self.settle().await;
        let mut findings: BTreeMap<AnalyzerId, Vec<FileFindings>> = BTreeMap::new();
        for (analyzer, file) in std::mem::take(&mut self.done) {
            let Some(member) = self.analyzers.get(analyzer) else { continue };
            findings.entry(member.id().clone()).or_default().push(file);
        }
        for files in findings.values_mut() {
            files.sort_by(|a, b| (a.entry, &a.companions).cmp(&(b.entry, &b.companions)));
        }
        Dispatched { findings, again: std::mem::take(&mut self.again) }
    }
}
