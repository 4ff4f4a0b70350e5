//! What a caller decides about reading.

use std::fmt;
use std::sync::Arc;

use cutaway_layerfs::{Budget, Meta};
use cutaway_model::Windows;

use crate::{Observer, Silent};

/// How layers are read.
#[derive(Debug, Clone)]
pub struct Options {
    /// The limits.
    pub limits: Limits,
    /// Who is told how far layers are read.
    pub observer: Arc<dyn Observer>,
    /// What all that is held of what is read with these options is paid from: as long as it is held, so that
    /// one image can be read after the other.
    pub budget: Budget,
    /// The large zstd windows of all layers that are read with these options.
    pub windows: Windows,
    /// Who waits for whom.
    pub pace: Pace,
    /// Whether layers that have a table of contents are read by it, where their source gives parts of them:
    /// what is read so is not verified. None reads all of every layer.
    pub tables: Option<Tables>,
}

/// How layers that are open at once are decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// Beside each other, each up to 1 MiB ahead of who walks it.
    Beside,
    /// For one that is walked while the others wait for it: each up to 8 MiB ahead, and on a thread of its
    /// own, so that the one that all wait for is held up by nothing else.
    InTurn,
}

impl Pace {
    /// Returns how many stored bytes are copied before they are sent to be hashed: where one is walked at a
    /// time, waking its walker costs more than the memory.
    pub(crate) fn copied_at_once(self) -> usize {
        match self {
            Self::Beside => 64 << 10,
            Self::InTurn => 256 << 10,
        }
    }
}

impl Options {
    /// Reads within `limits` and tells nobody how far.
    pub fn new(limits: Limits) -> Self {
        let (budget, windows) = (Budget::new(limits.held_bytes), Windows::one_at_a_time());
        Self {
            limits,
            observer: Arc::new(Silent),
            budget,
            windows,
            pace: Pace::Beside,
            tables: None,
        }
    }

    /// Has layers decoded for one that is walked while the others wait. None of them may wait for another's
    /// large window then.
    #[must_use]
    pub fn in_turn(mut self) -> Self {
        (self.windows, self.pace) = (Windows::unbounded(), Pace::InTurn);
        self
    }

    /// Has layers read by their tables of contents.
    #[must_use]
    pub fn by_tables(mut self, tables: Tables) -> Self {
        self.tables = Some(tables);
        self
    }

    /// Has `observer` told how far layers are read.
    #[must_use]
    pub fn observed(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = observer;
        self
    }
}

/// Has layers read by their tables.
#[derive(Clone)]
pub struct Tables {
    /// Tells whether the content of an entry will be wanted, by its name and what is said about it, so that
    /// neighbours are asked for at once. What is wanted all the same is asked for by itself.
    pub likely: Arc<Likely>,
}

/// Tells of an entry, by its name and what is said about it, whether its content will be wanted.
pub type Likely = dyn Fn(&[u8], &Meta) -> bool + Send + Sync;

impl fmt::Debug for Tables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tables").finish_non_exhaustive()
    }
}

/// The named limits of reading.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Limits {
    /// Limits of documents and streams.
    pub model: cutaway_model::Limits,
    /// Limits of layers.
    pub layerfs: cutaway_layerfs::Limits,
    /// `layers_in_flight`: how many layers are read at once. One more than there are cores, at most 16,
    /// so that one can wait for its source.
    pub layers_in_flight: usize,
    /// `held_bytes`: what is held of an image together, in listings, trees and findings, beside 200 bytes for
    /// each entry and 400 for each package. 32 MiB.
    pub held_bytes: u64,
    /// `archive_layers`: how many different members of an archive that passes once are kept as what may
    /// be layers, until the documents tell. 10,000.
    pub archive_layers: u64,
    /// Limits of tables of contents; `entries` is that of layers.
    pub toc: cutaway_toc::Limits,
    /// `layer_hold_bytes`: how much of a layer is held back, where it is handed on as it is read, while
    /// what comes later in it may yet take away what came before. 8 MiB.
    pub layer_hold_bytes: u64,
}

impl Limits {
    /// Returns the default limits for a machine of `cores` cores.
    pub fn for_cores(cores: usize) -> Self {
        Self {
            model: cutaway_model::Limits::default(),
            layerfs: cutaway_layerfs::Limits::default(),
            layers_in_flight: cores.saturating_add(1).min(16),
            held_bytes: 32 << 20,
            archive_layers: 10_000,
            toc: cutaway_toc::Limits::default(),
            layer_hold_bytes: 8 << 20,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::for_cores(std::thread::available_parallelism().map_or(1, std::num::NonZero::get))
    }
}
