//! A registry, and a repository in it as a source of blobs.

use std::sync::Arc;

use async_trait::async_trait;
use cutaway_model::{BlobStream, Blobs, Descriptor, Error as ModelError, MediaType};
use cutaway_ref::auth::Credential;
use cutaway_ref::{DOCKER_HUB, DOCKER_HUB_API, Reference};

use crate::download::{Download, Wanted};
use crate::exchange::Exchange;
use crate::foreign;
use crate::head;
use crate::manifest::{self, ACCEPT, Resolved, scope};
use crate::session::Session;
use crate::transport::Transport;
use crate::{Config, Error, Kind};

/// A registry: its connections, and the credential and tokens that open it.
///
/// Making one does no I/O. Clones share everything.
#[derive(Debug, Clone)]
pub struct Registry {
    exchange: Arc<Exchange>,
}

/// A repository of a registry.
///
/// As a [`Blobs`] it fetches a blob when it is opened, and goes on where it broke off while
/// somebody reads.
#[derive(Debug, Clone)]
pub struct Repository {
    exchange: Arc<Exchange>,
    name: String,
}

impl Registry {
    /// Makes the registry `registry`, named as in [`Reference::registry`].
    ///
    /// # Errors
    ///
    /// Returns which setting cannot be used: a certificate, a key, a proxy.
    pub fn new(registry: &str, credential: Credential, config: Config) -> Result<Self, Error> {
        let host = if registry == DOCKER_HUB { DOCKER_HUB_API } else { registry };
        let transport = Transport::new(host, config).map_err(|kind| Error {
            url: registry.escape_debug().to_string(),
            attempts: 0,
            kind,
        })?;
        Ok(Self { exchange: Arc::new(Exchange { transport, session: Session::new(credential) }) })
    }

    /// Returns the repository that `reference` names, here: its registry is not looked at, so
    /// that a mirror can be asked for it.
    pub fn repository(&self, reference: &Reference) -> Repository {
        Repository { exchange: Arc::clone(&self.exchange), name: reference.repository().to_owned() }
    }

    /// Fetches the manifest or index that `reference` names, with one request.
    ///
    /// # Errors
    ///
    /// Returns [`ModelError::NotFound`] where there is no such document, [`ModelError::Digest`],
    /// [`ModelError::Malformed`] and [`ModelError::Limit`] where it is not what was asked for or what
    /// the registry says it is, and [`ModelError::Transport`] with an [`Error`] for everything on the way.
    pub async fn resolve(&self, reference: &Reference) -> Result<Resolved, ModelError> {
        manifest::resolve(&self.exchange, reference).await
    }

    pub(crate) fn exchange(&self) -> &Exchange {
        &self.exchange
    }
}

impl Repository {
    /// Returns the name, such as `library/alpine`.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn exchange(&self) -> &Exchange {
        &self.exchange
    }
}

#[async_trait]
impl Blobs for Repository {
    async fn open(&self, blob: &Descriptor) -> Result<BlobStream, ModelError> {
        let document = is_document(&blob.media_type);
        let kind = if document { "manifests" } else { "blobs" };
        let wanted = Wanted {
            path: format!("{}/{kind}/{}", self.name, blob.digest),
            accept: if document { ACCEPT } else { "*/*" },
            scope: scope(&self.name),
            size: blob.size,
            elsewhere: None,
        };
        let started = Download::start(Arc::clone(&self.exchange), wanted).await;
        let (download, headers) = match started {
            Err(error) if is_missing(&error) && !document => {
                match foreign::open(&self.exchange, blob).await? {
                    Some(stream) => return Ok(stream),
                    None => return Err(missing(error, blob)),
                }
            }
            started => started.map_err(|error| missing(error, blob))?,
        };
        manifest::check_header(&headers, &blob.digest, blob.digest.as_str())?;
        if document {
            manifest::check_type(&headers, blob)?;
        }
        Ok(download.into_stream())
    }

    async fn stat(&self, blob: &Descriptor) -> Result<Option<u64>, ModelError> {
        let document = is_document(&blob.media_type);
        let kind = if document { "manifests" } else { "blobs" };
        let path = format!("{}/{kind}/{}", self.name, blob.digest);
        let accept = if document { ACCEPT } else { "*/*" };
        head::size(&self.exchange, &path, accept, &scope(&self.name), &blob.digest).await
    }
}

/// Returns whether a blob lies with the manifests: images, indexes, and Docker's old ones.
pub(crate) fn is_document(kind: &MediaType) -> bool {
    kind.is_manifest()
        || kind.is_index()
        || matches!(
            kind.as_str(),
            "application/vnd.docker.distribution.manifest.v1+json"
                | "application/vnd.docker.distribution.manifest.v1+prettyjws"
                | "application/vnd.oci.artifact.manifest.v1+json"
        )
}

fn is_missing(error: &Error) -> bool {
    matches!(error.kind, Kind::Status { status: 404, .. })
}

fn missing(error: Error, blob: &Descriptor) -> ModelError {
    match &error.kind {
        Kind::Status { status: 404, .. } => ModelError::NotFound {
            what: blob.digest.to_string(),
            place: format!("the registry: {error}"),
        },
        _ => error.into(),
    }
}
