//! What each layer of an image did to its files, as programs read it: `cutaway.tree-by-layer/1`.

use cutaway_files::View;
use cutaway_report::ImageReport;
use serde::Serialize;

use crate::{LayerChanges, deeds};

/// What each layer of an image did to its files.
#[derive(Debug, Serialize)]
pub struct LayerTree {
    /// What this is, and which version of it.
    pub schema: &'static str,
    /// Which image it is.
    pub image: ImageReport,
    /// The layers that were asked for, oldest first.
    pub layers: Vec<LayerFiles>,
}

/// What a layer did to the files of an image.
#[derive(Debug, Serialize)]
pub struct LayerFiles {
    /// Its position, from 0.
    pub layer: usize,
    /// The step that made it, where the config says.
    pub created_by: Option<String>,
    /// The paths.
    #[serde(flatten)]
    pub files: LayerChanges,
}

impl LayerTree {
    /// Lists what the layers did whose positions are `wanted`.
    pub fn new(
        (image, report): (&cutaway_model::Image, ImageReport),
        view: &View,
        wanted: impl Fn(usize) -> bool,
    ) -> Self {
        let mut all = deeds(view, true);
        let layers = image.layers().iter().filter(|layer| wanted(layer.index()));
        let layers = layers.map(|layer| LayerFiles {
            layer: layer.index(),
            created_by: layer.history().map(|step| step.created_by.clone()),
            files: all.remove(&layer.index()).unwrap_or_default().1,
        });
        let layers = layers.collect();
        Self { schema: "cutaway.tree-by-layer/1", image: report, layers }
    }
}
