//! What belongs to an image or an index: its documents, walked level by level, and the blobs that they list.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use cutaway_ref::Digest;
use cutaway_tar::len64;

use crate::{Blobs, Descriptor, Document, Error, Limits, read_document};

/// The documents of an image or an index, one after the other: an index before what it lists, each
/// digest once.
///
/// Images and indexes that an index lists are documents; a child of any other media type is a blob that
/// is carried along. What could not be read is told with its error, and the walk goes on behind it. What
/// lies deeper than `index_depth`, and what is more than `index_entries` or lists more than
/// `closure_bytes` at once, is not read: [`Documents::next`] says so once, at the end.
///
/// Nothing is held but what an index lists and was not read yet.
#[derive(Debug)]
pub struct Documents<'a> {
    blobs: &'a dyn Blobs,
    limits: &'a Limits,
    seen: BTreeSet<Digest>,
    level: VecDeque<Descriptor>,
    below: VecDeque<Descriptor>,
    depth: u64,
    /// The bytes of the indexes whose children are `below`.
    weight: u64,
    /// What was left out first, and why.
    left_out: Option<(Descriptor, Error)>,
}

/// A document that was reached.
#[derive(Debug)]
pub struct Reached {
    /// What names it.
    pub descriptor: Descriptor,
    /// What it says and its bytes, which were verified.
    pub read: Result<(Document, Vec<u8>), Error>,
}

impl<'a> Documents<'a> {
    /// Starts at `root`, which is read first.
    pub fn new(blobs: &'a dyn Blobs, root: Descriptor, limits: &'a Limits) -> Self {
        Self {
            blobs,
            limits,
            seen: [root.digest.clone()].into(),
            level: [root].into(),
            below: VecDeque::new(),
            depth: 0,
            weight: 0,
            left_out: None,
        }
    }

    /// Reads the next document; `None` where there is none left.
    ///
    /// The last one may be one that was not read: its error is the [`Error::Limit`] that kept the walk
    /// from it, and there may be more like it.
    pub async fn next(&mut self) -> Option<Reached> {
        if self.level.is_empty() {
            self.descend();
        }
        let Some(descriptor) = self.level.pop_front() else {
            let (descriptor, error) = self.left_out.take()?;
            return Some(Reached { descriptor, read: Err(error) });
        };
        let read = read_document(self.blobs, &descriptor, self.limits).await;
        if let Ok((Document::Index(index), raw)) = &read {
            self.list(&index.manifests, raw.len());
        }
        Some(Reached { descriptor, read })
    }

    /// Goes on with what the level before has listed.
    fn descend(&mut self) {
        self.depth = self.depth.saturating_add(1);
        self.weight = 0;
        self.level = std::mem::take(&mut self.below);
        let max = self.limits.index_depth;
        if self.depth > max
            && let Some(first) = self.level.pop_front()
        {
            let what = format!("index around manifest {}", first.digest);
            self.level.clear();
            self.leave_out(first, Error::Limit { what, limit: "index_depth", max });
        }
    }

    fn list(&mut self, children: &[Descriptor], bytes: usize) {
        self.weight = self.weight.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        for child in children.iter().filter(|child| is_document(child)) {
            if self.seen.contains(&child.digest) {
                continue;
            }
            // The root is none of its own entries.
            let over = if self.count() > self.limits.index_entries {
                Some(("index of nested indexes", "index_entries", self.limits.index_entries))
            } else if self.weight > self.limits.closure_bytes {
                Some(("indexes side by side", "closure_bytes", self.limits.closure_bytes))
            } else {
                None
            };
            if let Some((what, limit, max)) = over {
                let what = what.to_owned();
                return self.leave_out(child.clone(), Error::Limit { what, limit, max });
            }
            self.seen.insert(child.digest.clone());
            self.below.push_back(child.clone());
        }
    }

    fn count(&self) -> u64 {
        len64(self.seen.len())
    }

    fn leave_out(&mut self, descriptor: Descriptor, error: Error) {
        self.left_out.get_or_insert((descriptor, error));
    }
}

/// A blob of an image or an index, with its bytes where it is a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What names the blob.
    pub descriptor: Descriptor,
    /// The bytes of a manifest or an index, which were verified.
    pub document: Option<Vec<u8>>,
}

/// Lists the blobs of the image or index at `root`, each once: what documents list before the documents
/// themselves, so that whoever writes them in this order never writes a document whose parts are missing.
///
/// Documents are read and held; nothing else is. Layers that must not be distributed are left out.
///
/// # Errors
///
/// Returns what keeps a document from being read and verified, and [`Error::Limit`] for indexes deeper
/// than `index_depth`, with more than `index_entries` documents or `closure_bytes` bytes in all.
pub async fn closure(
    blobs: &dyn Blobs,
    root: Descriptor,
    limits: &Limits,
) -> Result<Vec<Part>, Error> {
    let mut walk = Documents::new(blobs, root, limits);
    let (mut documents, mut listed, mut held) = (Vec::new(), Vec::new(), 0_u64);
    while let Some(Reached { descriptor, read }) = walk.next().await {
        let (document, bytes) = read?;
        if let Some((_, error)) = walk.left_out.take() {
            return Err(error);
        }
        held = held.saturating_add(len64(bytes.len()));
        if held > limits.closure_bytes {
            let what = format!("documents with {held} bytes in all");
            return Err(Error::Limit { what, limit: "closure_bytes", max: limits.closure_bytes });
        }
        let mut children = Vec::new();
        match document {
            Document::Index(index) => {
                for child in index.manifests {
                    if is_document(&child) {
                        children.push(child.digest);
                    } else {
                        listed.push(child);
                    }
                }
            }
            Document::Manifest(manifest) => {
                listed.push(manifest.config);
                listed.extend(
                    manifest.layers.into_iter().filter(|layer| layer.media_type.is_distributable()),
                );
            }
        }
        documents.push((Part { descriptor, document: Some(bytes) }, children));
    }
    let mut seen = walk.seen;
    listed.retain(|blob| seen.insert(blob.digest.clone()));
    let listed = listed.into_iter().map(|descriptor| Part { descriptor, document: None });
    Ok(listed.chain(children_first(documents)).collect())
}

/// Orders documents so that each comes behind all that it lists, also where two of them list one.
///
/// The first is the root; the rest is given in the order in which it was reached.
fn children_first(documents: Vec<(Part, Vec<Digest>)>) -> Vec<Part> {
    let root: Vec<Digest> =
        documents.first().map(|(part, _)| part.descriptor.digest.clone()).into_iter().collect();
    let mut waiting: BTreeMap<Digest, (Part, Vec<Digest>)> = documents
        .into_iter()
        .map(|(part, children)| (part.descriptor.digest.clone(), (part, children)))
        .collect();
    let mut ordered = Vec::with_capacity(waiting.len());
    // The documents above, each with what it lists and was not looked at yet.
    let mut above: Vec<(Option<Part>, std::vec::IntoIter<Digest>)> = vec![(None, root.into_iter())];
    while let Some((_, children)) = above.last_mut() {
        match children.next() {
            Some(child) => {
                if let Some((part, children)) = waiting.remove(&child) {
                    above.push((Some(part), children.into_iter()));
                }
            }
            None => ordered.extend(above.pop().and_then(|(part, _)| part)),
        }
    }
    ordered
}

/// Returns whether the child of an index is an image or an index too.
fn is_document(child: &Descriptor) -> bool {
    child.media_type.is_index() || child.media_type.is_manifest()
}
