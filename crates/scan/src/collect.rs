//! The files of a layer that somebody wants, as the walk comes past them.

use std::collections::BTreeSet;
use std::sync::Arc;

use cutaway_analyze::Analyzer;
use cutaway_layerfs::{EntryPath, Kind, Meta, Visitor};

use crate::skip::Skip;

/// Which files of a layer are wanted.
#[derive(Debug, Clone)]
pub(crate) enum Wanted {
    /// Those that an analyzer wants, and their companions.
    ByAnalyzers { analyzers: &'static [&'static dyn Analyzer], skip: Arc<Skip> },
    /// Those of these entries.
    Entries(BTreeSet<u32>),
}

/// A visitor that keeps the wanted files, each until it is taken.
#[derive(Debug)]
pub(crate) struct Collector {
    wanted: Wanted,
    max_bytes: u64,
    open: Option<Collected>,
    finished: Vec<Collected>,
    oversized: Vec<Oversized>,
}

/// A file that was wanted, with all its bytes.
#[derive(Debug)]
pub(crate) struct Collected {
    /// Its entry in the listing of the layer.
    pub(crate) entry: u32,
    /// Its path in the layer.
    pub(crate) path: EntryPath,
    /// The positions of the analyzers that want it; none for a companion.
    pub(crate) analyzers: Vec<usize>,
    /// Its bytes.
    pub(crate) content: Vec<u8>,
}

/// A file that was wanted and is larger than any database may be.
#[derive(Debug)]
pub(crate) struct Oversized {
    pub(crate) entry: u32,
    pub(crate) analyzers: Vec<usize>,
    pub(crate) size: u64,
}

impl Collector {
    pub(crate) fn new(wanted: Wanted, max_bytes: u64) -> Self {
        Self { wanted, max_bytes, open: None, finished: Vec::new(), oversized: Vec::new() }
    }

    /// Returns the files that are complete since the last call.
    pub(crate) fn take_finished(&mut self) -> Vec<Collected> {
        std::mem::take(&mut self.finished)
    }

    /// Returns the files that were too large.
    pub(crate) fn take_oversized(&mut self) -> Vec<Oversized> {
        std::mem::take(&mut self.oversized)
    }

    /// Returns who wants the entry; `None` where nobody does.
    fn readers(&self, entry: u32, path: &EntryPath) -> Option<Vec<usize>> {
        let (analyzers, skip) = match &self.wanted {
            Wanted::Entries(entries) => return entries.contains(&entry).then(Vec::new),
            Wanted::ByAnalyzers { analyzers, skip } => (analyzers, skip),
        };
        let bytes = path.as_bytes();
        let stem_of = |suffix: &str| bytes.strip_suffix(suffix.as_bytes());
        let is_companion = |analyzer: &&dyn Analyzer| {
            analyzer.companion().and_then(stem_of).is_some_and(|stem| analyzer.wants(stem))
        };
        let wanted =
            analyzers.iter().any(|analyzer| analyzer.wants(bytes) || is_companion(analyzer));
        if !wanted || skip.matches(bytes) {
            return None;
        }
        Some(
            analyzers
                .iter()
                .enumerate()
                .filter(|(_, a)| a.wants(bytes))
                .map(|(position, _)| position)
                .collect(),
        )
    }
}

impl Visitor for Collector {
    fn entry(&mut self, id: u32, path: &EntryPath, meta: &Meta) -> bool {
        if meta.kind != Kind::File {
            return false;
        }
        let Some(analyzers) = self.readers(id, path) else { return false };
        if meta.size > self.max_bytes {
            self.oversized.push(Oversized { entry: id, analyzers, size: meta.size });
            return false;
        }
        self.open =
            Some(Collected { entry: id, path: path.clone(), analyzers, content: Vec::new() });
        true
    }

    fn data(&mut self, chunk: &[u8]) {
        if let Some(open) = &mut self.open {
            open.content.extend_from_slice(chunk);
        }
    }

    fn hole(&mut self, len: u64) {
        if let Some(open) = &mut self.open {
            // The size of the whole was checked when the file was opened.
            let room = self
                .max_bytes
                .saturating_sub(u64::try_from(open.content.len()).unwrap_or(u64::MAX));
            let len = usize::try_from(len.min(room)).unwrap_or_default();
            open.content.resize(open.content.len().saturating_add(len), 0);
        }
    }

    fn end(&mut self) {
        self.finished.extend(self.open.take());
    }
}
