//! What is no image, though it lies where one could: artifacts, and the cache of a builder.

use cutaway_model::source::{self, Form};
use cutaway_model::{Descriptor, Document, Error as ModelError, Limits, Manifest};

use crate::Archive;
use crate::archive::Passing;

/// Returns the blobs of what is no image, and for that reason could not be opened as one.
pub(crate) async fn blobs(
    archive: &Archive,
    passed: &Passing<()>,
    error: &ModelError,
    limits: &Limits,
) -> Option<Vec<Descriptor>> {
    let (selector, platform) = (&archive.selector, &archive.platform);
    if let Some(listed) = blobs_of_index(archive, passed, limits).await {
        return Some(listed);
    }
    let outline =
        source::outline(passed.files(), passed.form(), selector, platform, limits).await.ok()?;
    let manifest = outline.manifest?.manifest;
    let is_image = manifest.config.media_type.is_config() && !has_blobs_alone(&manifest, error);
    let blobs = || std::iter::once(manifest.config).chain(manifest.layers).collect();
    (!is_image).then(blobs)
}

/// Returns whether a manifest that could not be opened as an image has nothing but blobs of its own kind: it
/// has the config of an image for form's sake.
pub(crate) fn has_blobs_alone(manifest: &Manifest, error: &ModelError) -> bool {
    let is_file_system = |layer: &Descriptor| layer.media_type.is_file_system();
    matches!(error, ModelError::Malformed { .. })
        && !manifest.layers.is_empty()
        && !manifest.layers.iter().any(is_file_system)
}

/// Returns what an index lists that has passed, where that is no document, as in a build cache.
async fn blobs_of_index(
    archive: &Archive,
    passed: &Passing<()>,
    limits: &Limits,
) -> Option<Vec<Descriptor>> {
    if passed.form() != Form::Oci {
        return None;
    }
    let (selector, platform) = (&archive.selector, &archive.platform);
    let found = source::find(passed.files(), selector, platform, limits).await.ok()?;
    let read = cutaway_model::read_document(found.blobs.as_ref(), &found.descriptor, limits).await;
    let (Document::Index(index), _) = read.ok()? else { return None };
    let is_document = |child: &Descriptor| {
        child.media_type.is_index() || child.media_type.is_manifest() || child.platform.is_some()
    };
    (!index.manifests.is_empty() && !index.manifests.iter().any(is_document))
        .then_some(index.manifests)
}
