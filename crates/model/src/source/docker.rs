//! What `docker save` writes: `manifest.json`, a config and layers by file name.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cutaway_ref::{Digest, Platform};
use cutaway_tar::Escaped;
use serde::Deserialize;
use serde_json::Value;

use super::files::{Files, read_file};
use super::{Selector, both, docker_v1};
use crate::json::{self, OtherKeys, null_as_empty};
use crate::layer::Origin;
use crate::{Config, Descriptor, DiffId, Error, Image, Limits, Outline, Remark};

/// One image of `manifest.json`.
#[derive(Debug, Deserialize)]
pub(super) struct Entry {
    #[serde(rename = "Config")]
    config: String,
    #[serde(rename = "RepoTags", default, deserialize_with = "null_as_empty")]
    repo_tags: Vec<String>,
    #[serde(rename = "Layers", default, deserialize_with = "null_as_empty")]
    layers: Vec<String>,
    /// By diffID, what the layer was pulled as. Nobody can check it, so nothing of it need be right.
    #[serde(rename = "LayerSources", default, deserialize_with = "null_as_empty")]
    layer_sources: BTreeMap<String, Value>,
    #[serde(flatten)]
    other: OtherKeys,
}

pub(super) async fn open(
    files: Arc<dyn Files>,
    selector: &Selector,
    platform: &Platform,
    limits: &Limits,
) -> Result<Image, Error> {
    let Some(entries) = read_entries(files.as_ref(), limits).await? else {
        return docker_v1::open(files, selector, limits).await;
    };
    let entry = select(&entries, selector, files.as_ref(), platform, limits).await?;
    let config = read_config(files.as_ref(), entry, limits).await?;
    let origins = origins(&files, entry, &config)?;
    let mut image = Image::from_config(config, origins, limits)?;
    image.add_remarks(misnamed(&entry.config, image.id()));
    both::check_docker(&files, image.id(), image.config(), selector, platform, limits).await?;
    Ok(match both::manifest_of(&files, &image, limits).await {
        Some(stated) => image.with_manifest(stated),
        None => image,
    })
}

/// Lays out what `manifest.json` and the config say, also where they disagree.
pub(super) async fn outline(
    files: Arc<dyn Files>,
    selector: &Selector,
    platform: &Platform,
    limits: &Limits,
) -> Result<Outline, Error> {
    let entries = read_entries(files.as_ref(), limits).await?.unwrap_or_default();
    let entry = select(&entries, selector, files.as_ref(), platform, limits).await?;
    let raw = read_config(files.as_ref(), entry, limits).await?;
    let id = Digest::sha256(&raw);
    let config = Config::parse(&raw, &format!("config {id}"))?;
    both::check_docker(&files, &id, &config, selector, platform, limits).await?;
    let stored = origins(&files, entry, &raw)?.iter().map(|origin| (None, origin.size())).collect();
    let remarks = misnamed(&entry.config, &id).into_iter().collect();
    Ok(Outline::new(None, id, Some(config), stored, remarks))
}

/// An image that `manifest.json` offers: its ID, and the platform of its config.
pub(super) struct Offer {
    pub(super) id: Digest,
    pub(super) platform: Platform,
}

/// Returns the images that `selector` can mean in `manifest.json`, where there is one; those whose config is missing cannot be loaded by anyone.
pub(super) async fn offers(
    files: &dyn Files,
    selector: &Selector,
    limits: &Limits,
) -> Result<Vec<Offer>, Error> {
    let entries = read_entries(files, limits).await?.unwrap_or_default();
    let meant = |entry: &&Entry| match selector {
        Selector::Only => true,
        Selector::Tag(_) => entry.repo_tags.iter().any(|stored| selector.names(stored)),
        Selector::Digest(_) => false,
    };
    let mut offers: Vec<Offer> = Vec::new();
    // Many entries may name one config, which is read once.
    let mut seen = BTreeSet::new();
    for entry in entries.iter().filter(meant).filter(|entry| seen.insert(&entry.config)) {
        let raw = match read_config(files, entry, limits).await {
            Err(Error::Missing { .. }) => continue,
            read => read?,
        };
        let id = Digest::sha256(&raw);
        if offers.iter().all(|offer| offer.id != id) {
            let platform = Config::parse(&raw, &format!("config {id}"))?.platform;
            offers.push(Offer { id, platform });
        }
    }
    Ok(offers)
}

/// Reads `manifest.json`; `None` where there is none.
async fn read_entries(files: &dyn Files, limits: &Limits) -> Result<Option<Vec<Entry>>, Error> {
    let what = format!("manifest.json in {}", files.place());
    let raw = read_file(files, "manifest.json", "manifest_bytes", limits.manifest_bytes).await?;
    let Some(raw) = raw else { return Ok(None) };
    let entries: Vec<Entry> = json::parse(&raw, &what)?;
    for entry in &entries {
        entry
            .other
            .refuse_variants_of(&["Config", "RepoTags", "Layers", "LayerSources"])
            .map_err(|rule| Error::malformed(&what, rule))?;
    }
    Ok(Some(entries))
}

async fn read_config(files: &dyn Files, entry: &Entry, limits: &Limits) -> Result<Vec<u8>, Error> {
    read_file(files, &entry.config, "config_bytes", limits.config_bytes)
        .await?
        .ok_or_else(|| Error::Missing { what: format!("config {}", Escaped::new(&entry.config)) })
}

/// Returns where the layers of an entry are, each with what it was pulled as.
fn origins(files: &Arc<dyn Files>, entry: &Entry, config: &[u8]) -> Result<Vec<Origin>, Error> {
    let diff_ids = match entry.layer_sources.is_empty() {
        true => Vec::new(),
        false => Config::parse(config, "config")?.diff_ids,
    };
    let source = |index: usize| -> Option<Descriptor> {
        let DiffId(diff_id) = diff_ids.get(index)?;
        let claimed = entry.layer_sources.get(diff_id.as_str())?;
        serde_json::from_value(claimed.clone()).ok()
    };
    let mut origins = Vec::with_capacity(entry.layers.len());
    for (index, name) in entry.layers.iter().enumerate() {
        let size = files.open(name)?.map(|(_, size)| size);
        let name = name.clone();
        if size.is_none() {
            let what = format!("layer {index} of {} {}", entry.layers.len(), Escaped::new(&name));
            return Err(Error::Missing { what });
        }
        let (files, source) = (Arc::clone(files), source(index).map(Box::new));
        origins.push(Origin::Member { files, name, size, source });
    }
    Ok(origins)
}

/// Remarks on a config whose file name is a digest, and another one than its own.
fn misnamed(name: &str, id: &Digest) -> Option<Remark> {
    let stem = name.rsplit('/').next().unwrap_or(name);
    let stem = stem.strip_prefix("sha256:").unwrap_or(stem);
    let stem = stem.strip_suffix(".json").unwrap_or(stem);
    let named: Digest = format!("sha256:{stem}").parse().ok()?;
    (named != *id).then(|| {
        let message = format!(
            "the config is called {named} and has the digest {id}: the image ID was recomputed"
        );
        Remark::new("image-id-recomputed", message)
    })
}

async fn select<'a>(
    entries: &'a [Entry],
    selector: &Selector,
    files: &dyn Files,
    platform: &Platform,
    limits: &Limits,
) -> Result<&'a Entry, Error> {
    let place = files.place();
    let tags = || {
        super::selector::listed(entries.iter().flat_map(|entry| &entry.repo_tags), entries.len())
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
        Selector::Tag(tag) => {
            let mut seen = BTreeSet::new();
            let is_meant = |entry: &&Entry| names_of(entry, selector).next().is_some();
            let meant: Vec<&Entry> = entries
                .iter()
                .filter(is_meant)
                .filter(|entry| seen.insert(entry.config.as_str()))
                .collect();
            match meant.as_slice() {
                [] => Err(Error::NotFound {
                    what: format!("\"{}\"", Escaped::new(tag)),
                    place: format!("{place}, which has {}", tags()),
                }),
                [only] => Ok(only),
                several => one_of(several, selector, files, platform, limits).await,
            }
        }
        Selector::Digest(digest) => {
            let mut seen = BTreeSet::new();
            for entry in entries.iter().filter(|entry| seen.insert(&entry.config)) {
                if Digest::sha256(&read_config(files, entry, limits).await?) == *digest {
                    return Ok(entry);
                }
            }
            let place = format!("{place}, where images are named by the digest of their config");
            Err(Error::NotFound { what: digest.to_string(), place })
        }
    }
}

/// Returns the names of an entry that `selector` may mean.
fn names_of<'a>(entry: &'a Entry, selector: &'a Selector) -> impl Iterator<Item = &'a String> {
    entry.repo_tags.iter().filter(|stored| selector.names(stored))
}

/// Returns the entry that is meant of several under one tag: they have to be one image, or one name for
/// several platforms side by side, as in the index of a layout.
async fn one_of<'a>(
    several: &[&'a Entry],
    selector: &Selector,
    files: &dyn Files,
    platform: &Platform,
    limits: &Limits,
) -> Result<&'a Entry, Error> {
    let mut found: Vec<(&'a Entry, Digest, Platform)> = Vec::new();
    for entry in several.iter().copied() {
        let raw = match read_config(files, entry, limits).await {
            // Nobody can load it.
            Err(Error::Missing { .. }) => continue,
            read => read?,
        };
        let id = Digest::sha256(&raw);
        // Two names of one config are one image.
        if found.iter().all(|(_, known, _)| *known != id) {
            let built_for = Config::parse(&raw, &format!("config {id}"))?.platform;
            found.push((entry, id, built_for));
        }
    }
    let names: BTreeSet<_> =
        found.iter().map(|(entry, ..)| names_of(entry, selector).next()).collect();
    let platforms: BTreeSet<_> = found.iter().map(|(.., built_for)| built_for).collect();
    let place = files.place();
    if found.len() > 1 && (names.len() > 1 || platforms.len() < found.len()) {
        let labels = several.iter().filter_map(|entry| {
            let name = names_of(entry, selector).next()?;
            Some(format!("{name} ({})", entry.config))
        });
        let labels: Vec<String> = labels.collect();
        let labels = super::selector::listed(labels.iter(), labels.len());
        return Err(Error::Ambiguous(format!(
            "{place} is ambiguous: it holds several images under that name; name one of {labels}"
        )));
    }
    match (found.as_slice(), several) {
        ([(only, ..)], _) | ([], [only, ..]) => return Ok(only),
        _ => {}
    }
    let fitting = found
        .iter()
        .filter_map(|(entry, _, built_for)| Some((built_for.distance(platform)?, *entry)));
    fitting.min_by_key(|(distance, _)| *distance).map(|(_, entry)| entry).ok_or_else(|| {
        let built_for: Vec<_> = platforms.iter().take(30).map(ToString::to_string).collect();
        Error::NotFound {
            what: format!("platform {platform}"),
            place: format!("{place}, which has {}", built_for.join(", ")),
        }
    })
}
