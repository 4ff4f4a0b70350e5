//! What documents say of an image or an artifact, laid side by side without being held to each other.
//!
//! An [`Image`](crate::Image) exists only where manifest and config agree. To look at what does not,
//! and at what is no image at all, there is this.

use std::sync::Arc;

use cutaway_ref::{Digest, Platform};

use crate::open::{Chosen, choose, read_config};
use crate::{Blobs, Config, Descriptor, DiffId, Error, History, Limits, Remark, Stated, chain_ids};

/// The documents of an image or an artifact, by the position of its layers.
#[derive(Debug, Clone)]
pub struct Outline {
    /// The manifest, where there is one.
    pub manifest: Option<Stated>,
    /// The digest of the config.
    pub id: Digest,
    /// What the config says, where it is that of an image.
    pub config: Option<Config>,
    /// A row for each position that the manifest or the config has.
    pub rows: Vec<Row>,
    /// Where the documents contradict each other, and what is odd.
    pub remarks: Vec<Remark>,
}

/// What the documents say of one position. All of it is claimed.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// The blob, where a manifest lists one.
    pub blob: Option<Descriptor>,
    /// The number of stored bytes.
    pub size: Option<u64>,
    /// The diffID, where the config lists one.
    pub diff_id: Option<DiffId>,
    /// The chainID that follows from it.
    pub chain_id: Option<Digest>,
    /// The build step, where the history has just one line a layer.
    pub history: Option<History>,
}

/// Lays out the documents of the manifest that `root` points to, or of the child of its index that fits `platform` best.
///
/// Reads what [`open`](crate::open) reads, and no config that is not of an image.
///
/// # Errors
///
/// As [`open`](crate::open), except for what documents have to do with each other.
pub async fn outline(
    blobs: Arc<dyn Blobs>,
    root: Descriptor,
    raw: Option<Vec<u8>>,
    platform: &Platform,
    limits: &Limits,
) -> Result<Outline, Error> {
    let Chosen { stated, remark } = choose(blobs.as_ref(), root, raw, platform, limits).await?;
    let manifest = &stated.manifest;
    let mut remarks: Vec<Remark> = remark.into_iter().collect();
    let mut config = None;
    if manifest.config.media_type.is_config() {
        let what = format!("config {}", manifest.config.digest);
        match Config::parse(&read_config(blobs.as_ref(), manifest, limits).await?, &what) {
            Ok(parsed) => config = Some(parsed),
            Err(error) => remarks.push(Remark::new("config-unreadable", error.to_string())),
        }
    } else {
        let kind = &manifest.config.media_type;
        remarks.push(Remark::new(
            "artifact",
            format!("its config is of type {kind}: an artifact, not an image"),
        ));
    }
    let blobs: Vec<(Option<Descriptor>, Option<u64>)> =
        manifest.layers.iter().map(|layer| (Some(layer.clone()), Some(layer.size))).collect();
    let id = manifest.config.digest.clone();
    Ok(Outline::new(Some(stated), id, config, blobs, remarks))
}

impl Row {
    /// Returns whether the stored bytes are all there is to verify: the documents claim no other digest of them unpacked.
    pub fn is_as_stored(&self) -> bool {
        let Some(DiffId(diff_id)) = &self.diff_id else { return true };
        self.blob.as_ref().is_some_and(|blob| blob.digest == *diff_id)
    }
}

impl Outline {
    /// Lays `stored` layers and those of the config side by side.
    pub(crate) fn new(
        manifest: Option<Stated>,
        id: Digest,
        config: Option<Config>,
        stored: Vec<(Option<Descriptor>, Option<u64>)>,
        mut remarks: Vec<Remark>,
    ) -> Self {
        let diff_ids = config.as_ref().map(|config| config.diff_ids.as_slice()).unwrap_or_default();
        if config.is_some() && diff_ids.len() != stored.len() {
            let message = format!(
                "the config lists {} diffIDs, but the image has {} layers",
                diff_ids.len(),
                stored.len()
            );
            remarks.push(Remark::new("layer-count", message));
        }
        let count = stored.len().max(diff_ids.len());
        let history = config.as_ref().map(|config| config.history_of_layers(count));
        let chain_ids = chain_ids(diff_ids);
        let rows = (0..count).map(|index| {
            let (blob, size) = stored.get(index).cloned().unwrap_or_default();
            let history = history.as_ref().and_then(|steps| steps.get(index).copied().flatten());
            Row {
                blob,
                size,
                diff_id: diff_ids.get(index).cloned(),
                chain_id: chain_ids.get(index).cloned(),
                history: history.cloned(),
            }
        });
        let rows = rows.collect();
        Self { manifest, id, config, rows, remarks }
    }
}
