//! Images into one file as an OCI layout in a tar.

use std::fmt;

use async_trait::async_trait;
use cutaway_model::{BlobSink, Blobs, Descriptor, ImageName, SinkError};
use tokio::io::AsyncWrite;

use crate::archive::Archive;
use crate::index;

/// An OCI layout in a tar, as a sink.
///
/// Its documents come first, so that it can be read as it passes; so the images that go into it are named
/// when it is started. It has its end marker when it was finished, and only then.
pub struct OciArchive<W: AsyncWrite + Unpin + Send>(Archive<W>);

impl<W: AsyncWrite + Unpin + Send> fmt::Debug for OciArchive<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OciArchive").finish_non_exhaustive()
    }
}

impl<W: AsyncWrite + Unpin + Send> OciArchive<W> {
    /// Starts an archive of the images and indexes `roots`, each with its name; `target` names it in errors.
    ///
    /// # Errors
    ///
    /// Returns [`SinkError::Write`].
    pub async fn start<'r>(
        out: W,
        target: &str,
        roots: impl IntoIterator<Item = (&'r Descriptor, &'r ImageName)>,
    ) -> Result<Self, SinkError> {
        let archive = Archive::new(out, target);
        let mut index = index::empty();
        for (root, name) in roots {
            index::add(&mut index, root, name);
        }
        let mut writer = archive.writer().await;
        writer.document("oci-layout", index::OCI_LAYOUT).await?;
        writer.document("index.json", &index::serialised(&index)).await?;
        drop(writer);
        Ok(Self(archive))
    }

    /// Writes the end marker, and everything that was held back. Nothing can be put behind it.
    ///
    /// # Errors
    ///
    /// Returns [`SinkError::Write`], and [`SinkError::Target`] after a blob that broke off.
    pub async fn finish(&self) -> Result<W, SinkError> {
        self.0.finish().await
    }
}

#[async_trait]
impl<W: AsyncWrite + Unpin + Send> BlobSink for OciArchive<W> {
    async fn has(&self, blob: &Descriptor) -> Result<bool, SinkError> {
        Ok(self.0.writer().await.has(&index::path(blob)))
    }

    async fn put(&self, blob: &Descriptor, from: &dyn Blobs) -> Result<u64, SinkError> {
        self.0.writer().await.blob(&index::path(blob), blob, from).await
    }

    /// Writes the document. Its name stands in the index already.
    async fn put_manifest(
        &self,
        manifest: &Descriptor,
        raw: &[u8],
        _: Option<&ImageName>,
    ) -> Result<(), SinkError> {
        let (mut writer, name) = (self.0.writer().await, index::path(manifest));
        if writer.has(&name) {
            return Ok(());
        }
        writer.document(&name, raw).await
    }
}
