//! From files that come by to their findings: each on the pool, with its companions.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use cutaway_analyze::{
    AnalyzerId, Analyzers, Budget, FileFindings, Findings, Outcome, PickedFile, Reading, Role,
};

use cutaway_layerfs::EntryPath;

use crate::Limits;
use crate::bridge::{Job, on_pool};
use crate::bundled::digests_of;
use crate::collect::{Collected, Collector, Taker};
use crate::pending::Waiting;

/// How many files of a layer wait for their analyzers, however small they are.
const MAX_JOBS: usize = 1024;

/// Hands files to their analyzers and keeps what they find.
#[derive(Debug)]
pub(crate) struct Dispatch {
    analyzers: Analyzers,
    budget: Budget,
    /// The most that the records of one file may weigh, and what is left for all of them.
    record_bytes: u64,
    max_records: u64,
    jobs: Vec<Job<Read>>,
    done: Vec<(usize, FileFindings)>,
    again: Vec<Again>,
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
    pub(crate) fn new(analyzers: &Analyzers, budget: &Budget, limits: &Limits) -> Self {
        Self {
            analyzers: analyzers.clone(),
            budget: budget.clone(),
            record_bytes: limits.record_bytes,
            max_records: limits.record_bytes,
            jobs: Vec::new(),
            done: Vec::new(),
            again: Vec::new(),
        }
    }

    fn start(
        &mut self,
        entry: u32,
        file: Arc<Waiting>,
        reading: Reading,
        companions: Vec<Option<(u32, Arc<Waiting>)>>,
    ) {
        let (analyzers, analyzer) = (self.analyzers.clone(), reading.analyzer);
        let (budget, record_bytes) = (self.budget.clone(), self.record_bytes);
        let name = analyzers.get(analyzer).map(|member| member.id().to_string());
        let span = tracing::debug_span!("analyzer", name, path = %file.path());
        self.jobs.push(on_pool(move || {
            let _entered = span.entered();
            let mut findings = Findings::within(budget, record_bytes);
            let bytes: Vec<Option<&PickedFile>> =
                companions.iter().map(|it| it.as_ref().map(|(_, file)| &***file)).collect();
            let outcome = reading.read(&analyzers, &file, &bytes, &mut findings);
            settle_records(&mut findings);
            let is_artifact = analyzers.get(analyzer).is_some_and(|it| it.role() == Role::Artifact);
            if let Some(content) =
                file.held().all().filter(|_| is_artifact && !findings.packages().is_empty())
            {
                findings.set_digests(&digests_of(content));
            }
            let companions =
                companions.iter().map(|it| it.as_ref().map(|(entry, _)| *entry)).collect();
            Read { analyzer, file: FileFindings { entry, companions, findings }, outcome }
        }));
    }

    async fn settle(&mut self) {
        for job in std::mem::take(&mut self.jobs) {
            let Read { analyzer, mut file, outcome } = job.result().await;
            match outcome {
                // The run ends with that, and nothing more is held for it.
                _ if self.budget.is_overspent() => {}
                // An artefact that says nothing takes no room.
                Outcome::Done if file.findings.is_empty() && self.is_artifact(analyzer) => {}
                Outcome::Done => {
                    self.count_records(&mut file.findings);
                    self.done.push((analyzer, file));
                }
                Outcome::Again { ranges } => {
                    self.again.push(Again { analyzer, entry: file.entry, ranges });
                }
            }
        }
    }

    fn is_artifact(&self, analyzer: usize) -> bool {
        self.analyzers.get(analyzer).is_some_and(|member| member.role() == Role::Artifact)
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
        for Collected { entry, file, readings } in collector.take_finished() {
            let file = Arc::new(file);
            for reading in readings {
                self.start(entry, Arc::clone(&file), reading, Vec::new());
            }
        }
        if collector.is_over() || self.jobs.len() >= MAX_JOBS {
            self.settle().await;
        }
    }

    /// Pairs the files that were held back, and waits for all findings.
    async fn finish(mut self, held: Vec<Collected>) -> Dispatched {
        let held: Vec<_> =
            held.into_iter().map(|it| (it.entry, Arc::new(it.file), it.readings)).collect();
        let by_path: HashMap<EntryPath, (u32, Arc<Waiting>)> = held
            .iter()
            .map(|(entry, file, _)| (file.path().clone(), (*entry, Arc::clone(file))))
            .collect();
        for (entry, file, readings) in held {
            for mut reading in readings {
                let Some(member) = self.analyzers.get(reading.analyzer) else { continue };
                let companions = member.companions().iter().map(|companion| {
                    let path = companion.path_of(file.path().as_bytes());
                    by_path.get(path.as_slice()).cloned()
                });
                let mut companions: Vec<_> = companions.collect();
                if let Some((_, lost)) = companions.iter().flatten().find(|it| it.1.is_lost()) {
                    reading = Reading::without_companion(reading.analyzer, lost);
                }
                for companion in &mut companions {
                    companion.take_if(|(_, file)| file.held().is_empty() && !file.is_lost());
                }
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
