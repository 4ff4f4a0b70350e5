//! How many bytes the files of an image take, as programs read it: `cutaway.du/1`.

use cutaway_files::{Usage, View};
use cutaway_layerfs::EntryPath;
use cutaway_report::ImageReport;
use serde::Serialize;

/// How many bytes the files of an image take.
#[derive(Debug, Serialize)]
pub struct UsageReport {
    /// What this is, and which version of it.
    pub schema: &'static str,
    /// Which image it is.
    pub image: ImageReport,
    /// Bytes of all files in all layers.
    pub bytes: u64,
    /// Bytes of those that are visible.
    pub visible: u64,
    /// The rest.
    pub wasted: u64,
    /// By layer, oldest first.
    pub layers: Vec<LayerBytes>,
    /// By directory, sorted by path.
    pub directories: Vec<DirectoryBytes>,
    /// Copies that a layer ships and nobody sees, the largest first.
    pub hidden: Vec<HiddenBytes>,
}

/// What the files of a layer take.
#[derive(Debug, Serialize)]
pub struct LayerBytes {
    /// Its position, from 0.
    pub layer: usize,
    /// The step that made it, where the config says.
    pub created_by: Option<String>,
    /// Bytes as they are stored.
    pub size: u64,
    /// Entries of every kind.
    pub entries: u64,
    /// Bytes of content.
    pub bytes: u64,
    /// Those of files that are visible.
    pub visible: u64,
    /// The rest.
    pub wasted: u64,
}

/// What the files below a directory take.
#[derive(Debug, Serialize)]
pub struct DirectoryBytes {
    /// The path; the root is empty.
    pub path: String,
    /// Visible bytes.
    pub bytes: u64,
    /// Visible names of every kind.
    pub names: u64,
    /// Visible bytes by the layer that holds them.
    pub by_layer: Vec<u64>,
    /// Bytes of files that were here and are hidden or replaced.
    pub wasted: u64,
}

/// A copy that a layer ships and nobody sees.
#[derive(Debug, Serialize)]
pub struct HiddenBytes {
    /// Where it was.
    pub path: String,
    /// Its bytes.
    pub bytes: u64,
    /// The layer that ships it.
    pub layer: usize,
    /// The layer that hides or replaces it.
    pub hidden_by: usize,
}

impl UsageReport {
    /// Counts the bytes of an image whose layers were read: directories as deep as `depth` below `under`,
    /// and the `top` largest hidden copies.
    pub fn new(
        (image, report): (&cutaway_model::Image, ImageReport),
        view: &View,
        under: &EntryPath,
        (depth, top): (usize, usize),
    ) -> Self {
        let Usage { layers, directories, hidden } = view.usage(under, depth);
        let of_layers = image.layers().iter().zip(&layers).zip(view.layers());
        let of_layers = of_layers.map(|((layer, usage), read)| LayerBytes {
            layer: layer.index(),
            created_by: layer.history().map(|step| step.created_by.clone()),
            size: read.measured.stored.size,
            entries: usage.entries,
            bytes: usage.bytes,
            visible: usage.visible,
            wasted: usage.wasted(),
        });
        let of_layers: Vec<LayerBytes> = of_layers.collect();
        let sum = |bytes: fn(&LayerBytes) -> u64| {
            of_layers.iter().map(bytes).fold(0, u64::saturating_add)
        };
        let of_directories = directories.into_iter().map(|(path, usage)| DirectoryBytes {
            path: path.to_string_lossy().into_owned(),
            bytes: usage.bytes,
            names: usage.names,
            by_layer: usage.by_layer,
            wasted: usage.wasted,
        });
        let copies = hidden.into_iter().take(top).map(|copy| HiddenBytes {
            path: copy.path.to_string_lossy().into_owned(),
            bytes: copy.bytes,
            layer: copy.layer,
            hidden_by: copy.ended_by,
        });
        Self {
            schema: "cutaway.du/1",
            image: report,
            bytes: sum(|layer| layer.bytes),
            visible: sum(|layer| layer.visible),
            wasted: sum(|layer| layer.wasted),
            directories: of_directories.collect(),
            hidden: copies.collect(),
            layers: of_layers,
        }
    }
}
