//! The named limits of the file view.

/// Everything that bounds the file view, each with its name in errors.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Limits {
    /// Limits of documents and streams.
    pub model: cutaway_model::Limits,
    /// Limits of layers.
    pub layerfs: cutaway_layerfs::Limits,
    /// `layers_in_flight`: how many layers are read at once.
    pub layers_in_flight: usize,
    /// `hold_bytes`: how much of a file is held back while it may still turn out to be another one. 1 MiB.
    pub hold_bytes: u64,
    /// `content_bytes`: the size of a file that is held until it is verified. 512 MiB.
    pub content_bytes: u64,
}

impl Limits {
    /// Returns the default limits, with those of documents, layers and tasks given.
    pub fn new(
        model: cutaway_model::Limits,
        layerfs: cutaway_layerfs::Limits,
        layers_in_flight: usize,
    ) -> Self {
        Self { model, layerfs, layers_in_flight, hold_bytes: 1 << 20, content_bytes: 512 << 20 }
    }
}
