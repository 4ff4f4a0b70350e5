//! The named limits of writing an image out.

/// Limits of what is read on the way.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Limits {
    /// Limits of documents and streams.
    pub model: cutaway_model::Limits,
    /// Limits of layers.
    pub layerfs: cutaway_layerfs::Limits,
}

impl Limits {
    /// Takes the limits of documents and of layers.
    pub fn new(model: cutaway_model::Limits, layerfs: cutaway_layerfs::Limits) -> Self {
        Self { model, layerfs }
    }
}
