//! From a descriptor to an image: fetch, verify, choose the platform, pair.

use std::collections::BTreeSet;
use std::sync::Arc;

use cutaway_ref::Platform;
use tokio::io::AsyncReadExt as _;

use crate::verify::{Claim, Verified, algorithm_of};
use crate::{Blobs, Descriptor, Document, Error, Image, Index, Limits};

/// Opens the image that `root` points to, or the child of its index that fits `platform` best.
///
/// Reads one manifest for `root`, none where `raw` brings its bytes, one more for each index on the
/// way, and the config; no layer. An image that is no child of an index is opened whatever its platform.
///
/// # Errors
///
/// Returns [`Error::NotFound`] where an index has no child for the platform, and everything that
/// reading, verifying and pairing fail with.
pub async fn open(
    blobs: Arc<dyn Blobs>,
    root: Descriptor,
    raw: Option<Vec<u8>>,
    platform: &Platform,
    limits: &Limits,
) -> Result<Image, Error> {
    let mut seen = BTreeSet::new();
    let (mut descriptor, mut brought) = (root, raw);
    for _ in 0..=limits.index_depth {
        let what = format!("manifest {}", descriptor.digest);
        if !seen.insert(descriptor.digest.clone()) {
            return Err(Error::malformed(what, "lists itself: the indexes form a cycle"));
        }
        let (document, raw) = match brought.take() {
            Some(raw) => {
                let raw = verify(raw, &descriptor, &what)?;
                (Document::parse(&raw, Some(&descriptor.media_type), limits, &what)?, raw)
            }
            None => read_document(blobs.as_ref(), &descriptor, limits).await?,
        };
        match document {
            Document::Manifest(manifest) => {
                let what = format!("config {}", manifest.config.digest);
                let config = read_blob(
                    blobs.as_ref(),
                    &manifest.config,
                    &what,
                    "config_bytes",
                    limits.config_bytes,
                )
                .await?;
                return Image::from_manifest(&blobs, descriptor, raw, manifest, config, limits);
            }
            Document::Index(index) => {
                let child = choose(&index, platform, &descriptor)?;
                tracing::debug!(index = %descriptor.digest, child = %child.digest, %platform, "platform chosen");
                descriptor = child;
            }
        }
    }
    let what = format!("index around manifest {}", descriptor.digest);
    Err(Error::Limit { what, limit: "index_depth", max: limits.index_depth })
}

/// Reads the manifest or the index that `descriptor` points to, and returns it with its bytes.
///
/// The bytes are verified. Nothing that the document lists is read, so this is the way to look at an
/// index and its children, and at artifacts that are no image.
///
/// # Errors
///
/// Returns what reading, verifying and parsing fail with.
pub async fn read_document(
    blobs: &dyn Blobs,
    descriptor: &Descriptor,
    limits: &Limits,
) -> Result<(Document, Vec<u8>), Error> {
    let what = format!("manifest {}", descriptor.digest);
    let raw = read_blob(blobs, descriptor, &what, "manifest_bytes", limits.manifest_bytes).await?;
    Ok((Document::parse(&raw, Some(&descriptor.media_type), limits, &what)?, raw))
}

/// Returns the child of `index` that fits `platform` best; the first of equals.
///
/// A child without a platform is taken for a nested index or, where it is the only child, for the image itself.
fn choose(index: &Index, platform: &Platform, parent: &Descriptor) -> Result<Descriptor, Error> {
    let fitting = index
        .manifests
        .iter()
        .filter_map(|child| Some((child.platform.as_ref()?.distance(platform)?, child)))
        .min_by_key(|(distance, _)| *distance);
    if let Some((_, child)) = fitting {
        return Ok(child.clone());
    }
    let unnamed: Vec<_> = index.manifests.iter().filter(|child| child.platform.is_none()).collect();
    if let [child] = unnamed.as_slice()
        && (index.manifests.len() == 1 || child.media_type.is_index())
    {
        return Ok((*child).clone());
    }
    let there: BTreeSet<String> = index
        .manifests
        .iter()
        .filter(|child| !child.annotations.contains_key("vnd.docker.reference.type"))
        .map(|child| {
            child
                .platform
                .as_ref()
                .map_or_else(|| "one without a platform".to_owned(), ToString::to_string)
        })
        .collect();
    let there = if there.is_empty() {
        "nothing".into()
    } else {
        there.into_iter().take(30).collect::<Vec<_>>().join(", ")
    };
    Err(Error::NotFound {
        what: format!("platform {platform}"),
        place: format!("index {}, which has {there}", parent.digest),
    })
}

/// Reads a small blob whole, from the descriptor itself where it carries the bytes.
async fn read_blob(
    blobs: &dyn Blobs,
    descriptor: &Descriptor,
    what: &str,
    limit: &'static str,
    max: u64,
) -> Result<Vec<u8>, Error> {
    if descriptor.size > max {
        return Err(Error::Limit {
            what: format!("{what} with {} bytes", descriptor.size),
            limit,
            max,
        });
    }
    algorithm_of(Some(&descriptor.digest), what)?;
    if let Some(data) = carried(descriptor) {
        return Ok(data.to_vec());
    }
    let stream = blobs.open(descriptor).await.map_err(|error| match error {
        Error::Missing { .. } => Error::Missing { what: what.to_owned() },
        other => other,
    })?;
    let claim = Claim { digest: Some(descriptor.digest.clone()), size: Some(descriptor.size) };
    let mut stream = Verified::new(stream, what, claim)?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.map_err(|error| Error::from_io(error, what))?;
    Ok(bytes)
}

/// Returns the bytes that a descriptor carries itself, where they are those that it describes.
pub(crate) fn carried(descriptor: &Descriptor) -> Option<&[u8]> {
    let data = descriptor.data.as_deref()?;
    check(data, descriptor, "data").is_ok().then_some(data)
}

/// Checks bytes that are there already against their descriptor.
fn verify(bytes: Vec<u8>, descriptor: &Descriptor, what: &str) -> Result<Vec<u8>, Error> {
    check(&bytes, descriptor, what)?;
    Ok(bytes)
}

fn check(bytes: &[u8], descriptor: &Descriptor, what: &str) -> Result<(), Error> {
    let found = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    if found != descriptor.size {
        return Err(Error::Size {
            what: what.to_owned(),
            expected: descriptor.size,
            found: found.to_string(),
        });
    }
    let mut hasher = algorithm_of(Some(&descriptor.digest), what)?.hasher();
    hasher.update(bytes);
    let found = hasher.finish();
    if found != descriptor.digest {
        return Err(Error::Digest { what: what.to_owned(), found });
    }
    Ok(())
}
