//! Archives that are an OCI layout and what `docker save` writes at once, as those of newer engines.
//!
//! One reader takes `index.json`, another takes `manifest.json`. Where the two name different images,
//! what was looked at would not be what is loaded, so such an archive is refused.

use std::collections::BTreeSet;
use std::sync::Arc;

use cutaway_ref::{Digest, Platform};

use super::files::Files;
use super::oci::{self, LayoutBlobs};
use super::{Selector, docker};
use crate::{Config, Descriptor, Document, Error, Image, Limits, Stated};

/// Checks the image that `index.json` names against those that `manifest.json` offers under the same name.
///
/// What keeps the image from being opened is left for its opening to say.
pub(super) async fn check_oci(
    files: &Arc<dyn Files>,
    root: &Descriptor,
    selector: &Selector,
    platform: &Platform,
    limits: &Limits,
) -> Result<(), Error> {
    if files.open("manifest.json")?.is_none() || matches!(selector, Selector::Digest(_)) {
        return Ok(());
    }
    let blobs = Arc::new(LayoutBlobs(Arc::clone(files)));
    let Ok(image) = crate::open(blobs, root.clone(), None, platform, limits).await else {
        return Ok(());
    };
    let found = image.config().platform.distance(platform);
    for offer in docker::offers(files.as_ref(), selector, limits).await? {
        if offer.id != *image.id() && is_as_good(offer.platform.distance(platform), found) {
            return Err(contradiction(files.as_ref(), image.id(), &offer.id));
        }
    }
    Ok(())
}

/// Checks the image that `manifest.json` names against the one that `index.json` has under the same name.
pub(super) async fn check_docker(
    files: &Arc<dyn Files>,
    id: &Digest,
    config: &Config,
    selector: &Selector,
    platform: &Platform,
    limits: &Limits,
) -> Result<(), Error> {
    if files.open("index.json")?.is_none() || matches!(selector, Selector::Digest(_)) {
        return Ok(());
    }
    let Ok((blobs, root)) = oci::select_root(files, selector, platform, limits).await else {
        return Ok(());
    };
    let Ok(other) = crate::open(blobs, root, None, platform, limits).await else { return Ok(()) };
    let found = config.platform.distance(platform);
    if other.id() != id && is_as_good(other.config().platform.distance(platform), found) {
        return Err(contradiction(files.as_ref(), other.id(), id));
    }
    Ok(())
}

/// Returns whether an image fits the platform that is wanted as well as the one that was found.
///
/// An archive of several platforms lists all of them in one document and one in the other: an image
/// that fits worse is only another of them.
fn is_as_good(other: Option<u32>, found: Option<u32>) -> bool {
    other.unwrap_or(u32::MAX) <= found.unwrap_or(u32::MAX)
}

fn contradiction(files: &dyn Files, oci: &Digest, docker: &Digest) -> Error {
    let rule =
        format!("is ambiguous: index.json names the image {oci}, manifest.json the image {docker}");
    Error::malformed(files.place(), rule)
}

/// Returns the manifest of the layout that is this image's, at whatever depth `index.json` lists it.
///
/// It is an extra: whatever is wrong with it, the image can be read without.
pub(super) async fn manifest_of(
    files: &Arc<dyn Files>,
    image: &Image,
    limits: &Limits,
) -> Option<Stated> {
    let index = oci::read_index(files.as_ref(), limits).await.ok()?;
    let blobs = LayoutBlobs(Arc::clone(files));
    let mut level = index.manifests;
    let mut left = limits.index_entries;
    let mut seen = BTreeSet::new();
    for _ in 0..=limits.index_depth {
        let mut below = Vec::new();
        for descriptor in level {
            left = left.checked_sub(1)?;
            if !seen.insert(descriptor.digest.clone()) {
                continue;
            }
            match crate::read_document(&blobs, &descriptor, limits).await {
                Ok((Document::Manifest(manifest), raw))
                    if manifest.config.digest == *image.id()
                        && manifest.layers.len() == image.layers().len() =>
                {
                    return Some(Stated { descriptor, raw, manifest });
                }
                Ok((Document::Index(index), _)) => below.extend(index.manifests),
                _ => {}
            }
        }
        level = below;
    }
    None
}
