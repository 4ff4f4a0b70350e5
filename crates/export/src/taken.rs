//! The image of an archive that passes, such as one that a daemon sends, into a layout.
//!
//! Its layers are written as they come and get their names when all of the image has verified. An
//! archive that carries no manifest, as `docker save` writes it, gets one here: of its config and of
//! its layers as they are stored.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cutaway_files::{Measured, Source, pass};
use cutaway_model::{BlobStream, Compression, Descriptor, Image, MediaType};
use cutaway_ref::Digest;
use serde_json::json;

use crate::contents::Part;
use crate::flatten::read;
use crate::layout::{Layout, Pulled};
use crate::passing::given;
use crate::tee::Tee;
use crate::{Error, Limits, Passing, index};

/// Writes the image that `passing` means from the archive `stream` into the layout at `directory`, under
/// `name` and `tag` as [`Item`](crate::Item) has them.
///
/// # Errors
///
/// As [`to_layout`](crate::to_layout), and what keeps the archive from being read; the layout is valid
/// then, without the image.
pub async fn passing_to_layout(
    stream: BlobStream,
    passing: &Passing,
    (name, tag): (Option<String>, Option<String>),
    directory: &Path,
    limits: &Limits,
) -> Result<Pulled, Error> {
    let layout = Layout::open(directory)?;
    let limits = *limits;
    let (count, partial) = (AtomicU64::new(0), layout.partial().to_owned());
    let failure = Arc::new(std::sync::Mutex::new(None));
    let passed = pass(given(stream, passing, &limits), |member, bytes| {
        let number = count.fetch_add(1, Ordering::Relaxed);
        let beside = partial.join(format!("member-{number}"));
        let failure = Arc::clone(&failure);
        async move {
            let shown = beside.display().to_string().escape_debug().to_string();
            let to = tokio::fs::File::create(&beside).await;
            let to = to.map_err(|error| cutaway_model::Error::File {
                path: shown.clone(),
                source: error,
            })?;
            let (bytes, write_failure) = Tee::new(bytes, to);
            let walked = async {
                let source = Source::of_member(&member, bytes, &limits.model).await?;
                Ok((read(source, &limits).await?.0, beside))
            };
            walked.await.map_err(|error| match write_failure.instead_of(error, &shown) {
                Ok(error) => error,
                Err(error) => {
                    let stand_in = cutaway_model::Error::malformed("layer", error.to_string());
                    if let Ok(mut failure) = failure.lock() {
                        failure.get_or_insert(error);
                    }
                    stand_in.into()
                }
            })
        }
    })
    .await;
    if let Some(failure) = failure.lock().ok().and_then(|mut failure| failure.take()) {
        return Err(failure);
    }
    let (image, _, layers) = passed?;
    let (root, manifest) = manifest(&image, &layers);
    let mut pulled = Pulled::default();
    let mut seen = BTreeSet::new();
    for (measured, beside) in &layers {
        let stored = &measured.stored;
        if !seen.insert(stored.digest.clone()) {
            continue;
        }
        let descriptor = Descriptor::new(media_type(measured), stored.digest.clone(), stored.size);
        if layout.adopt(beside, &Part { descriptor, bytes: None })? {
            pulled.fetched = pulled.fetched.saturating_add(1);
            pulled.bytes = pulled.bytes.saturating_add(stored.size);
        } else {
            pulled.kept = pulled.kept.saturating_add(1);
        }
    }
    let config = image.raw_config().to_vec();
    for (digest, bytes) in [(image.id(), config), (&root.digest, manifest)] {
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let descriptor = Descriptor::new(MediaType::OCI_CONFIG, digest.clone(), size);
        layout.store(&Part { descriptor, bytes: Some(bytes) })?;
    }
    layout.enter(&index::Entry { root: &root, name: name.as_deref(), tag: tag.as_deref() })?;
    layout.close();
    Ok(pulled)
}

/// Returns the manifest that the archive carries, or the one that it gets.
fn manifest(image: &Image, layers: &[(Measured, PathBuf)]) -> (Descriptor, Vec<u8>) {
    if let Some(stated) = image.manifest() {
        return (stated.descriptor.clone(), stated.raw.clone());
    }
    let describe = |media_type: &str, digest: &Digest, size: u64| json!({"mediaType": media_type, "digest": digest, "size": size});
    let config = u64::try_from(image.raw_config().len()).unwrap_or(u64::MAX);
    let layers: Vec<_> = layers
        .iter()
        .map(|(measured, _)| {
            describe(media_type(measured), &measured.stored.digest, measured.stored.size)
        })
        .collect();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MediaType::OCI_MANIFEST,
        "config": describe(MediaType::OCI_CONFIG, image.id(), config),
        "layers": layers,
    });
    let raw = manifest.to_string().into_bytes();
    let size = u64::try_from(raw.len()).unwrap_or(u64::MAX);
    (Descriptor::new(MediaType::OCI_MANIFEST, Digest::sha256(&raw), size), raw)
}

/// Returns the media type of a layer as it is stored; what OCI has no type for goes by its content.
fn media_type(measured: &Measured) -> &'static str {
    match measured.compression {
        Compression::Gzip => MediaType::OCI_LAYER_GZIP,
        Compression::Zstd => MediaType::OCI_LAYER_ZSTD,
        _ => MediaType::OCI_LAYER,
    }
}
