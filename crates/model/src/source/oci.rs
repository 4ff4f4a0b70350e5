//! OCI layouts, as a directory or as an archive (image-layout.md).

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use cutaway_ref::{Digest, Platform};
use cutaway_tar::Escaped;
use serde::Deserialize;

use super::files::{Files, read_file};
use super::{Selector, both};
use crate::json;
use crate::{BlobStream, Blobs, Descriptor, Document, Error, Image, Index, Limits, Remark, Stamp};

/// An image or index of an OCI layout, found and not opened.
#[derive(Debug)]
pub struct Found {
    /// The blobs of the layout.
    pub blobs: Arc<dyn Blobs>,
    /// What `index.json`, or an index that it lists, says of the image or index.
    pub descriptor: Descriptor,
    /// What is odd about the layout.
    pub remarks: Vec<Remark>,
}

/// The annotations that name an image in a layout, the most exact first.
const NAMES: [&str; 2] = ["io.containerd.image.name", "org.opencontainers.image.ref.name"];

/// The blobs of a layout.
#[derive(Debug)]
pub(super) struct LayoutBlobs(pub(super) Arc<dyn Files>);

#[async_trait]
impl Blobs for LayoutBlobs {
    async fn open(&self, blob: &Descriptor) -> Result<BlobStream, Error> {
        match self.0.open(&name(blob))? {
            Some((stream, _)) => Ok(stream),
            None => Err(Error::Missing { what: blob.digest.to_string() }),
        }
    }

    async fn stat(&self, blob: &Descriptor) -> Result<Option<u64>, Error> {
        match self.0.open(&name(blob))? {
            Some((_, size)) => Ok(Some(size)),
            None => Err(Error::Missing { what: blob.digest.to_string() }),
        }
    }

    fn stamp(&self, blob: &Descriptor) -> Stamp {
        self.0.stamp(&name(blob))
    }
}

/// Returns the name of the file that holds a blob.
fn name(blob: &Descriptor) -> String {
    format!("blobs/{}/{}", blob.digest.algorithm_name(), blob.digest.encoded())
}

pub(super) async fn open(
    files: Arc<dyn Files>,
    selector: &Selector,
    platform: &Platform,
    limits: &Limits,
) -> Result<Image, Error> {
    let Found { blobs, descriptor, remarks } = find(files, selector, platform, limits).await?;
    let mut image = crate::open(blobs, descriptor, None, platform, limits).await?;
    image.add_remarks(remarks);
    Ok(image)
}

/// Returns the blobs of a layout, and the image or index among them that is meant.
pub(super) async fn find(
    files: Arc<dyn Files>,
    selector: &Selector,
    platform: &Platform,
    limits: &Limits,
) -> Result<Found, Error> {
    let remarks = check_version(files.as_ref(), limits).await?.into_iter().collect();
    let (blobs, descriptor) = select_root(&files, selector, platform, limits).await?;
    both::check_oci(&files, &descriptor, selector, platform, limits).await?;
    Ok(Found { blobs, descriptor, remarks })
}

/// As [`find`], without a look at anything but indexes.
pub(super) async fn select_root(
    files: &Arc<dyn Files>,
    selector: &Selector,
    platform: &Platform,
    limits: &Limits,
) -> Result<(Arc<dyn Blobs>, Descriptor), Error> {
    let index = read_index(files.as_ref(), limits).await?;
    let blobs: Arc<dyn Blobs> = Arc::new(LayoutBlobs(Arc::clone(files)));
    let root = match (select(&index, selector, platform, files.place()), selector) {
        (Err(Error::NotFound { what, place }), Selector::Digest(digest)) => {
            match nested(blobs.as_ref(), &index, digest, limits).await? {
                Some(descriptor) => descriptor,
                None => return Err(Error::NotFound { what, place }),
            }
        }
        (selected, _) => selected?,
    };
    Ok((blobs, root))
}

/// Looks for `digest` in the indexes that an index lists, and in those that they list.
async fn nested(
    blobs: &dyn Blobs,
    index: &Index,
    digest: &Digest,
    limits: &Limits,
) -> Result<Option<Descriptor>, Error> {
    let is_index = |entry: &&Descriptor| entry.media_type.is_index();
    let mut level: Vec<Descriptor> = index.manifests.iter().filter(is_index).cloned().collect();
    let mut seen: BTreeSet<Digest> = BTreeSet::new();
    for _ in 0..limits.index_depth {
        let mut below = Vec::new();
        for entry in level {
            if !seen.insert(entry.digest.clone()) {
                continue;
            }
            if !u64::try_from(seen.len()).is_ok_and(|count| count <= limits.index_entries) {
                let (limit, max) = ("index_entries", limits.index_entries);
                return Err(Error::Limit { what: "layout of nested indexes".into(), limit, max });
            }
            // A layout may list what it does not hold; what is looked for may be elsewhere.
            let document = match crate::read_document(blobs, &entry, limits).await {
                Err(Error::Missing { .. }) => continue,
                read => read?.0,
            };
            let Document::Index(index) = document else { continue };
            if let Some(found) = index.manifests.iter().find(|entry| entry.digest == *digest) {
                return Ok(Some(found.clone()));
            }
            below.extend(index.manifests.iter().filter(is_index).cloned());
        }
        level = below;
    }
    Ok(None)
}

/// Returns what `index.json` lists as referring to `digest`: manifests whose subject it is, and what
/// stands under the tag that stands for a list of them (distribution specification, "Referrers Tag
/// Schema"). The artifact type is the manifest's own or, where it has none, the type of its config.
pub(super) async fn referrers(
    files: &Arc<dyn Files>,
    digest: &Digest,
    limits: &Limits,
) -> Result<Vec<Descriptor>, Error> {
    let index = read_index(files.as_ref(), limits).await?;
    let blobs = LayoutBlobs(Arc::clone(files));
    let tag = format!("{}-{}", digest.algorithm_name(), digest.encoded());
    let mut found: Vec<Descriptor> = Vec::new();
    for entry in index.manifests {
        let is_list = names(&entry).any(|name| name == tag);
        // A layout may list what it does not hold, and what is broken is not what was asked for.
        match crate::read_document(&blobs, &entry, limits).await {
            Ok((Document::Index(list), _)) if is_list => found.extend(list.manifests),
            Ok((Document::Manifest(manifest), _))
                if manifest.subject.as_ref().is_some_and(|subject| subject.digest == *digest) =>
            {
                let own = manifest.artifact_type.filter(|kind| !kind.is_empty());
                let kind = own.unwrap_or(manifest.config.media_type.0);
                found.push(Descriptor { artifact_type: Some(kind), ..entry });
            }
            Err(error @ (Error::Transport(_) | Error::File { .. })) => return Err(error),
            _ => {}
        }
    }
    let mut seen = BTreeSet::new();
    found.retain(|entry| seen.insert(entry.digest.clone()));
    Ok(found)
}

/// The versions of the layout format that are read.
const VERSIONS: &str = "1.";

/// `oci-layout`, the file that says which version of the format the others are in.
#[derive(Debug, Deserialize)]
struct Version {
    #[serde(rename = "imageLayoutVersion")]
    version: String,
}

/// Remarks on a layout that does not say its version, or says one that is not ours.
///
/// It is read all the same: every document and every blob in it is verified by its digest.
async fn check_version(files: &dyn Files, limits: &Limits) -> Result<Option<Remark>, Error> {
    let what = format!("oci-layout in {}", files.place());
    let raw = read_file(files, "oci-layout", "manifest_bytes", limits.manifest_bytes).await?;
    let rule = match raw {
        None => "there is no oci-layout, so the version of the layout is unknown".to_owned(),
        Some(raw) => {
            let Version { version } = json::parse(&raw, &what)?;
            if version.starts_with(VERSIONS) {
                return Ok(None);
            }
            let shown: String = version.chars().take(40).collect();
            let shown = Escaped::new(&shown);
            format!("oci-layout says version \"{shown}\", which is not 1.x; it was read as that")
        }
    };
    tracing::warn!(place = files.place(), "{rule}");
    Ok(Some(Remark::new("layout-version", rule)))
}

pub(super) async fn read_index(files: &dyn Files, limits: &Limits) -> Result<Index, Error> {
    let what = format!("index.json in {}", files.place());
    let raw = read_file(files, "index.json", "manifest_bytes", limits.manifest_bytes)
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
                what: format!("\"{}\"", Escaped::new(tag)),
                place: format!("{place}, which has {}", listed(&index.manifests)),
            }),
        },
        ([first, ..], 1) => Ok((*first).clone()),
        (several, _) if is_one_image(several) => several
            .iter()
            .filter_map(|entry| Some((entry.platform.as_ref()?.distance(platform)?, entry)))
            .min_by_key(|(distance, _)| *distance)
            .map(|(_, entry)| (*entry).clone())
            .ok_or_else(|| Error::NotFound {
                what: format!("platform {platform}"),
                place: format!("the index of {place}, which has {}", platforms(several)),
            }),
        (several, _) => Err(Error::Ambiguous(format!(
            "{place} {}; name one of {}",
            if matches!(selector, Selector::Tag(_)) {
                "is ambiguous: it holds several images under that name"
            } else {
                "holds several images"
            },
            listed_refs(several)
        ))),
    }
}

/// Returns whether the entries are one image for several platforms, side by side: one name, and a platform each.
fn is_one_image(entries: &[&Descriptor]) -> bool {
    let one_name =
        entries.iter().map(|entry| names(entry).next()).collect::<BTreeSet<_>>().len() == 1;
    let platforms: Option<BTreeSet<_>> =
        entries.iter().map(|entry| entry.platform.as_ref()).collect();
    one_name && platforms.is_some_and(|platforms| platforms.len() == entries.len())
}

fn platforms(entries: &[&Descriptor]) -> String {
    let platforms = entries.iter().filter_map(|entry| entry.platform.as_ref());
    platforms.take(30).map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn listed(entries: &[Descriptor]) -> String {
    listed_refs(&entries.iter().collect::<Vec<_>>())
}

fn listed_refs(entries: &[&Descriptor]) -> String {
    let label = |entry: &&Descriptor| match names(entry).next() {
        Some(name) => format!("\"{}\" ({})", Escaped::new(name), entry.digest),
        None => format!("@{}", entry.digest),
    };
    let mut labels: Vec<String> = entries.iter().take(8).map(label).collect();
    if entries.len() > labels.len() {
        labels.push(format!("{} more", entries.len().saturating_sub(labels.len())));
    }
    if labels.is_empty() { "no image".into() } else { labels.join(", ") }
}
