//! One layer, from its stored bytes to what was found in it.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use cutaway_analyze::{Analyzer, FileRecords, Findings, Input};
use cutaway_files::{
    Companion, Contents, Fingerprints, LayerFiles, Measured, Progress, ReadError, Source,
};
use cutaway_layerfs::{EntryPath, Listing, Meta, Visitor, Walked, Warning};
use cutaway_model::{Error as ModelError, Layer};

use crate::bridge::{Job, on_pool};
use crate::collect::{Collected, Collector, Wanted};
use crate::digests::Digests;
use crate::{Error, Limits, Observer};

/// What was found in a layer whose size, digest and diffID have matched.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) measured: Measured,
    pub(crate) listing: Listing,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) findings: Vec<FileFindings>,
    /// What tells the contents of files apart, where that was asked for.
    pub(crate) contents: Arc<Contents>,
    /// The digests of all files, where they are compared with what packages record.
    pub(crate) digests: Arc<Digests>,
}

/// What is taken of the content of every file.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    contents: Option<Contents>,
    digests: Option<Digests>,
}

impl Taken {
    pub(crate) fn new(
        fingerprints: Option<Fingerprints>,
        analyzers: &[&'static dyn Analyzer],
        limits: &Limits,
    ) -> Self {
        let compares = analyzers.iter().any(|analyzer| analyzer.reads_files());
        Self {
            contents: fingerprints.map(Contents::new),
            digests: compares.then(|| Digests::new(limits.hole_bytes)),
        }
    }

    fn begin(&mut self, entry: u32, meta: &Meta) -> bool {
        let told_apart = self.contents.as_mut().is_some_and(|all| all.begin(entry, meta.kind));
        let hashed =
            self.digests.as_mut().is_some_and(|all| all.begin(entry, meta.kind, meta.mode));
        hashed || told_apart
    }
}

/// What one analyzer found in one file.
#[derive(Debug, Clone)]
pub(crate) struct FileFindings {
    /// The position of the analyzer.
    pub(crate) analyzer: usize,
    /// The entry of the file in the layer's listing.
    pub(crate) entry: u32,
    /// The entry of the companion that was read with it.
    pub(crate) companion: Option<u32>,
    pub(crate) findings: Findings,
}

impl Facts {
    pub(crate) fn new(
        measured: Measured,
        walked: Walked,
        taken: Taken,
        findings: Vec<FileFindings>,
    ) -> Self {
        let Walked { listing, warnings, .. } = walked;
        let contents = Arc::new(taken.contents.unwrap_or_default());
        let mut digests = taken.digests.unwrap_or_default();
        digests.shrink();
        let digests = Arc::new(digests);
        Self { measured, listing, warnings, findings, contents, digests }
    }

    /// Returns the files of the layer, for a view of them.
    pub(crate) fn files(&self) -> LayerFiles {
        LayerFiles {
            measured: self.measured.clone(),
            listing: Arc::new(self.listing.clone()),
            warnings: self.warnings.clone(),
            contents: Arc::clone(&self.contents),
        }
    }
}

/// Reads a layer to its end, verifies it, and hands what analyzers want to the pool.
///
/// A layer whose stored bytes are wrong is read again where it may be had right elsewhere.
pub(crate) async fn analyze(
    layer: &Layer,
    analyzers: &'static [&'static dyn Analyzer],
    wanted: Wanted,
    fingerprints: Option<Fingerprints>,
    limits: &Limits,
    observer: Arc<dyn Observer>,
) -> Result<Facts, Error> {
    loop {
        let (wanted, fingerprints) = (wanted.clone(), fingerprints.clone());
        let read = analyze_once(layer, analyzers, wanted, fingerprints, limits, &observer).await;
        match &read {
            Err(Error::Model(error)) if layer.report_bad_bytes(error).await => {}
            _ => return read,
        }
    }
}

async fn analyze_once(
    layer: &Layer,
    analyzers: &'static [&'static dyn Analyzer],
    wanted: Wanted,
    fingerprints: Option<Fingerprints>,
    limits: &Limits,
    observer: &Arc<dyn Observer>,
) -> Result<Facts, Error> {
    let index = layer.index();
    observer.layer_opened(index, layer.size());
    let source = Source::open(layer, &limits.model).await?;
    let mut dispatch = Dispatch::new(analyzers, limits);
    let collector = Collector::new(wanted, limits.database_bytes);
    let progress = |Progress { stored, unpacked }| observer.layer_read(index, stored, unpacked);
    let taken = Taken::new(fingerprints, analyzers, limits);
    let (measured, walked, taken) =
        read(source, collector, taken, &mut dispatch, limits, progress).await?;
    observer.layer_done(index);
    Ok(Facts::new(measured, walked, taken, dispatch.finish().await))
}

/// Reads a layer to its end, verifies it, and returns the bytes of some of its files.
pub(crate) async fn extract(
    layer: &Layer,
    wanted: Wanted,
    limits: &Limits,
) -> Result<Vec<Collected>, Error> {
    let source = Source::open(layer, &limits.model).await?;
    let mut kept = Vec::new();
    let collector = Collector::new(wanted, limits.database_bytes);
    read(source, collector, Taken::default(), &mut kept, limits, |_| {}).await?;
    Ok(kept)
}

/// Takes the wanted files of a layer as they become complete.
pub(crate) trait Taker: Send {
    /// Takes some files; may wait until earlier ones are done with.
    fn take(&mut self, collector: &mut Collector) -> impl Future<Output = ()> + Send;
}

impl Taker for Vec<Collected> {
    async fn take(&mut self, collector: &mut Collector) {
        self.extend(collector.take_finished());
    }
}

/// Walks over a layer and hands the wanted files on.
pub(crate) async fn read(
    source: Source,
    collector: Collector,
    taken: Taken,
    taker: &mut impl Taker,
    limits: &Limits,
    progress: impl Fn(Progress) + Send,
) -> Result<(Measured, Walked, Taken), ReadError> {
    let what = source.what().to_owned();
    let mut hand = Hand { collector, wanted: false, taken, taker, progress };
    let read = source.walk(limits.layerfs, &mut hand).await?;
    hand.taker.take(&mut hand.collector).await;
    let (measured, walked) =
        read.ok_or_else(|| ModelError::malformed(what, "was not read to its end"))?;
    Ok((measured, walked, hand.taken))
}

/// Goes along with a layer: the collector picks files up, the taker takes them away.
struct Hand<'t, T, P> {
    collector: Collector,
    /// Whether the collector wants the entry that comes by.
    wanted: bool,
    taken: Taken,
    taker: &'t mut T,
    progress: P,
}

impl<T, P> Visitor for Hand<'_, T, P> {
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

impl<T: Taker, P: Fn(Progress) + Send> Companion for Hand<'_, T, P> {
    async fn pause(&mut self, progress: Progress) -> ControlFlow<()> {
        (self.progress)(progress);
        self.taker.take(&mut self.collector).await;
        ControlFlow::Continue(())
    }
}

/// Hands files to their analyzers and keeps what they find.
#[derive(Debug)]
pub(crate) struct Dispatch {
    analyzers: &'static [&'static dyn Analyzer],
    max_pending: u64,
    pending: u64,
    /// The most that the records of one file may weigh, and what is left for all of them.
    record_bytes: u64,
    max_records: u64,
    jobs: Vec<Job<FileFindings>>,
    done: Vec<FileFindings>,
    /// Files that may have a companion further on in the layer, and companions.
    held: Vec<Arc<Collected>>,
}

impl Dispatch {
    pub(crate) fn new(analyzers: &'static [&'static dyn Analyzer], limits: &Limits) -> Self {
        Self {
            analyzers,
            max_pending: limits.pending_bytes,
            pending: 0,
            record_bytes: limits.record_bytes,
            max_records: limits.record_bytes,
            jobs: Vec::new(),
            done: Vec::new(),
            held: Vec::new(),
        }
    }

    /// Pairs the files that were held back, and waits for all findings.
    pub(crate) async fn finish(mut self) -> Vec<FileFindings> {
        let held = std::mem::take(&mut self.held);
        let by_path: HashMap<&[u8], &Arc<Collected>> =
            held.iter().map(|file| (file.path.as_bytes(), file)).collect();
        for file in &held {
            for &position in &file.analyzers {
                let Some(analyzer) = self.analyzers.get(position) else { continue };
                let companion = analyzer.companion().and_then(|suffix| {
                    by_path
                        .get([file.path.as_bytes(), suffix.as_bytes()].concat().as_slice())
                        .map(|file| Arc::clone(file))
                });
                let companion = companion.filter(|companion| !companion.content.is_empty());
                let file = Arc::clone(file);
                self.jobs.push(job(*analyzer, position, file, companion, self.record_bytes));
            }
        }
        self.settle().await;
        self.done
    }

    async fn settle(&mut self) {
        for job in std::mem::take(&mut self.jobs) {
            let mut file = job.result().await;
            self.count_records(&mut file.findings);
            self.done.push(file);
        }
        self.pending = 0;
    }

    /// Counts the records of files against their limit, and lets go of those that go over it.
    fn count_records(&mut self, findings: &mut Findings) {
        let bytes = u64::try_from(findings.files.weight()).unwrap_or(u64::MAX);
        match self.max_records.checked_sub(bytes) {
            Some(left) => self.max_records = left,
            None => let_go(findings),
        }
    }
}

impl Taker for Dispatch {
    async fn take(&mut self, collector: &mut Collector) {
        for oversized in collector.take_oversized() {
            for analyzer in oversized.analyzers {
                let mut findings = Findings::default();
                findings.error(
                    "database-too-large",
                    format!("the file has {} bytes, over the limit database_bytes", oversized.size),
                );
                self.done.push(FileFindings {
                    analyzer,
                    entry: oversized.entry,
                    companion: None,
                    findings,
                });
            }
        }
        for file in collector.take_finished() {
            let file = Arc::new(file);
            let companions = |position: &usize| {
                self.analyzers.get(*position).is_some_and(|a| a.companion().is_some())
            };
            if file.analyzers.is_empty() || file.analyzers.iter().any(companions) {
                self.held.push(file);
                continue;
            }
            self.pending =
                self.pending.saturating_add(u64::try_from(file.content.len()).unwrap_or(u64::MAX));
            for &position in &file.analyzers {
                if let Some(analyzer) = self.analyzers.get(position) {
                    let file = Arc::clone(&file);
                    self.jobs.push(job(*analyzer, position, file, None, self.record_bytes));
                }
            }
        }
        if self.pending > self.max_pending {
            self.settle().await;
        }
    }
}

fn job(
    analyzer: &'static dyn Analyzer,
    position: usize,
    file: Arc<Collected>,
    companion: Option<Arc<Collected>>,
    record_bytes: u64,
) -> Job<FileFindings> {
    let span = tracing::debug_span!("analyzer", name = analyzer.name(), path = %file.path);
    on_pool(move || {
        let _entered = span.entered();
        let findings = findings_of(analyzer, &file, companion.as_deref(), record_bytes);
        FileFindings {
            analyzer: position,
            entry: file.entry,
            companion: companion.map(|file| file.entry),
            findings,
        }
    })
}

/// Lets an analyzer read a file.
pub(crate) fn findings_of(
    analyzer: &dyn Analyzer,
    file: &Collected,
    companion: Option<&Collected>,
    record_bytes: u64,
) -> Findings {
    let mut findings = nothing_yet(record_bytes);
    let companion = companion.map(|file| file.content.as_slice());
    analyzer.analyze(&Input { path: &file.path, content: &file.content, companion }, &mut findings);
    if findings.files.is_over() {
        let_go(&mut findings);
    }
    findings
}

/// Returns what is found in a file that has nothing in it.
pub(crate) fn nothing_yet(record_bytes: u64) -> Findings {
    let files = FileRecords::within(usize::try_from(record_bytes).unwrap_or(usize::MAX));
    Findings { files, ..Findings::default() }
}

/// Lets go of what is said of files, since there is too much of it.
fn let_go(findings: &mut Findings) {
    findings.files = FileRecords::default();
    findings.error(
        "file-records-over-limit",
        "what is recorded of files takes the layer over the limit record_bytes".to_owned(),
    );
}
