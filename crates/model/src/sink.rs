//! Where images are written to: the counterpart of [`Blobs`].

use std::fmt::Debug;
use std::io;

use async_trait::async_trait;

use crate::{BlobStream, Blobs, Class, Descriptor, Error};

/// A place that takes blobs, children before parents: the one thing that a target of images must provide.
///
/// Whoever writes an image puts its config and its layers, then the manifest, then the index around it;
/// [`closure`](crate::closure) lists them in this order. So whatever ends a run, no document stands there
/// whose parts are missing.
///
/// What each method is at a registry (distribution specification, "Push"):
///
/// | method | requests |
/// |---|---|
/// | [`has`](Self::has) | `HEAD /v2/NAME/blobs/DIGEST`, or of a manifest |
/// | [`mount`](Self::mount) | `POST /v2/NAME/blobs/uploads/?mount=DIGEST&from=REPOSITORY`: 201 is `true`, 202 an upload that [`put`](Self::put) may go on with |
/// | [`put`](Self::put) | `POST /v2/NAME/blobs/uploads/`, `PATCH` for each piece, `PUT …?digest=DIGEST`; what broke off is asked for again, since the blob can be opened again |
/// | [`begin`](Self::begin) | the same, with the digest that the bytes turned out to have |
/// | [`put_manifest`](Self::put_manifest) | `PUT /v2/NAME/manifests/TAG`, or by digest where there is no tag |
#[async_trait]
pub trait BlobSink: Debug + Send + Sync {
    /// Returns whether `blob` is there with the right bytes, so that it need not be put.
    ///
    /// # Errors
    ///
    /// Returns what keeps the sink from answering.
    async fn has(&self, blob: &Descriptor) -> Result<bool, SinkError>;

    /// Takes over `blob` from the repository `from` of the same place; returns whether it is there now.
    ///
    /// # Errors
    ///
    /// Returns what keeps the sink from answering. That it cannot take the blob over is no error.
    async fn mount(&self, blob: &Descriptor, from: &str) -> Result<bool, SinkError> {
        let _ = (blob, from);
        Ok(false)
    }

    /// Reads `blob` from `from`, verifies it, and has it under its digest; returns how many bytes were read.
    ///
    /// The sink opens the blob itself: it may have a part of it already ([`Blobs::resume`]), try again, or
    /// ask elsewhere for bytes that were wrong. Bytes that the descriptor carries itself are taken from there.
    ///
    /// # Errors
    ///
    /// Returns what keeps the blob from being read and verified, and what keeps the sink from taking it. The
    /// sink has no such blob then.
    async fn put(&self, blob: &Descriptor, from: &dyn Blobs) -> Result<u64, SinkError>;

    /// Starts a blob that is written piece by piece and whose digest is known at its end only; `None` where
    /// the sink has to know it before.
    ///
    /// # Errors
    ///
    /// Returns what keeps the sink from taking a blob.
    async fn begin(&self, blob: &Unnamed) -> Result<Option<Box<dyn Upload>>, SinkError> {
        let _ = blob;
        Ok(None)
    }

    /// Takes a manifest or an index, whose bytes were verified and whose parts are there. One that is not
    /// listed by another has a name here, although that may be empty: the image is found by its digest then.
    ///
    /// # Errors
    ///
    /// Returns what keeps the sink from taking it.
    async fn put_manifest(
        &self,
        manifest: &Descriptor,
        raw: &[u8],
        name: Option<&ImageName>,
    ) -> Result<(), SinkError>;

    /// Returns whether manifests and indexes are kept. Where they are not, layers need no digest of their own.
    fn keeps_manifests(&self) -> bool {
        true
    }

    /// Returns how many blobs it takes at once; 1 where they lie in the order in which they are put.
    fn at_once(&self) -> usize {
        1
    }
}

/// What is known of a blob before its digest is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unnamed {
    /// The number of its bytes.
    pub size: Option<u64>,
    /// What it may be called where it has no digest of its own: the diffID of a layer.
    pub diff_id: Option<crate::DiffId>,
}

/// A blob that is being written. Dropped before it was committed, it is as if it had never begun.
#[async_trait]
pub trait Upload: Debug + Send {
    /// Appends the next bytes.
    ///
    /// # Errors
    ///
    /// Returns what keeps the sink from taking them.
    async fn write(&mut self, bytes: &[u8]) -> Result<(), SinkError>;

    /// Opens what was written, which is not the blob yet; `None` where the sink cannot read it.
    ///
    /// # Errors
    ///
    /// Returns what keeps the bytes from being read.
    async fn read(&mut self) -> Result<Option<BlobStream>, SinkError> {
        Ok(None)
    }

    /// Gives what was written its digest and size, which whoever wrote it has measured. Returns whether the
    /// sink did not have it already.
    ///
    /// # Errors
    ///
    /// Returns what keeps the sink from taking the blob.
    async fn commit(self: Box<Self>, blob: &Descriptor) -> Result<bool, SinkError>;
}

/// What an image is found by where it is written to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageName {
    /// The full name, such as `docker.io/library/alpine:3.20`.
    pub full: Option<String>,
    /// The tag.
    pub tag: Option<String>,
}

/// Why an image could not be written. Every text is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SinkError {
    /// What is written could not be had or is not what it claims to be, or the way to the sink failed.
    #[error(transparent)]
    Model(#[from] Error),
    /// The sink cannot be written.
    #[error("cannot write {target}: {source}")]
    Write {
        /// The file, escaped.
        target: String,
        /// What the system says.
        source: io::Error,
    },
    /// The sink does not take what it was given, or is something else than an image may be written to.
    #[error("{target}: {rule}")]
    Target {
        /// The file, directory or repository, escaped.
        target: String,
        /// What is wrong.
        rule: String,
    },
}

impl SinkError {
    /// Returns whose fault it is; none where it is the target's, which is neither the image's nor the source's.
    pub fn class(&self) -> Option<Class> {
        match self {
            Self::Model(error) => Some(error.class()),
            Self::Target { .. } => Some(Class::Usage),
            Self::Write { .. } => None,
        }
    }

    /// Makes the error of a write; `target` is escaped.
    pub fn write(target: impl Into<String>, source: io::Error) -> Self {
        Self::Write { target: target.into(), source }
    }

    /// Makes the error of a target that does not take what it was given; `target` is escaped.
    pub fn target(target: impl Into<String>, rule: impl Into<String>) -> Self {
        Self::Target { target: target.into(), rule: rule.into() }
    }
}
