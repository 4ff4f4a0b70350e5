//! Who goes along with the reading of a layer: files are picked up, and contents told apart and hashed.

use std::ops::ControlFlow;
use std::sync::Arc;

use cutaway_analyze::Budget;
use cutaway_files::Contents;
use cutaway_layerfs::{EntryPath, Meta, Visitor};
use cutaway_model::Layer;
use cutaway_read::{LayerReader, Progress};

use crate::collect::{Collected, Collector, Taker, Wanted};
use crate::digests::Digests;
use crate::dispatch::Dispatch;
use crate::pending::Pending;
use crate::skip::Skip;
use crate::{Error, Options};

/// Reads a layer to its end, verifies it, and returns the bytes of some of its files: those for which
/// `pending` has room.
pub(crate) async fn extract(
    layer: &Layer,
    wanted: Wanted,
    pending: &Pending,
    options: &Options,
) -> Result<Vec<Collected>, Error> {
    let reader = |_: &_| Hand::new(wanted.clone(), Vec::new(), pending, options);
    Ok(cutaway_read::layer(layer, reader, &options.read).await?.out.files)
}

/// What was taken of a layer beside its listing.
#[derive(Debug, Clone)]
pub(crate) struct Taken<T> {
    /// What the taker made of the files.
    pub(crate) files: T,
    /// What tells the contents of files apart, where that was asked for.
    pub(crate) contents: Arc<Contents>,
    /// The digests of all files, where they are compared with what packages record.
    pub(crate) digests: Arc<Digests>,
    /// How many files would have had to be looked into, in a layer that was read by its table of contents.
    pub(crate) not_read: u64,
}

/// Goes along with a layer: the collector picks files up, the taker takes them away.
pub(crate) struct Hand<T> {
    collector: Collector,
    /// Whether the collector wants the entry that comes by.
    wanted: bool,
    contents: Option<Contents>,
    digests: Option<Digests>,
    taker: T,
}

impl<T> Hand<T> {
    fn new(wanted: Wanted, taker: T, pending: &Pending, options: &Options) -> Self {
        let Options { analyzers, limits, .. } = options;
        let (analyzers, pending) = (analyzers.clone(), pending.clone());
        let collector = Collector::new(wanted, analyzers, limits.pickup(), pending);
        Self { collector, wanted: false, contents: None, digests: None, taker }
    }
}

impl Hand<Dispatch> {
    /// Hands what analyzers want to the pool.
    pub(crate) fn to_analyzers(
        options: &Options,
        skip: &Arc<Skip>,
        budget: &Budget,
        pending: &Pending,
    ) -> Self {
        let Options { analyzers, limits, .. } = options;
        let taker = Dispatch::new(analyzers, budget, limits);
        let compares = analyzers.read_records();
        Self {
            contents: options.fingerprints.clone().map(Contents::new),
            digests: compares.then(|| Digests::new(limits.hole_bytes)),
            ..Self::new(Wanted::ByAnalyzers(Arc::clone(skip)), taker, pending, options)
        }
    }
}

impl<T: Taker> LayerReader for Hand<T> {
    type Out = Taken<T::Out>;

    fn by_table(&mut self) {
        self.collector.by_table();
    }

    async fn pause(&mut self, _: Progress) -> ControlFlow<()> {
        self.taker.take(&mut self.collector).await;
        ControlFlow::Continue(())
    }

    async fn finish(mut self) -> Self::Out {
        self.taker.take(&mut self.collector).await;
        let mut digests = self.digests.unwrap_or_default();
        digests.shrink();
        let not_read = self.collector.not_read();
        Taken {
            files: self.taker.finish(self.collector.into_held()).await,
            contents: Arc::new(self.contents.unwrap_or_default()),
            digests: Arc::new(digests),
            not_read,
        }
    }
}

impl<T> Visitor for Hand<T> {
    fn entry(&mut self, id: u32, path: &EntryPath, meta: &Meta) -> bool {
        self.wanted = self.collector.entry(id, path, meta);
        let told_apart = self.contents.as_mut().is_some_and(|all| all.begin(id, meta.kind));
        let hashed = self.digests.as_mut().is_some_and(|all| all.begin(id, meta.kind, meta.mode));
        told_apart || hashed || self.wanted
    }

    fn data(&mut self, chunk: &[u8]) {
        if self.wanted {
            self.collector.data(chunk);
        }
        if let Some(contents) = &mut self.contents {
            contents.add(chunk);
        }
        if let Some(digests) = &mut self.digests {
            digests.add(chunk);
        }
    }

    fn hole(&mut self, len: u64) {
        if self.wanted {
            self.collector.hole(len);
        }
        if let Some(contents) = &mut self.contents {
            contents.skip(len);
        }
        if let Some(digests) = &mut self.digests {
            digests.skip(len);
        }
    }

    fn end(&mut self) {
        if self.wanted {
            self.collector.end();
        }
        if let Some(contents) = &mut self.contents {
            contents.end();
        }
        if let Some(digests) = &mut self.digests {
            digests.end();
        }
    }

    fn is_full(&self) -> bool {
        self.wanted && self.collector.is_full()
    }
}
