//! One image or index, from wherever it lies into whatever takes it.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use cutaway_model::{
    BlobSink, BlobStream, Blobs, Compression, Descriptor, Error as ModelError, Image, ImageName,
    Layer, Limits, MediaType, Part, Unnamed, closure,
};
use cutaway_read::{Archive, Options};
use cutaway_tar::len64;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::io::AsyncBufReadExt as _;

use crate::ahead::Ahead;
use crate::{Error, archived};

/// What is pulled.
pub enum Source {
    /// A manifest or an index, with all that belongs to it.
    Root(Item),
    /// One image: its config, its layers and its manifest, where it has one.
    Image(Box<Image>, ImageName),
    /// The image that is meant of an archive that passes by.
    Archive(Archive, ImageName),
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root(item) => f.debug_tuple("Root").field(item).finish(),
            Self::Image(image, name) => {
                f.debug_tuple("Image").field(image.id()).field(name).finish()
            }
            Self::Archive(archive, name) => {
                f.debug_tuple("Archive").field(archive).field(name).finish()
            }
        }
    }
}

/// An image or an index that is to be written out whole.
#[derive(Debug, Clone)]
pub struct Item {
    /// Where its blobs are.
    pub blobs: Arc<dyn Blobs>,
    /// Its manifest or index.
    pub root: Descriptor,
    /// What it is to be found by.
    pub name: ImageName,
}

/// What a pull has done. Manifests and indexes are not counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pulled {
    /// Blobs that were fetched.
    pub fetched: u64,
    /// Blobs that were there already, with the right bytes.
    pub kept: u64,
    /// Bytes that were fetched.
    pub bytes: u64,
    /// Layers of which the bytes that were written are others than those that were read, with why; in the
    /// order of the image.
    pub rewritten: Vec<Rewritten>,
}

/// A layer that was compressed again with gzip, since OCI has no media type for what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rewritten {
    /// Its position in the image; of a layer that stands there twice, the first.
    pub layer: usize,
    /// How it was compressed.
    pub from: Compression,
}

impl fmt::Display for Rewritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { layer, from } = self;
        let from = from.name();
        write!(
            f,
            "layer {layer} is compressed with {from}, for which OCI has no media type; it was compressed again with gzip"
        )
    }
}

impl Pulled {
    /// Adds what another pull has done.
    pub fn add(&mut self, other: Self) {
        self.fetched = self.fetched.saturating_add(other.fetched);
        self.kept = self.kept.saturating_add(other.kept);
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.rewritten.extend(other.rewritten);
    }

    /// Counts a blob: the bytes that were fetched of it, or none where it was there.
    pub(crate) fn count(&mut self, fetched: Option<u64>) {
        match fetched {
            Some(bytes) => {
                self.fetched = self.fetched.saturating_add(1);
                self.bytes = self.bytes.saturating_add(bytes);
            }
            None => self.kept = self.kept.saturating_add(1),
        }
    }
}

/// Writes `source` into `sink`: blobs first, then the documents that list them, the root with its name last.
///
/// A sink that takes several blobs at once is given as many; one that takes them in their order is given
/// them one by one, and the next ones are read ahead within a bound. What the sink has is not fetched.
///
/// Wants a tokio runtime. Dropped before its end, it leaves what a run that was ended leaves.
///
/// # Errors
///
/// Returns what keeps the image from being read and verified, and what keeps the sink from taking it. What
/// the sink has got by then stays there, without a name.
pub async fn pull(
    source: Source,
    sink: &Arc<dyn BlobSink>,
    options: &Options,
) -> Result<Pulled, Error> {
    match source {
        Source::Root(item) => root(item, sink.as_ref(), &options.limits.model).await,
        Source::Image(image, name) => one(&image, &name, sink.as_ref()).await,
        Source::Archive(archive, name) => archived::pull(&archive, &name, sink, options).await,
    }
}

async fn root(item: Item, sink: &dyn BlobSink, limits: &Limits) -> Result<Pulled, Error> {
    let Item { blobs, root, name } = item;
    let parts = closure(blobs.as_ref(), root.clone(), limits).await?;
    let (mut list, mut documents) = (Vec::new(), Vec::new());
    for Part { descriptor, document } in parts {
        match document {
            Some(raw) => documents.push((descriptor, raw)),
            None => list.push(descriptor),
        }
    }
    let mut pulled = Pulled::default();
    put_all(&blobs, list, sink, &mut pulled).await?;
    for (document, raw) in &documents {
        let name = (*document == root).then_some(&name);
        sink.put_manifest(document, raw, name).await?;
    }
    Ok(pulled)
}

async fn one(image: &Image, name: &ImageName, sink: &dyn BlobSink) -> Result<Pulled, Error> {
    let mut pulled = Pulled::default();
    let config = config_of(image);
    let blobs = image.layers().iter().find_map(|layer| Some(Arc::clone(layer.blob()?.0)));
    match blobs {
        // All layers of one image lie in one place.
        Some(blobs) => {
            let mut seen = BTreeSet::from([config.digest.clone()]);
            let layers = image.layers().iter().filter_map(|layer| Some(layer.blob()?.1.clone()));
            let layers = layers.filter(|layer| seen.insert(layer.digest.clone()));
            let list = std::iter::once(config).chain(layers).collect();
            put_all(&blobs, list, sink, &mut pulled).await?;
        }
        None if sink.keeps_manifests() && image.manifest().is_none() => {
            let rule = "carries no manifest: its form has none";
            return Err(ModelError::malformed(format!("image {}", image.id()), rule).into());
        }
        None => {
            let carried: Arc<dyn Blobs> = Arc::new(Carried);
            put_all(&carried, vec![config], sink, &mut pulled).await?;
            let mut seen = BTreeSet::new();
            for layer in image.layers().iter().filter(|layer| seen.insert(layer.diff_id())) {
                pulled.count(put_unnamed(layer, sink).await?);
            }
        }
    }
    if let Some(stated) = image.manifest() {
        sink.put_manifest(&stated.descriptor, &stated.raw, Some(name)).await?;
    }
    Ok(pulled)
}

/// Returns the config of an image as a blob that carries its bytes.
pub(crate) fn config_of(image: &Image) -> Descriptor {
    let raw = image.raw_config();
    let config = match image.manifest() {
        Some(stated) => stated.manifest.config.clone(),
        None => {
            let size = len64(raw.len());
            Descriptor::new(MediaType::OCI_CONFIG, image.id().clone(), size)
        }
    };
    Descriptor { data: Some(raw.to_vec()), ..config }
}

/// Puts the blobs of `list` that the sink does not have.
pub(crate) async fn put_all(
    blobs: &Arc<dyn Blobs>,
    list: Vec<Descriptor>,
    sink: &dyn BlobSink,
    pulled: &mut Pulled,
) -> Result<(), Error> {
    let at_once = sink.at_once();
    if at_once > 1 {
        let puts = list.iter().map(|blob| async move {
            if sink.has(blob).await? {
                tracing::debug!(digest = %blob.digest, "blob is there");
                return Ok(None);
            }
            sink.put(blob, blobs.as_ref()).await.map(Some)
        });
        // Collected, since a stream of borrowing futures that are made as they are polled has no one lifetime.
        let puts: Vec<_> = puts.collect();
        let done: Vec<Option<u64>> =
            stream::iter(puts).buffer_unordered(at_once).try_collect().await?;
        done.into_iter().for_each(|fetched| pulled.count(fetched));
        return Ok(());
    }
    let mut missing = Vec::with_capacity(list.len());
    for blob in list {
        if sink.has(&blob).await? { pulled.count(None) } else { missing.push(blob) }
    }
    let ahead = missing.iter().filter(|blob| blob.carried().is_none()).cloned().collect();
    let ahead = Ahead::new(Arc::clone(blobs), ahead);
    for blob in &missing {
        pulled.count(Some(sink.put(blob, &ahead).await?));
    }
    Ok(())
}

/// Puts a layer whose digest no document states.
async fn put_unnamed(layer: &Layer, sink: &dyn BlobSink) -> Result<Option<u64>, Error> {
    let what = layer.what();
    let unnamed = Unnamed { size: layer.size(), diff_id: Some(layer.diff_id().clone()) };
    let Some(mut upload) = sink.begin(&unnamed).await? else {
        let rule = "has no digest before it is read, which is wanted there";
        return Err(ModelError::malformed(what, rule).into());
    };
    let mut stream = layer.compressed().await?;
    let outcome = stream.outcome();
    loop {
        let read = stream.fill_buf().await;
        let bytes = read.map_err(|error| ModelError::from_io(error, &what))?;
        let count = bytes.len();
        if count == 0 {
            break;
        }
        upload.write(bytes).await?;
        stream.consume(count);
    }
    let Some(stored) = outcome.stored() else {
        return Err(ModelError::malformed(what, "was not read to its end").into());
    };
    let blob = Descriptor::new(MediaType::OCI_LAYER, stored.digest.clone(), stored.size);
    Ok(upload.commit(&blob).await?.then_some(stored.size))
}

/// The place of blobs that their descriptors carry, which holds no others.
#[derive(Debug)]
pub(crate) struct Carried;

#[async_trait]
impl Blobs for Carried {
    async fn open(&self, blob: &Descriptor) -> Result<BlobStream, ModelError> {
        Err(ModelError::Missing { what: blob.digest.to_string() })
    }
}
