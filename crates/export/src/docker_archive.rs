//! Images into one file in the form that `docker load` reads.

use std::collections::HashMap;
use std::fmt;

use async_trait::async_trait;
use cutaway_model::{
    BlobSink, Blobs, Compression, Descriptor, Image, ImageName, Layer, SinkError, Unnamed, Upload,
};
use cutaway_ref::Digest;
use cutaway_tar::len64;
use serde_json::{Value, json};
use tokio::io::AsyncWrite;
use tokio::sync::OwnedMutexGuard;

use crate::archive::{Archive, Writer};

/// An archive as `docker save` writes it, as a sink. Layers stay as they are stored, compressed or not.
///
/// Its `manifest.json` comes first, so the images that go into it are named when it is started; it takes
/// the configs and the layers of these. The form has no manifests, so those that are put leave no trace.
/// It has its end marker when it was finished, and only then.
pub struct DockerArchive<W: AsyncWrite + Unpin + Send> {
    archive: Archive<W>,
    target: String,
    /// What blobs are called, by digest.
    names: HashMap<Digest, String>,
}

impl<W: AsyncWrite + Unpin + Send> fmt::Debug for DockerArchive<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DockerArchive").field("target", &self.target).finish_non_exhaustive()
    }
}

impl<W: AsyncWrite + Unpin + Send> DockerArchive<W> {
    /// Starts an archive of `images`, each with its name; `target` names it in errors.
    ///
    /// # Errors
    ///
    /// Returns [`SinkError::Write`].
    pub async fn start<'i>(
        out: W,
        target: &str,
        images: impl IntoIterator<Item = (&'i Image, &'i ImageName)>,
    ) -> Result<Self, SinkError> {
        let archive = Archive::new(out, target);
        let (mut names, mut entries) = (HashMap::new(), Vec::new());
        for (image, name) in images {
            let config = format!("{}.json", image.id().encoded());
            names.insert(image.id().clone(), config.clone());
            let mut layers = Vec::with_capacity(image.layers().len());
            for layer in image.layers() {
                let name = member(layer);
                if let Some(digest) = layer.digest() {
                    names.insert(digest.clone(), name.clone());
                }
                layers.push(name);
            }
            let tags: Vec<&String> = name.full.iter().collect();
            entries.push(json!({ "Config": config, "RepoTags": tags, "Layers": layers }));
        }
        let manifest = Value::from(entries).to_string();
        archive.writer().await.document("manifest.json", manifest.as_bytes()).await?;
        Ok(Self { archive, target: target.to_owned(), names })
    }

    /// Writes the end marker, and everything that was held back. Nothing can be put behind it.
    ///
    /// # Errors
    ///
    /// Returns [`SinkError::Write`], and [`SinkError::Target`] after a blob that broke off.
    pub async fn finish(&self) -> Result<W, SinkError> {
        self.archive.finish().await
    }

    fn name_of(&self, blob: &Descriptor) -> Result<&str, SinkError> {
        let name = self.names.get(&blob.digest).map(String::as_str);
        name.ok_or_else(|| {
            let rule = format!("takes no blob {}, which is none of its images'", blob.digest);
            SinkError::target(self.target.as_str(), rule)
        })
    }
}

#[async_trait]
impl<W: AsyncWrite + Unpin + Send + 'static> BlobSink for DockerArchive<W> {
    async fn has(&self, blob: &Descriptor) -> Result<bool, SinkError> {
        Ok(self.archive.writer().await.has(self.name_of(blob)?))
    }

    async fn put(&self, blob: &Descriptor, from: &dyn Blobs) -> Result<u64, SinkError> {
        let name = self.name_of(blob)?;
        self.archive.writer().await.blob(name, blob, from).await
    }

    /// Starts a layer that has no digest yet. It goes by its diffID, and has to have a size.
    async fn begin(&self, blob: &Unnamed) -> Result<Option<Box<dyn Upload>>, SinkError> {
        let (Some(size), Some(diff_id)) = (blob.size, &blob.diff_id) else { return Ok(None) };
        let (name, mut writer) = (unnamed(diff_id.0.encoded()), self.archive.writer().await);
        let is_there = writer.has(&name);
        if !is_there {
            writer.begin(&name, size).await?;
        }
        let left = size;
        Ok(Some(Box::new(Member { writer, name, left, is_there, target: self.target.clone() })))
    }

    async fn put_manifest(
        &self,
        _: &Descriptor,
        _: &[u8],
        _: Option<&ImageName>,
    ) -> Result<(), SinkError> {
        Ok(())
    }

    fn keeps_manifests(&self) -> bool {
        false
    }
}

/// A layer that is being written, while everybody else waits.
struct Member<W: AsyncWrite + Unpin + Send> {
    writer: OwnedMutexGuard<Writer<W>>,
    name: String,
    /// How many bytes are still to come.
    left: u64,
    /// Whether a layer of this name is there already, so that nothing has to be written.
    is_there: bool,
    target: String,
}

impl<W: AsyncWrite + Unpin + Send> fmt::Debug for Member<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<W: AsyncWrite + Unpin + Send> Member<W> {
    fn wrong_size(&self) -> SinkError {
        let rule = format!("{} is not as long as it was said to be", self.name);
        SinkError::target(self.target.as_str(), rule)
    }
}

#[async_trait]
impl<W: AsyncWrite + Unpin + Send> Upload for Member<W> {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        let count = len64(bytes.len());
        self.left = self.left.checked_sub(count).ok_or_else(|| self.wrong_size())?;
        if self.is_there {
            return Ok(());
        }
        self.writer.data(bytes).await
    }

    async fn commit(mut self: Box<Self>, _: &Descriptor) -> Result<bool, SinkError> {
        if self.left > 0 {
            return Err(self.wrong_size());
        }
        if self.is_there {
            return Ok(false);
        }
        let Self { writer, name, .. } = self.as_mut();
        writer.end(name).await.map(|()| true)
    }
}

/// Returns the member that a layer becomes. Without a digest of its own it goes by its diffID.
fn member(layer: &Layer) -> String {
    let Some(digest) = layer.digest() else { return unnamed(layer.diff_id().0.encoded()) };
    let promised = layer.media_type().map(Compression::promised);
    let end = match promised {
        None | Some(None | Some(Compression::Plain)) => "tar",
        Some(Some(Compression::Zstd)) => "tar.zst",
        Some(Some(_)) => "tar.gz",
    };
    format!("{}.{end}", digest.encoded())
}

fn unnamed(diff_id: &str) -> String {
    format!("{diff_id}.tar")
}
