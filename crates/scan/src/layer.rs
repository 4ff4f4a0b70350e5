//! One layer: what was found in it, or kept of it.

use std::sync::Arc;

use cutaway_analyze::LayerFacts;
use cutaway_files::{Contents, LayerFiles};
use cutaway_read::Reading;

use crate::digests::Digests;
use crate::dispatch::{Again, Dispatched};
use crate::hand::Taken;

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
    /// How many files were not looked into, where the layer was read by its table of contents: then nothing
    /// of it is verified.
    pub(crate) by_table: Option<u64>,
}

impl LayerRead {
    /// Takes what was made of a layer; what layers of the same bytes share is copied for all but the last.
    pub(crate) fn new(reading: Arc<Reading<Taken<Dispatched>>>) -> Self {
        let Reading { measured, listing, warnings, out, by_table } = Arc::unwrap_or_clone(reading);
        let Taken { files, contents, digests, not_read } = out;
        let Dispatched { findings, again } = files;
        let facts = LayerFacts { measured, listing, warnings, findings };
        let by_table = by_table.then_some(not_read);
        Self { facts, again, contents, digests, by_table }
    }

    /// Returns what was kept of a layer that was read before.
    pub(crate) fn of_kept(facts: LayerFacts) -> Self {
        let (contents, digests) = (Arc::default(), Arc::default());
        Self { facts, again: Vec::new(), contents, digests, by_table: None }
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
