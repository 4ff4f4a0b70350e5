//! Layers whose type says that they are something else than files: signatures, attestations, models, and tars
//! under a type of somebody's own.
//!
//! Beside layers of files their bytes decide: whoever runs such an image unpacks what is a tar. What is none
//! is compared with its digest and passed over.

use cutaway_layerfs::{Limits, Visitor, Walk, Walked, Warning};
use cutaway_model::{
    Compression, Error as ModelError, Image, Layer, Limits as ModelLimits, Measured, Stored,
    Unpacked, verify_blob,
};
use cutaway_tar::len64;
use tokio::io::AsyncReadExt as _;

use crate::Error;
use crate::head::{Head, look};

/// How many bytes show whether something is a tar.
pub(crate) const HEAD: usize = 512;

/// Checks that an image has a file system, as [`Image::check_files`] does; of layers whose types say nothing, such
/// as `application/octet-stream`, the bytes tell.
///
/// # Errors
///
/// As [`Image::check_files`], and what keeps such bytes from being had.
pub async fn check_files(image: &Image, limits: &ModelLimits) -> Result<(), ModelError> {
    let Err(error) = image.check_files() else { return Ok(()) };
    for layer in image.unnamed_layers() {
        if is_tar(layer, limits).await? {
            return Ok(());
        }
    }
    Err(error)
}

/// Returns whether what a layer unpacks to begins as a tar does.
///
/// # Errors
///
/// Returns what keeps its bytes from being had; that they cannot be unpacked is none.
pub(crate) async fn is_tar(layer: &Layer, limits: &ModelLimits) -> Result<bool, ModelError> {
    let unpacking = match layer.unpack(limits).await {
        Ok(unpacking) => unpacking,
        Err(ModelError::Malformed { .. }) => return Ok(false),
        Err(error) => return Err(error),
    };
    let mut head = Vec::new();
    // What breaks off or is none of this compression is judged where all of it is read.
    let _ = unpacking.reader.take(len64(HEAD)).read_to_end(&mut head).await;
    Ok(begins_as_tar(&head))
}

/// Returns whether uncompressed bytes are the first ones of a tar.
pub(crate) fn begins_as_tar(head: &[u8]) -> bool {
    !head.is_empty() && look(head) == Head::Layer && Compression::sniff(head) == Compression::Plain
}

/// Verifies the stored bytes of a layer that is no tar, and returns their number and an empty listing.
///
/// # Errors
///
/// Returns what keeps the bytes from being read, and how they are not what their descriptor says.
pub(crate) async fn pass_over(
    layer: &Layer,
    visitor: &mut impl Visitor,
    limits: Limits,
) -> Result<(u64, (Measured, Walked)), Error> {
    let Some((blobs, descriptor)) = layer.blob() else {
        return Err(Error::unfinished(layer.what()));
    };
    let stored = verify_blob(blobs.as_ref(), descriptor).await?;
    let size = stored.size;
    Ok((size, passed_over(layer, stored, visitor, limits)?))
}

/// Returns what is known of a layer that is no tar, and whose stored bytes were verified: an empty listing.
///
/// # Errors
///
/// Returns nothing that a layer without entries may fail with.
pub(crate) fn passed_over(
    layer: &Layer,
    stored: Stored,
    visitor: &mut impl Visitor,
    limits: Limits,
) -> Result<(Measured, Walked), Error> {
    let finished = Walk::new(limits).finish(visitor);
    let mut walked = finished.map_err(|source| Error::Layer { what: layer.what(), source })?;
    let kind = layer.media_type().map(ToString::to_string).unwrap_or_default();
    walked.warnings = vec![warning(
        "layer-passed-over",
        format!("its type is {kind} and its bytes are no tar; they were verified and passed over"),
    )];
    // Nothing was unpacked, so there is nothing that the diffID could be compared with.
    let unpacked = Unpacked { diff_id: layer.diff_id().clone(), size: stored.size };
    Ok((Measured { stored, unpacked, compression: Compression::Plain, padding: 0 }, walked))
}

/// Says that a tar was read as a layer whatever its type.
pub(crate) fn read_as_layer(layer: &Layer) -> Warning {
    let kind = layer.media_type().map(ToString::to_string).unwrap_or_default();
    warning(
        "layer-type",
        format!("its type is {kind}, its bytes are a tar and were read as a layer"),
    )
}

fn warning(code: &'static str, message: String) -> Warning {
    tracing::warn!(code, "{message}");
    Warning::of_walk(code.into(), None, message)
}
