//! What one layer says, as a value that can be kept and used again.

use std::collections::BTreeMap;
use std::sync::Arc;

use cutaway_layerfs::{Listing, Warning};
use cutaway_model::{DiffId, Measured};

use crate::{AnalyzerId, Findings};

/// What a layer says whose size, digest and diffID have matched: what an image's report is made of.
///
/// It depends on the bytes of the layer, the analyzers, the limits and the patterns of what was left
/// out, and on nothing else. It comes apart into [`Part`]s, each encoded by itself
/// ([`LayerFacts::encode`]), so that a new version of one analyzer makes nothing else void.
#[derive(Debug, Clone)]
pub struct LayerFacts {
    /// What the layer was found to be.
    pub measured: Measured,
    /// Its entries and what it hides.
    pub listing: Arc<Listing>,
    /// What is odd about it.
    pub warnings: Vec<Warning>,
    /// What was found in its files, by analyzer and entry.
    pub findings: BTreeMap<AnalyzerId, Vec<FileFindings>>,
}

/// What one analyzer found in one file.
#[derive(Debug, Clone, PartialEq)]
pub struct FileFindings {
    /// The entry of the file in the listing of the layer.
    pub entry: u32,
    /// The entries of the companions that were read with it, in the order in which the analyzer names
    /// them; none for what was not in the layer or empty.
    pub companions: Vec<Option<u32>>,
    /// What was found.
    pub findings: Findings,
}

/// A part of the facts of a layer, which is encoded by itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The listing, with what the layer was found to be and what is odd about it.
    Listing,
    /// What one analyzer found.
    Analyzer(AnalyzerId),
}

impl LayerFacts {
    /// Returns the diffID of the layer.
    pub fn diff_id(&self) -> &DiffId {
        &self.measured.unpacked.diff_id
    }

    /// Returns whether all that analyzers wanted to read was read. Facts that are incomplete are not
    /// kept: another run may do better.
    pub fn is_complete(&self) -> bool {
        self.findings.values().flatten().all(|file| !file.findings.incomplete())
    }
}
