//! One blob of a repository, a layout or an archive, by its digest.

use std::sync::Arc;

use cutaway_model::source::{self, Archive, Directory, Files, Selector};
use cutaway_model::{BlobStream, Blobs, Claim, Descriptor, Verified};
use cutaway_ref::Digest;

use crate::client::Client;
use crate::error::Error;
use crate::place::Place;

impl Client {
    /// Opens the blob that `name` ends with, as `@DIGEST`: its bytes as they are stored. The stream fails
    /// at its end where they are not those of the digest.
    ///
    /// Needs a tokio runtime. Dropping the stream ends its request.
    ///
    /// # Errors
    ///
    /// Returns why there is no such blob.
    pub async fn blob(&self, name: &str) -> Result<(Digest, Verified<BlobStream>), Error> {
        let (blobs, digest) = self.blobs(name).await?;
        // The size is not known, and a source is asked for it so that a connection that breaks off can be told.
        let mut descriptor = Descriptor::new("application/octet-stream", digest.clone(), u64::MAX);
        let size = blobs.stat(&descriptor).await?;
        descriptor.size = size.unwrap_or(u64::MAX);
        let stream = blobs.open(&descriptor).await?;
        let claim = Claim { digest: Some(digest.clone()), size };
        Ok((digest.clone(), Verified::new(stream, format!("blob {digest}"), claim)?))
    }

    async fn blobs(&self, name: &str) -> Result<(Arc<dyn Blobs>, Digest), Error> {
        let no_digest = || Error::Usage(format!("{name} names no blob: it has no @DIGEST"));
        let (files, digest): (Arc<dyn Files>, _) = match Place::of(name)? {
            Place::Registry(text) => {
                let reference = crate::registry::reference(&text)?;
                let digest = reference.digest().cloned().ok_or_else(no_digest)?;
                let (registry, there) = self.registry(&reference).await?;
                return Ok((Arc::new(registry.repository(&there)), digest));
            }
            Place::Layout(path, Selector::Digest(digest)) => {
                (Arc::new(Directory::new(&path)), digest)
            }
            Place::Archive(path, Selector::Digest(digest), _) => {
                (Arc::new(Archive::open(&path, &self.limits().read.model)?), digest)
            }
            _ => return Err(no_digest()),
        };
        Ok((source::blobs(files), digest))
    }
}
