//! Which blobs belong to an image or an index.

use std::collections::BTreeSet;
use std::sync::Arc;

use cutaway_model::{Blobs, Descriptor, Document, Error, read_document};

use crate::Limits;

/// An image or an index that is to be written out whole.
#[derive(Debug, Clone)]
pub struct Item {
    /// Where its blobs are.
    pub blobs: Arc<dyn Blobs>,
    /// Its manifest or index.
    pub root: Descriptor,
    /// The full name under which it is to be found again, such as `docker.io/library/alpine:3.20`.
    pub name: Option<String>,
    /// The tag under which it is to be found again.
    pub tag: Option<String>,
}

/// A blob of an item, with its bytes where it is a document.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) descriptor: Descriptor,
    pub(crate) bytes: Option<Vec<u8>>,
}

impl Part {
    /// Returns where the blob lies in a layout.
    pub(crate) fn path(&self) -> String {
        let digest = &self.descriptor.digest;
        format!("blobs/{}/{}", digest.algorithm_name(), digest.encoded())
    }
}

/// Lists the blobs of an item, each once: what documents list before the documents themselves, so
/// that whoever writes them in this order never writes a document whose parts are missing.
///
/// Documents are read; nothing else is. Layers that must not be distributed are left out.
pub(crate) async fn parts(item: &Item, limits: &Limits) -> Result<Vec<Part>, Error> {
    let mut seen = BTreeSet::new();
    let (mut documents, mut blobs) = (Vec::new(), Vec::new());
    let mut level = vec![item.root.clone()];
    for _ in 0..=limits.model.index_depth {
        let mut below = Vec::new();
        for descriptor in level {
            if !seen.insert(descriptor.digest.clone()) {
                continue;
            }
            bounded(seen.len(), limits)?;
            let (document, bytes) =
                read_document(item.blobs.as_ref(), &descriptor, &limits.model).await?;
            documents.push(Part { descriptor, bytes: Some(bytes) });
            match document {
                // A child of another kind than image or index is carried along as it is.
                Document::Index(index) => {
                    for child in index.manifests {
                        let kind = &child.media_type;
                        if kind.is_index() || kind.is_manifest() {
                            below.push(child);
                        } else {
                            blobs.push(child);
                        }
                    }
                }
                Document::Manifest(manifest) => {
                    blobs.push(manifest.config);
                    blobs.extend(manifest.layers.into_iter().filter(is_distributable));
                }
            }
        }
        level = below;
    }
    if let Some(deepest) = level.first() {
        let what = format!("index around manifest {}", deepest.digest);
        let (limit, max) = ("index_depth", limits.model.index_depth);
        return Err(Error::Limit { what, limit, max });
    }
    documents.reverse();
    let blobs = blobs.into_iter().filter(|blob| seen.insert(blob.digest.clone()));
    let blobs = blobs.map(|descriptor| Part { descriptor, bytes: None });
    Ok(blobs.collect::<Vec<_>>().into_iter().chain(documents).collect())
}

fn bounded(count: usize, limits: &Limits) -> Result<(), Error> {
    let max = limits.model.index_entries;
    if u64::try_from(count).is_ok_and(|count| count <= max) {
        return Ok(());
    }
    Err(Error::Limit { what: "index of nested indexes".into(), limit: "index_entries", max })
}

/// Returns whether a layer may be copied: those of other owners are only pointed to.
fn is_distributable(layer: &Descriptor) -> bool {
    let kind = layer.media_type.as_str();
    !(kind.contains("nondistributable") || kind.contains(".foreign."))
}
