//! The image of an archive that passes, such as one that a daemon sends, into a sink.
//!
//! Its layers are written as they come and get their digests when all of the image has verified. An
//! archive that carries no manifest, as `docker save` writes it, gets one here: of its config and of
//! its layers as they are stored. OCI has types for layers that are plain or compressed with gzip or zstd;
//! others are compressed again, with gzip.

use std::collections::HashMap;
use std::io::{self, Cursor};
use std::sync::Arc;

use cutaway_files::{Measured, ReadError, Source, pass};
use cutaway_model::{
    BlobSink, BlobStream, Claim, Compression, Decoded, Descriptor, DiffIdCheck,
    Error as ModelError, Image, ImageName, Layer, MediaType, SinkError, StoredCheck, Unnamed,
    Upload, VerifiedTar, gzipped,
};
use cutaway_ref::Digest;
use serde_json::json;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::sync::{Mutex, mpsc};

use crate::ahead::stream_of;
use crate::flatten::read;
use crate::passing::given;
use crate::pull::{Carried, Pulled, config_of};
use crate::{Error, Limits, Passing};

/// How many pieces lie between who writes a layer and who reads it.
const PIECES: usize = 4;
/// How many bytes are compressed at once.
const CHUNK: usize = 256 << 10;

/// A layer that was written and has no digest yet; an image may list it twice.
type Written = Arc<Mutex<Option<Box<dyn Upload>>>>;

/// Writes the image that `passing` means from the archive `stream` into `sink`, under `name`.
pub(crate) async fn pull(
    stream: BlobStream,
    passing: &Passing,
    name: &ImageName,
    sink: &Arc<dyn BlobSink>,
    limits: &Limits,
) -> Result<Pulled, Error> {
    let limits = *limits;
    let failure = Arc::new(std::sync::Mutex::new(None));
    let passed = pass(given(stream, passing, &limits), |member, bytes| {
        let (sink, failure) = (Arc::clone(sink), Arc::clone(&failure));
        async move {
            let (full, pieces) = mpsc::channel(PIECES);
            let walking = async {
                let bytes = stream_of(pieces);
                let source = Source::of_member(&member, bytes, &limits.model).await?;
                Ok::<Measured, ReadError>(read(source, &limits).await?.0)
            };
            let (written, walked) = tokio::join!(write(bytes, sink, full), walking);
            match written {
                Ok(upload) => {
                    let written: Written = Arc::new(Mutex::new(Some(upload)));
                    Ok((walked?, written))
                }
                Err(error) => {
                    let stand_in = ModelError::malformed("layer", error.to_string());
                    if let Ok(mut failure) = failure.lock() {
                        failure.get_or_insert(error);
                    }
                    Err(stand_in.into())
                }
            }
        }
    })
    .await;
    if let Some(failure) = failure.lock().ok().and_then(|mut failure| failure.take()) {
        return Err(failure.into());
    }
    let (image, _, layers) = passed?;
    let mut pulled = Pulled::default();
    let mut known: HashMap<Digest, Descriptor> = HashMap::new();
    let mut listed = Vec::with_capacity(layers.len());
    for (layer, (measured, written)) in image.layers().iter().zip(layers) {
        let digest = &measured.stored.digest;
        let blob = match known.get(digest) {
            Some(blob) => blob.clone(),
            None => {
                let upload = written.lock().await.take();
                let Some(upload) = upload else {
                    return Err(ModelError::malformed(layer.what(), "was not written").into());
                };
                let (blob, is_new) =
                    commit(&image, layer, &measured, upload, sink, &limits).await?;
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

/// Writes all bytes of a member, and passes them on; whoever takes them may stop early.
async fn write(
    mut bytes: impl AsyncBufRead + Unpin,
    sink: Arc<dyn BlobSink>,
    full: mpsc::Sender<io::Result<Cursor<Vec<u8>>>>,
) -> Result<Box<dyn Upload>, SinkError> {
    let mut upload = begin(sink.as_ref()).await?;
    loop {
        let piece = match bytes.fill_buf().await {
            Ok([]) => return Ok(upload),
            Ok(piece) => piece.to_vec(),
            Err(error) => {
                // The one who walks says so.
                let _ = full.send(Err(error)).await;
                return Ok(upload);
            }
        };
        bytes.consume(piece.len());
        upload.write(&piece).await?;
        if full.send(Ok(Cursor::new(piece))).await.is_err() {
            return Ok(upload);
        }
    }
}

async fn begin(sink: &dyn BlobSink) -> Result<Box<dyn Upload>, SinkError> {
    sink.begin(&Unnamed::default()).await?.ok_or_else(|| {
        let rule =
            "takes no layer before its digest is known, which is when the archive has passed";
        SinkError::target("the target", rule)
    })
}

/// Gives a layer its digest; returns what it is now, and whether the sink did not have it.
async fn commit(
    image: &Image,
    layer: &Layer,
    measured: &Measured,
    upload: Box<dyn Upload>,
    sink: &Arc<dyn BlobSink>,
    limits: &Limits,
) -> Result<(Descriptor, bool), Error> {
    let blob =
        |kind: &str| Descriptor::new(kind, measured.stored.digest.clone(), measured.stored.size);
    let blob = match (measured.compression, layer.media_type()) {
        // What a manifest calls it stands there already.
        (_, Some(kind)) => blob(kind.as_str()),
        _ if image.manifest().is_some() => blob(MediaType::OCI_LAYER),
        (Compression::Plain, None) => blob(MediaType::OCI_LAYER),
        (Compression::Gzip, None) => blob(MediaType::OCI_LAYER_GZIP),
        (Compression::Zstd, None) => blob(MediaType::OCI_LAYER_ZSTD),
        (other, None) => return again(layer, other, upload, sink, limits).await,
    };
    let is_new = upload.commit(&blob).await?;
    Ok((blob, is_new))
}

/// Compresses a layer again, with gzip.
async fn again(
    layer: &Layer,
    found: Compression,
    mut upload: Box<dyn Upload>,
    sink: &Arc<dyn BlobSink>,
    limits: &Limits,
) -> Result<(Descriptor, bool), Error> {
    let (what, found) = (layer.what(), found.name());
    let Some(stored) = upload.read().await? else {
        let rule = format!("is compressed with {found}, for which OCI has no media type");
        return Err(SinkError::target(what, rule).into());
    };
    tracing::warn!(
        layer = what,
        "is compressed with {found}, for which OCI has no media type; it is compressed again with gzip"
    );
    let tar = Decoded::open(stored, what.as_str(), &limits.model).await?;
    let tar =
        VerifiedTar::new(tar, DiffIdCheck::new(what.as_str(), Some(layer.diff_id().clone()))?);
    let mut zipped = gzipped(BufReader::with_capacity(CHUNK, tar));
    let mut check = StoredCheck::new(what.as_str(), Claim::default())?;
    let mut anew = begin(sink.as_ref()).await?;
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = zipped.read(&mut chunk).await;
        let count = read.map_err(|error| ModelError::from_io(error, &what))?;
        let bytes = chunk.get(..count).unwrap_or_default();
        if bytes.is_empty() {
            break;
        }
        check.update(bytes)?;
        anew.write(bytes).await?;
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
    let size = u64::try_from(raw.len()).unwrap_or(u64::MAX);
    (Descriptor::new(MediaType::OCI_MANIFEST, Digest::sha256(&raw), size), raw)
}
