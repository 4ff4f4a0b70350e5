//! What `docker save` writes: `manifest.json`, a config and layers by file name.

use std::sync::Arc;

use cutaway_ref::Digest;
use serde::Deserialize;

use super::oci::{self, LayoutBlobs};
use super::{Files, Selector, read_file};
use crate::json::{self, OtherKeys, null_as_empty};
use crate::layer::Origin;
use crate::{Document, Error, Image, Limits, Stated};

/// One image of `manifest.json`.
#[derive(Debug, Deserialize)]
struct Entry {
    #[serde(rename = "Config")]
    config: String,
    #[serde(rename = "RepoTags", default, deserialize_with = "null_as_empty")]
    repo_tags: Vec<String>,
    #[serde(rename = "Layers", default, deserialize_with = "null_as_empty")]
    layers: Vec<String>,
    #[serde(flatten)]
    other: OtherKeys,
}

pub(super) async fn open(
    files: Arc<dyn Files>,
    selector: &Selector,
    limits: &Limits,
) -> Result<Image, Error> {
    let what = format!("manifest.json in {}", files.place());
    let raw = read_file(files.as_ref(), "manifest.json", "manifest_bytes", limits.manifest_bytes)
        .await?
        .ok_or_else(|| Error::malformed(files.place(), "has no manifest.json"))?;
    let entries: Option<Vec<Entry>> = json::parse(&raw, &what)?;
    let entries = entries.unwrap_or_default();
    for entry in &entries {
        entry
            .other
            .refuse_variants_of(&["Config", "RepoTags", "Layers"])
            .map_err(|rule| Error::malformed(&what, rule))?;
    }
    let entry = select(&entries, selector, files.as_ref(), limits).await?;
    let config = read_config(files.as_ref(), entry, limits).await?;
    let mut origins = Vec::with_capacity(entry.layers.len());
    for name in &entry.layers {
        let size = files.open(name)?.map(|(_, size)| size);
        let name = name.clone();
        if size.is_none() {
            let place = origins.len().saturating_add(1);
            let what = format!("layer {place}/{} {}", entry.layers.len(), name.escape_debug());
            return Err(Error::Missing { what });
        }
        origins.push(Origin::Member { files: Arc::clone(&files), name, size });
    }
    let image = Image::from_config(config, origins, limits)?;
    let manifest = stated_manifest(&files, &image, limits).await;
    Ok(match manifest {
        Some(stated) => image.with_manifest(stated),
        None => image,
    })
}

async fn read_config(files: &dyn Files, entry: &Entry, limits: &Limits) -> Result<Vec<u8>, Error> {
    read_file(files, &entry.config, "config_bytes", limits.config_bytes)
        .await?
        .ok_or_else(|| Error::Missing { what: format!("config {}", entry.config.escape_debug()) })
}

async fn select<'a>(
    entries: &'a [Entry],
    selector: &Selector,
    files: &dyn Files,
    limits: &Limits,
) -> Result<&'a Entry, Error> {
    let place = files.place();
    let tags = || {
        let tags: Vec<String> = entries
            .iter()
            .flat_map(|entry| &entry.repo_tags)
            .take(8)
            .map(|tag| tag.escape_debug().to_string())
            .collect();
        if tags.is_empty() {
            format!("{} images without a tag", entries.len())
        } else {
            tags.join(", ")
        }
    };
    match selector {
        Selector::Only => match entries {
            [] => Err(Error::malformed(place, "holds no image: its manifest.json is empty")),
            [entry] => Ok(entry),
            [first, rest @ ..] if rest.iter().all(|entry| entry.config == first.config) => {
                Ok(first)
            }
            _ => Err(Error::Ambiguous(format!(
                "{place} holds several images; name one of {}",
                tags()
            ))),
        },
        Selector::Tag(tag) => entries
            .iter()
            .find(|entry| entry.repo_tags.contains(tag))
            .or_else(|| {
                entries
                    .iter()
                    .find(|entry| entry.repo_tags.iter().any(|stored| selector.names(stored)))
            })
            .ok_or_else(|| Error::NotFound {
                what: format!("\"{}\"", tag.escape_debug()),
                place: format!("{place}, which has {}", tags()),
            }),
        Selector::Digest(digest) => {
            for entry in entries {
                if Digest::sha256(&read_config(files, entry, limits).await?) == *digest {
                    return Ok(entry);
                }
            }
            let place = format!("{place}, where images are named by the digest of their config");
            Err(Error::NotFound { what: digest.to_string(), place })
        }
    }
}

/// Returns the manifest that newer engines store beside their own form, where it is this image's.
///
/// It is an extra: whatever is wrong with it, the image can be read without.
async fn stated_manifest(files: &Arc<dyn Files>, image: &Image, limits: &Limits) -> Option<Stated> {
    let index = oci::read_index(files.as_ref(), limits).await.ok()?;
    let blobs = LayoutBlobs(Arc::clone(files));
    for descriptor in &index.manifests {
        if let Ok((Document::Manifest(manifest), raw)) =
            crate::read_document(&blobs, descriptor, limits).await
            && manifest.config.digest == *image.id()
            && manifest.layers.len() == image.layers().len()
        {
            return Some(Stated { descriptor: descriptor.clone(), raw, manifest });
        }
    }
    None
}
