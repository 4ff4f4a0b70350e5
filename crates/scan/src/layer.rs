//! One layer, from its stored bytes to what was found in it.

use std::collections::HashMap;
use std::sync::Arc;

use cutaway_analyze::{Analyzer, Findings, Input};
use cutaway_layerfs::{Listing, Walk, Walked, Warning};
use cutaway_model::{
    BlobStream, Decoded, DiffIdCheck, Error as ModelError, Layer, Outcome, Stored, Unpacked,
    Verified,
};
use tracing::Instrument as _;

use crate::bridge::{Job, Task, on_pool, on_task};
use crate::collect::{Collected, Collector, Wanted};
use crate::relay::{Drainer, lane};
use crate::{Error, Limits, Observer};

/// What was found in a layer whose size, digest and diffID have matched.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) stored: Stored,
    pub(crate) unpacked: Unpacked,
    pub(crate) listing: Listing,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) findings: Vec<FileFindings>,
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

/// The uncompressed bytes of a layer on their way, and what its stored bytes turn out to be.
type Stream = Decoded<Verified<BlobStream>>;

/// Reads a layer to its end, verifies it, and hands what analyzers want to the pool.
pub(crate) async fn analyze(
    layer: &Layer,
    analyzers: &'static [&'static dyn Analyzer],
    wanted: Wanted,
    limits: &Limits,
    observer: Arc<dyn Observer>,
) -> Result<Facts, Error> {
    let index = layer.index();
    observer.layer_opened(index, layer.size());
    let unpacking = layer.unpack(&limits.model).await?;
    let source = Source {
        reader: unpacking.reader,
        outcome: unpacking.outcome,
        check: layer.diff_id_check()?,
    };
    let mut dispatch = Dispatch::new(analyzers, limits.pending_bytes);
    let collector = Collector::new(wanted, limits.database_bytes);
    let progress = |stored, unpacked| observer.layer_read(index, stored, unpacked);
    let read = read(source, layer.what(), collector, &mut dispatch, limits, progress).await?;
    observer.layer_done(index);
    Ok(read.into_facts(dispatch.finish().await))
}

/// Reads a layer to its end, verifies it, and returns the bytes of some of its files.
pub(crate) async fn extract(
    layer: &Layer,
    wanted: Wanted,
    limits: &Limits,
) -> Result<Vec<Collected>, Error> {
    let unpacking = layer.unpack(&limits.model).await?;
    let source = Source {
        reader: unpacking.reader,
        outcome: unpacking.outcome,
        check: layer.diff_id_check()?,
    };
    let mut kept = Vec::new();
    let collector = Collector::new(wanted, limits.database_bytes);
    read(source, layer.what(), collector, &mut kept, limits, |_, _| {}).await?;
    Ok(kept)
}

/// A layer's uncompressed bytes, how its stored bytes turn out, and the check of its diffID.
pub(crate) struct Source {
    pub(crate) reader: Stream,
    pub(crate) outcome: Arc<Outcome>,
    pub(crate) check: DiffIdCheck,
}

/// What a layer turned out to be, before its findings are in.
#[derive(Debug)]
pub(crate) struct Read {
    stored: Stored,
    unpacked: Unpacked,
    walked: Walked,
}

impl Read {
    pub(crate) fn into_facts(self, findings: Vec<FileFindings>) -> Facts {
        let Walked { listing, warnings, .. } = self.walked;
        Facts { stored: self.stored, unpacked: self.unpacked, listing, warnings, findings }
    }
}

/// Takes the wanted files of a layer as they become complete.
pub(crate) trait Taker {
    /// Takes some files; may wait until earlier ones are done with.
    fn take(&mut self, collector: &mut Collector) -> impl Future<Output = ()> + Send;
}

impl Taker for Vec<Collected> {
    async fn take(&mut self, collector: &mut Collector) {
        self.extend(collector.take_finished());
    }
}

/// Decodes on one task and walks on this one, so that a layer alone uses two cores.
pub(crate) async fn read(
    source: Source,
    what: String,
    mut collector: Collector,
    taker: &mut impl Taker,
    limits: &Limits,
    progress: impl Fn(u64, u64),
) -> Result<Read, Error> {
    let Source { reader, outcome, mut check } = source;
    let (mut filler, mut drainer) = lane();
    let span = tracing::Span::current();
    let decode = on_task(
        async move {
            let mut reader = reader;
            match filler.pump(&mut reader).await {
                Ok(()) => Ok(()),
                Err(error) => Err(cause(error, reader).await),
            }
        }
        .instrument(span),
    );
    let mut walk = Walk::new(limits.layerfs);
    let mut unpacked = 0u64;
    while let Some(chunk) = drainer.next().await {
        check.update(&chunk);
        unpacked = unpacked.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        if let Err(source) = walk.push(&chunk, &mut collector) {
            return Err(blame(source, what, decode, drainer).await);
        }
        drainer.give_back(chunk);
        progress(outcome.read(), unpacked);
        taker.take(&mut collector).await;
    }
    decode.await.map_err(|error| ModelError::from_io(error, &what))?;
    let unpacked = check.verdict()?;
    let walked = walk
        .finish(&mut collector)
        .map_err(|source| Error::Layer { what: what.clone(), source })?;
    taker.take(&mut collector).await;
    let stored = outcome
        .stored()
        .cloned()
        .ok_or_else(|| ModelError::malformed(&what, "was not read to its end"))?;
    Ok(Read { stored, unpacked, walked })
}

/// Returns why decoding failed: bytes that are not those of the digest, where they are not, before what they decode to.
async fn cause(error: std::io::Error, reader: Stream) -> std::io::Error {
    if error.get_ref().and_then(|inner| inner.downcast_ref()).is_some_and(names_the_bytes) {
        return error;
    }
    let mut rest = reader.into_stored();
    match tokio::io::copy_buf(&mut rest, &mut tokio::io::sink()).await {
        Err(verdict)
            if verdict
                .get_ref()
                .and_then(|inner| inner.downcast_ref())
                .is_some_and(names_the_bytes) =>
        {
            verdict
        }
        _ => error,
    }
}

fn names_the_bytes(error: &ModelError) -> bool {
    matches!(
        error,
        ModelError::Digest { .. }
            | ModelError::Size { .. }
            | ModelError::Transport(_)
            | ModelError::File { .. }
    )
}

/// Returns why a walk failed: the same order of blame as [`cause`], once the layer was read to its end.
async fn blame(
    source: cutaway_layerfs::Error,
    what: String,
    decode: Task<std::io::Result<()>>,
    mut drainer: Drainer,
) -> Error {
    while let Some(chunk) = drainer.next().await {
        drainer.give_back(chunk);
    }
    match decode.await.map_err(|error| ModelError::from_io(error, &what)) {
        Err(error) if names_the_bytes(&error) => error.into(),
        _ => Error::Layer { what, source },
    }
}

/// Hands files to their analyzers and keeps what they find.
#[derive(Debug)]
pub(crate) struct Dispatch {
    analyzers: &'static [&'static dyn Analyzer],
    max_pending: u64,
    pending: u64,
    jobs: Vec<Job<FileFindings>>,
    done: Vec<FileFindings>,
    /// Files that may have a companion further on in the layer, and companions.
    held: Vec<Arc<Collected>>,
}

impl Dispatch {
    pub(crate) fn new(analyzers: &'static [&'static dyn Analyzer], max_pending: u64) -> Self {
        Self {
            analyzers,
            max_pending,
            pending: 0,
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
                self.jobs.push(job(*analyzer, position, Arc::clone(file), companion));
            }
        }
        self.settle().await;
        self.done
    }

    async fn settle(&mut self) {
        for job in std::mem::take(&mut self.jobs) {
            self.done.push(job.result().await);
        }
        self.pending = 0;
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
                    self.jobs.push(job(*analyzer, position, Arc::clone(&file), None));
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
) -> Job<FileFindings> {
    let span = tracing::debug_span!("analyzer", name = analyzer.name(), path = %file.path);
    on_pool(move || {
        let _entered = span.entered();
        let findings = findings_of(analyzer, &file, companion.as_deref());
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
) -> Findings {
    let mut findings = Findings::default();
    let companion = companion.map(|file| file.content.as_slice());
    analyzer.analyze(&Input { path: &file.path, content: &file.content, companion }, &mut findings);
    findings
}
