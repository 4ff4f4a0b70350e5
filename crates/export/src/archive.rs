//! Images into one file: an OCI layout in a tar, or what `docker load` reads.

use std::collections::BTreeSet;

use cutaway_model::{Claim, Compression, Image, Layer, Verified};
use serde_json::{Value, json};
use tokio::io::AsyncWrite;

use crate::contents::parts;
use crate::tarfile::{Head, TarWriter};
use crate::{Error, Item, Limits, index};

/// Writes `items` to `out` as an OCI layout in a tar; `target` names it in errors.
///
/// # Errors
///
/// Returns what keeps an item from being read and verified, and what keeps `out` from being written;
/// the archive has no end marker then.
pub async fn to_oci_archive(
    items: &[Item],
    limits: &Limits,
    out: impl AsyncWrite + Unpin + Send,
    target: &str,
) -> Result<(), Error> {
    let mut tar = TarWriter::new(out, target);
    let mut index = index::empty();
    for item in items {
        index::add(&mut index, &item.into());
    }
    let index = Value::Object(index).to_string();
    for (name, bytes) in [("oci-layout", index::OCI_LAYOUT), ("index.json", index.as_bytes())] {
        document(&mut tar, name, bytes).await?;
    }
    let mut written = BTreeSet::new();
    for item in items {
        for part in parts(item, limits).await? {
            let descriptor = &part.descriptor;
            if !written.insert(descriptor.digest.clone()) {
                continue;
            }
            match (&part.bytes, &descriptor.data) {
                (Some(bytes), _) => document(&mut tar, &part.path(), bytes).await?,
                (None, data) => {
                    let stream: cutaway_model::BlobStream = match data {
                        Some(data) => Box::new(std::io::Cursor::new(data.clone())),
                        None => item.blobs.open(descriptor).await?,
                    };
                    let claim = Claim {
                        digest: Some(descriptor.digest.clone()),
                        size: Some(descriptor.size),
                    };
                    let what = format!("blob {}", descriptor.digest);
                    let stream = Verified::new(stream, what, claim)?;
                    tar.append(&Head::file(part.path().as_bytes(), descriptor.size), stream)
                        .await?;
                }
            }
        }
    }
    tar.finish().await?;
    Ok(())
}

/// Writes images to `out` in the form that `docker load` reads, each with its names; `target` names it in errors.
///
/// Layers stay as they are stored, compressed or not.
///
/// # Errors
///
/// As [`to_oci_archive`]; and [`cutaway_model::Error::Malformed`] for a layer whose size no document tells.
pub async fn to_docker_archive(
    images: &[(Image, Vec<String>)],
    out: impl AsyncWrite + Unpin + Send,
    target: &str,
) -> Result<(), Error> {
    let mut tar = TarWriter::new(out, target);
    let mut entries = Vec::with_capacity(images.len());
    for (image, names) in images {
        let layers: Vec<String> = image.layers().iter().map(member).collect();
        entries.push(json!({ "Config": config(image), "RepoTags": names, "Layers": layers }));
    }
    document(&mut tar, "manifest.json", Value::from(entries).to_string().as_bytes()).await?;
    let mut written = BTreeSet::new();
    for (image, _) in images {
        if written.insert(config(image)) {
            document(&mut tar, &config(image), image.raw_config()).await?;
        }
        for layer in image.layers() {
            let name = member(layer);
            if !written.insert(name.clone()) {
                continue;
            }
            let size = layer.size().ok_or_else(|| {
                cutaway_model::Error::malformed(layer.what(), "has no size before it is read")
            })?;
            tar.append(&Head::file(name.as_bytes(), size), layer.compressed().await?).await?;
        }
    }
    tar.finish().await?;
    Ok(())
}

fn config(image: &Image) -> String {
    format!("{}.json", image.id().encoded())
}

/// Returns the member that a layer becomes. Without a digest of its own it goes by its diffID.
fn member(layer: &Layer) -> String {
    let hex = layer.digest().unwrap_or(&layer.diff_id().0).encoded();
    let promised = layer.media_type().map(Compression::promised);
    let end = match promised {
        None | Some(None | Some(Compression::Plain)) => "tar",
        Some(Some(Compression::Zstd)) => "tar.zst",
        Some(Some(_)) => "tar.gz",
    };
    format!("{hex}.{end}")
}

async fn document<W: AsyncWrite + Unpin + Send>(
    tar: &mut TarWriter<W>,
    name: &str,
    bytes: &[u8],
) -> Result<(), Error> {
    let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    tar.append(&Head::file(name.as_bytes(), size), bytes).await
}
