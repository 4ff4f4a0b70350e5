//! What is no file system: a manifest around one blob of something else, such as a chart or a signature.

use cutaway_model::{Blobs, Claim, Decoded, Descriptor, Limits, Manifest, SinkError, Verified};
use tokio::io::{
    AsyncBufReadExt as _, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};

use crate::Error;

/// How many bytes are written at once.
const CHUNK: usize = 256 << 10;

/// Returns the only blob of a manifest where that is no layer of a file system, as its media type says.
pub fn only_content(manifest: &Manifest) -> Option<&Descriptor> {
    let [only] = manifest.layers.as_slice() else { return None };
    let kind = only.media_type.as_str();
    let is_layer = ["application/vnd.oci.image.layer.", "application/vnd.docker.image.rootfs."]
        .iter()
        .any(|start| kind.starts_with(start));
    Some(only).filter(|_| !is_layer)
}

/// Writes what a blob holds, uncompressed, to `out`; `target` names it in errors. Returns how many bytes that is.
///
/// # Errors
///
/// Returns what keeps the blob from being read and verified, which may be known at its end only, and
/// [`SinkError::Write`].
pub async fn content(
    blobs: &dyn Blobs,
    blob: &Descriptor,
    limits: &Limits,
    mut out: impl AsyncWrite + Unpin + Send,
    target: &str,
) -> Result<u64, Error> {
    let what = format!("blob {}", blob.digest);
    let claim = Claim { digest: Some(blob.digest.clone()), size: Some(blob.size) };
    let stream = Verified::new(blobs.open(blob).await?, what.as_str(), claim)?;
    let mut stream = BufReader::with_capacity(CHUNK, stream);
    let head = stream.fill_buf().await;
    let head = head.map_err(|error| cutaway_model::Error::from_io(error, &what))?;
    if head.is_empty() {
        return Ok(0);
    }
    let mut stream = Decoded::open(stream, what.as_str(), limits).await?;
    let mut chunk = vec![0; CHUNK];
    let mut total: u64 = 0;
    loop {
        let read = stream.read(&mut chunk).await;
        let count = read.map_err(|error| cutaway_model::Error::from_io(error, &what))?;
        let bytes = chunk.get(..count).unwrap_or_default();
        if bytes.is_empty() {
            let flushed = out.flush().await;
            flushed.map_err(|error| SinkError::write(target, error))?;
            return Ok(total);
        }
        out.write_all(bytes).await.map_err(|error| SinkError::write(target, error))?;
        total = total.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
    }
}
