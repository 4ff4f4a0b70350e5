//! OCI layouts, as a directory or as an archive (image-layout.md).

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use cutaway_ref::Platform;

use super::{Files, Selector, read_document};
use crate::{BlobStream, Blobs, Descriptor, Document, Error, Image, Index, Limits};

/// The annotations that name an image in a layout, the most exact first.
const NAMES: [&str; 2] = ["io.containerd.image.name", "org.opencontainers.image.ref.name"];

/// The blobs of a layout.
#[derive(Debug)]
pub(super) struct LayoutBlobs(pub(super) Arc<dyn Files>);

#[async_trait]
impl Blobs for LayoutBlobs {
    async fn open(&self, blob: &Descriptor) -> Result<BlobStream, Error> {
        let name = format!("blobs/{}/{}", blob.digest.algorithm_name(), blob.digest.encoded());
        match self.0.open(&name)? {
            Some((stream, _)) => Ok(stream),
            None => Err(Error::Missing { what: blob.digest.to_string() }),
        }
    }
}

pub(super) async fn open(
    files: Arc<dyn Files>,
    selector: &Selector,
    platform: &Platform,
    limits: &Limits,
) -> Result<Image, Error> {
    let index = read_index(files.as_ref(), limits).await?;
    let place = files.place().to_owned();
    let blobs: Arc<dyn Blobs> = Arc::new(LayoutBlobs(files));
    let root = select(&index, selector, platform, &place)?;
    crate::open(blobs, root, None, platform, limits).await
}

pub(super) async fn read_index(files: &dyn Files, limits: &Limits) -> Result<Index, Error> {
    let what = format!("index.json in {}", files.place());
    let raw = read_document(files, "index.json", "manifest_bytes", limits.manifest_bytes)
        .await?
        .ok_or_else(|| Error::malformed(files.place(), "has no index.json"))?;
    match Document::parse(&raw, None, limits, &what)? {
        Document::Index(index) => Ok(index),
        Document::Manifest(_) => Err(Error::malformed(what, "is a manifest, not an index")),
    }
}

/// Returns the names that an entry of `index.json` goes by.
fn names(entry: &Descriptor) -> impl Iterator<Item = &str> {
    NAMES.iter().filter_map(|key| entry.annotations.get(*key)).map(String::as_str)
}

fn select(
    index: &Index,
    selector: &Selector,
    platform: &Platform,
    place: &str,
) -> Result<Descriptor, Error> {
    let meant: Vec<&Descriptor> = index
        .manifests
        .iter()
        .filter(|entry| match selector {
            Selector::Only => true,
            Selector::Digest(digest) => entry.digest == *digest,
            Selector::Tag(_) => names(entry).any(|name| selector.names(name)),
        })
        .collect();
    let distinct: BTreeSet<_> = meant.iter().map(|entry| &entry.digest).collect();
    match (meant.as_slice(), distinct.len()) {
        ([], _) => match selector {
            Selector::Digest(digest) => Err(Error::NotFound {
                what: digest.to_string(),
                place: format!("the index of {place}"),
            }),
            Selector::Only => Err(Error::malformed(place, "holds no image: its index is empty")),
            Selector::Tag(tag) => Err(Error::NotFound {
                what: format!("\"{}\"", tag.escape_debug()),
                place: format!("{place}, which has {}", listed(&index.manifests)),
            }),
        },
        ([first, ..], 1) => Ok((*first).clone()),
        (several, _) => one_per_platform(several, platform).ok_or_else(|| {
            Error::Ambiguous(format!(
                "{place} holds several images; name one of {}",
                listed_refs(several)
            ))
        }),
    }
}

/// Returns the entry for `platform` where the entries are one image for several platforms, side by side.
fn one_per_platform(entries: &[&Descriptor], platform: &Platform) -> Option<Descriptor> {
    let one_name =
        entries.iter().map(|entry| names(entry).next()).collect::<BTreeSet<_>>().len() == 1;
    let platforms: Option<BTreeSet<_>> =
        entries.iter().map(|entry| entry.platform.as_ref()).collect();
    if !one_name || platforms?.len() != entries.len() {
        return None;
    }
    let fitting = entries
        .iter()
        .filter_map(|entry| Some((entry.platform.as_ref()?.distance(platform)?, entry)));
    fitting.min_by_key(|(distance, _)| *distance).map(|(_, entry)| (*entry).clone())
}

fn listed(entries: &[Descriptor]) -> String {
    listed_refs(&entries.iter().collect::<Vec<_>>())
}

fn listed_refs(entries: &[&Descriptor]) -> String {
    let label = |entry: &&Descriptor| match names(entry).next() {
        Some(name) => format!("\"{}\" ({})", name.escape_debug(), entry.digest),
        None => format!("@{}", entry.digest),
    };
    let mut labels: Vec<String> = entries.iter().take(8).map(label).collect();
    if entries.len() > labels.len() {
        labels.push(format!("{} more", entries.len().saturating_sub(labels.len())));
    }
    if labels.is_empty() { "no image".into() } else { labels.join(", ") }
}
