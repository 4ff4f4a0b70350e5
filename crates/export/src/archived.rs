//! The image of an archive that passes, such as one that a daemon sends, into a sink.
//!
//! Its layers are written as they come and get their digests when all of the image has verified. An
//! archive that carries no manifest, as `docker save` writes it, gets one here: of its config and of
//! its layers as they are stored. OCI has types for layers that are plain or compressed with gzip or zstd;
//! others are compressed again, with gzip.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use cutaway_layerfs::{EntryPath, Meta, Visitor};
use cutaway_model::{
    BlobSink, Claim, Compression, Decoded, Descriptor, DiffIdCheck, Error as ModelError, Gzip,
    Image, ImageName, Layer, Measured, MediaType, SinkError, StoredCheck, Unnamed, Upload,
    VerifiedTar,
};
use cutaway_read::{
    Archive, LayerKey, LayerReader, Layers, Options, Progress, Select, layers_of_archive,
};
use cutaway_ref::Digest;
use cutaway_tar::len64;
use serde_json::json;
use tokio::io::AsyncReadExt as _;

use crate::Error;
use crate::pull::{Carried, Pulled, Rewritten, config_of};

/// How many bytes are compressed at once.
const CHUNK: u64 = 256 << 10;

/// A layer that was written and has no digest yet; an image may list it twice.
type Written = Mutex<Option<Box<dyn Upload>>>;

/// Writes the image that is meant of `archive` into `sink`, under `name`.
pub(crate) async fn pull(
    archive: &Archive,
    name: &ImageName,
    sink: &Arc<dyn BlobSink>,
    options: &Options,
) -> Result<Pulled, Error> {
    let failure = Arc::new(Mutex::new(None));
    let writer = |_: &LayerKey| Writer {
        sink: Arc::clone(sink),
        upload: None,
        pending: Vec::new(),
        failure: Arc::clone(&failure),
    };
    let passed = layers_of_archive(archive, Select::ALL, writer, options).await;
    if let Some(failure) = failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
        return Err(Error::from(failure));
    }
    let Layers { image, layers, .. } = passed?;
    let mut pulled = Pulled::default();
    let mut known: HashMap<Digest, Descriptor> = HashMap::new();
    let mut listed = Vec::with_capacity(layers.len());
    for (layer, reading) in image.layers().iter().zip(layers) {
        let digest = &reading.measured.stored.digest;
        let blob = match known.get(digest) {
            Some(blob) => blob.clone(),
            None => {
                let upload = reading.out.lock().unwrap_or_else(PoisonError::into_inner).take();
                let Some(upload) = upload else {
                    return Err(ModelError::malformed(layer.what(), "was not written").into());
                };
                let from = reading.measured.compression;
                let (blob, is_new) = match fitting(&image, layer, &reading.measured) {
                    Some(blob) => {
                        let is_new = upload.commit(&blob).await?;
                        (blob, is_new)
                    }
                    None => {
                        pulled.rewritten.push(Rewritten { layer: layer.index(), from });
                        again(layer, from, upload, sink, options).await?
                    }
                };
                pulled.count(is_new.then_some(blob.size));
                known.insert(digest.clone(), blob.clone());
                blob
            }
        };
        listed.push(blob);
    }
    let config = config_of(&image);
    if !sink.has(&config).await? {
        sink.put(&config, &Carried).await?;
    }
    let (root, raw) = manifest(&image, &listed);
    sink.put_manifest(&root, &raw, Some(name)).await?;
    Ok(pulled)
}

/// Writes the stored bytes of what may be a layer while it is read.
struct Writer {
    sink: Arc<dyn BlobSink>,
    upload: Option<Box<dyn Upload>>,
    /// Stored bytes that are not written yet.
    pending: Vec<u8>,
    /// The first thing that kept the sink from taking a layer.
    failure: Arc<Mutex<Option<SinkError>>>,
}

impl Writer {
    async fn write(&mut self) -> ControlFlow<()> {
        let written = async {
            let upload = match &mut self.upload {
                Some(upload) => upload,
                None => self.upload.insert(begin(self.sink.as_ref()).await?),
            };
            upload.write(&self.pending).await
        };
        let written = written.await;
        self.pending.clear();
        match written {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
                failure.get_or_insert(error);
                ControlFlow::Break(())
            }
        }
    }
}

impl Visitor for Writer {
    fn entry(&mut self, _: u32, _: &EntryPath, _: &Meta) -> bool {
        false
    }
    fn data(&mut self, _: &[u8]) {}
    fn hole(&mut self, _: u64) {}
    fn end(&mut self) {}
}

impl LayerReader for Writer {
    type Out = Written;

    fn stored(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
    }

    async fn pause(&mut self, _: Progress) -> ControlFlow<()> {
        self.write().await
    }

    async fn finish(mut self) -> Written {
        let written = self.write().await;
        Mutex::new(self.upload.filter(|_| written.is_continue()))
    }
}

async fn begin(sink: &dyn BlobSink) -> Result<Box<dyn Upload>, SinkError> {
    sink.begin(&Unnamed::default()).await?.ok_or_else(|| {
        let rule =
            "takes no layer before its digest is known, which is when the archive has passed";
        SinkError::target("the target", rule)
    })
}

/// Returns what a layer is as it is stored; none where OCI has no media type for that.
fn fitting(image: &Image, layer: &Layer, measured: &Measured) -> Option<Descriptor> {
    let kind = match (measured.compression, layer.media_type()) {
        // What a manifest calls it stands there already.
        (_, Some(kind)) => kind.as_str(),
        _ if image.manifest().is_some() => MediaType::OCI_LAYER,
        (Compression::Plain, None) => MediaType::OCI_LAYER,
        (Compression::Gzip, None) => MediaType::OCI_LAYER_GZIP,
        (Compression::Zstd, None) => MediaType::OCI_LAYER_ZSTD,
        (_, None) => return None,
    };
    Some(Descriptor::new(kind, measured.stored.digest.clone(), measured.stored.size))
}

/// Compresses a layer again, with gzip.
async fn again(
    layer: &Layer,
    found: Compression,
    mut upload: Box<dyn Upload>,
    sink: &Arc<dyn BlobSink>,
    options: &Options,
) -> Result<(Descriptor, bool), Error> {
    let (what, found) = (layer.what(), found.name());
    let Some(stored) = upload.read().await? else {
        let rule = format!("is compressed with {found}, for which OCI has no media type");
        return Err(SinkError::target(what, rule).into());
    };
    let tar = Decoded::open(stored, what.as_str(), &options.limits.model).await?;
    let mut tar =
        VerifiedTar::new(tar, DiffIdCheck::new(what.as_str(), Some(layer.diff_id().clone()))?);
    let mut gzip = Some(Gzip::default());
    let mut check = StoredCheck::new(what.as_str(), Claim::default())?;
    let mut anew = begin(sink.as_ref()).await?;
    let mut piece = Vec::new();
    while let Some(mut stream) = gzip.take() {
        piece.clear();
        // Whole pieces, whatever the disk gives at once: the stream depends on them.
        let read = (&mut tar).take(CHUNK).read_to_end(&mut piece).await;
        read.map_err(|error| ModelError::from_io(error, &what))?;
        let ready = if piece.is_empty() {
            stream.finish()
        } else {
            let ready = stream.push(&piece);
            gzip = Some(stream);
            ready
        };
        let ready = ready.map_err(|error| ModelError::from_io(error, &what))?;
        check.update(&ready)?;
        anew.write(&ready).await?;
    }
    let stored = check.verdict()?;
    let blob = Descriptor::new(MediaType::OCI_LAYER_GZIP, stored.digest, stored.size);
    let is_new = anew.commit(&blob).await?;
    Ok((blob, is_new))
}

/// Returns the manifest that the archive carries, or the one that it gets.
fn manifest(image: &Image, layers: &[Descriptor]) -> (Descriptor, Vec<u8>) {
    if let Some(stated) = image.manifest() {
        return (stated.descriptor.clone(), stated.raw.clone());
    }
    let describe = |blob: &Descriptor| json!({"mediaType": blob.media_type, "digest": blob.digest, "size": blob.size});
    let layers: Vec<_> = layers.iter().map(describe).collect();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MediaType::OCI_MANIFEST,
        "config": describe(&config_of(image)),
        "layers": layers,
    });
    let raw = manifest.to_string().into_bytes();
    let size = len64(raw.len());
    (Descriptor::new(MediaType::OCI_MANIFEST, Digest::sha256(&raw), size), raw)
}
