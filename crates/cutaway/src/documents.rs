//! Manifests, indexes and configs of registries that are kept: by the digest that names them, which their bytes are
//! checked against each time.
//!
//! A tag costs one request for headers where what it named before is kept; a digest costs none.

use std::io::Cursor;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use cutaway_analyze::Fingerprint;
use cutaway_cache::Cache;
use cutaway_fetch::{Registry, Resolved};
use cutaway_model::{BlobStream, Blobs, Descriptor, Error, Stamp};
use cutaway_ref::{Digest, Reference};
use tokio::io::AsyncReadExt as _;

/// The largest document that is kept, in bytes.
const LARGEST: u64 = 8 << 20;

/// Resolves a reference with what is kept, and keeps what was fetched.
pub(crate) async fn resolve(
    registry: &Registry,
    reference: &Reference,
    cache: Option<&Cache>,
) -> Result<Resolved, Error> {
    let Some(cache) = cache else { return registry.resolve(reference).await };
    if let Some(resolved) = recall(registry, reference, cache).await {
        tracing::info!(digest = %resolved.descriptor.digest, "its document is from the cache");
        return Ok(resolved);
    }
    let resolved = registry.resolve(reference).await?;
    keep(reference, &resolved, cache).await;
    Ok(resolved)
}

async fn recall(registry: &Registry, reference: &Reference, cache: &Cache) -> Option<Resolved> {
    let digest = match reference.digest() {
        Some(digest) => digest.clone(),
        // Without anything to compare with, the document itself is the next thing to ask for.
        None => {
            cache.get(&tag(reference)).await?;
            registry.claimed_digest(reference).await?
        }
    };
    let place = format!("{}/{}", reference.registry(), reference.repository());
    let parts = cache.get(&document(&place, &digest)).await?;
    let bytes = Cache::part(&parts, &part("bytes")).filter(|bytes| has(bytes, &digest))?;
    let text =
        |name| Cache::part(&parts, &part(name)).map(|it| String::from_utf8_lossy(it).into_owned());
    let size = u64::try_from(bytes.len()).ok()?;
    Some(Resolved {
        descriptor: Descriptor::new(&*text("type")?, digest, size),
        bytes: bytes.to_vec(),
        content_type: text("content type"),
    })
}

async fn keep(reference: &Reference, resolved: &Resolved, cache: &Cache) {
    let Resolved { descriptor, bytes, content_type } = resolved;
    if !has(bytes, &descriptor.digest) {
        return;
    }
    let place = format!("{}/{}", reference.registry(), reference.repository());
    let bytes = Bytes::copy_from_slice(bytes);
    let kind = Bytes::copy_from_slice(descriptor.media_type.as_str().as_bytes());
    let stated =
        content_type.as_ref().map(|it| ("content type", Bytes::copy_from_slice(it.as_bytes())));
    let parts = [("bytes", bytes), ("type", kind)].into_iter().chain(stated);
    let parts = parts.map(|(name, bytes)| (*part(name).as_bytes(), bytes)).collect();
    cache.put(&document(&place, &descriptor.digest), &parts).await;
    if reference.digest().is_none() {
        cache.put(&tag(reference), &Vec::new()).await;
    }
}

/// A repository whose documents are kept. Its layers are those of the repository.
#[derive(Debug)]
pub(crate) struct Remembered {
    blobs: Arc<dyn Blobs>,
    cache: Cache,
    place: String,
}

impl Remembered {
    /// Keeps the documents of `blobs`, the repository of `reference`, where there is a cache.
    pub(crate) fn over(
        blobs: Arc<dyn Blobs>,
        reference: &Reference,
        cache: Option<&Cache>,
    ) -> Arc<dyn Blobs> {
        let place = format!("{}/{}", reference.registry(), reference.repository());
        match cache {
            Some(cache) => Arc::new(Self { blobs, cache: cache.clone(), place }),
            None => blobs,
        }
    }

    async fn read(&self, blob: &Descriptor) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        let mut stream = self.blobs.open(blob).await?.take(blob.size.saturating_add(1));
        let read = stream.read_to_end(&mut bytes).await;
        read.map_err(|error| Error::from_io(error, blob.digest.as_str()))?;
        Ok(bytes)
    }
}

#[async_trait]
impl Blobs for Remembered {
    async fn open(&self, blob: &Descriptor) -> Result<BlobStream, Error> {
        let kind = &blob.media_type;
        let is_document = kind.is_config() || kind.is_manifest() || kind.is_index();
        if !is_document || blob.size > LARGEST {
            return self.blobs.open(blob).await;
        }
        let name = document(&self.place, &blob.digest);
        let parts = self.cache.get(&name).await.unwrap_or_default();
        let kept = Cache::part(&parts, &part("bytes")).filter(|bytes| has(bytes, &blob.digest));
        if let Some(bytes) = kept {
            return Ok(Box::new(Cursor::new(bytes.clone())));
        }
        let bytes = self.read(blob).await?;
        if has(&bytes, &blob.digest) {
            let part = *part("bytes").as_bytes();
            self.cache.put(&name, &vec![(part, Bytes::copy_from_slice(&bytes))]).await;
        }
        Ok(Box::new(Cursor::new(bytes)))
    }

    async fn resume(&self, blob: &Descriptor, from: u64) -> Result<Option<BlobStream>, Error> {
        self.blobs.resume(blob, from).await
    }

    async fn part(&self, blob: &Descriptor, span: Range<u64>) -> Result<Option<BlobStream>, Error> {
        self.blobs.part(blob, span).await
    }

    async fn stat(&self, blob: &Descriptor) -> Result<Option<u64>, Error> {
        self.blobs.stat(blob).await
    }

    fn stamp(&self, blob: &Descriptor) -> Stamp {
        self.blobs.stamp(blob)
    }

    fn streams_at_once(&self) -> Option<usize> {
        self.blobs.streams_at_once()
    }

    async fn report_bad_bytes(&self, blob: &Descriptor) -> bool {
        self.blobs.report_bad_bytes(blob).await
    }
}

/// Names what a digest names in one repository: that it is there, and what it is called, is true of no other.
fn document(place: &str, digest: &Digest) -> Fingerprint {
    Fingerprint::of(["document", place, digest.as_str()])
}

fn tag(reference: &Reference) -> Fingerprint {
    Fingerprint::of(["tag", &reference.to_string()])
}

fn part(name: &str) -> Fingerprint {
    Fingerprint::of([name])
}

fn has(bytes: &[u8], digest: &Digest) -> bool {
    let Some(algorithm) = digest.algorithm() else { return false };
    let mut hasher = algorithm.hasher();
    hasher.update(bytes);
    hasher.finish() == *digest
}
