//! A registry, and a repository in it as a source of blobs.

use std::sync::Arc;

use async_trait::async_trait;
use cutaway_model::{BlobStream, Blobs, Descriptor, Error as ModelError, MediaType};
use cutaway_ref::auth::Credential;
use cutaway_ref::{DOCKER_HUB, DOCKER_HUB_API, Reference};
use reqwest::header::HeaderMap;

use crate::download::{Download, Wanted};
use crate::exchange::Exchange;
use crate::foreign;
use crate::head;
use crate::manifest::{self, ACCEPT, Resolved, scope};
use crate::places::{Elsewhere, Places};
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
    /// Where else its blobs may be had.
    places: Option<Arc<Places>>,
}

impl Registry {
    /// Makes the registry `registry`, named as in [`Reference::registry`].
    ///
    /// # Errors
    ///
    /// Returns which setting cannot be used: a certificate, a key, a proxy.
    pub fn new(registry: &str, credential: Credential, config: Config) -> Result<Self, Error> {
        let host = if registry == DOCKER_HUB { DOCKER_HUB_API } else { registry };
        let transport = Transport::new(host, config)
            .map_err(|kind| Error::unsent(registry.escape_debug().to_string(), kind))?;
        Ok(Self { exchange: Arc::new(Exchange { transport, session: Session::new(credential) }) })
    }

    /// Returns the repository that `reference` names, here: its registry is not looked at, so
    /// that a mirror can be asked for it.
    pub fn repository(&self, reference: &Reference) -> Repository {
        Repository {
            exchange: Arc::clone(&self.exchange),
            name: reference.repository().to_owned(),
            places: None,
        }
    }

    /// Fetches the manifest or index that `reference` names, with one request.
    ///
    /// # Errors
    ///
    /// Returns [`ModelError::NotFound`] where there is no such document, [`ModelError::Digest`],
    /// [`ModelError::Malformed`] and [`ModelError::Limit`] where it is not what was asked for or what
    /// the registry says it is, and [`ModelError::Transport`] with an [`Error`] for everything on the way.
    pub async fn resolve(&self, reference: &Reference) -> Result<Resolved, ModelError> {
        let resolved = manifest::resolve(&self.exchange, reference).await;
        resolved.map_err(|error| self.exchange.veiled(error))
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

    /// Returns the repository with other places that its blobs are had from when this one fails: after its
    /// tries are over, where it lacks a blob, and where it sends a wrong one.
    ///
    /// A blob that broke off is gone on with where it stood. Clones of the result share what is known of
    /// the places, so that one that is down is not tried for every blob.
    #[must_use]
    pub fn backed_by(self, elsewhere: Arc<dyn Elsewhere>) -> Self {
        Self { places: Some(Arc::new(Places::new(elsewhere))), ..self }
    }

    /// Opens a blob behind its first `from` bytes.
    async fn behind(&self, blob: &Descriptor, from: u64) -> Result<BlobStream, ModelError> {
        let document = is_document(&blob.media_type);
        let wanted = Wanted {
            digest: blob.digest.clone(),
            kind: kind(document),
            accept: if document { ACCEPT } else { "*/*" },
            size: blob.size,
            elsewhere: None,
        };
        let started = Download::start(self, wanted, from).await;
        let (mut download, mut headers) = started.map_err(|error| missing(error, blob))?;
        while let Err(error) = check(&headers, blob, document) {
            headers = download.begin_elsewhere(self.exchange.veiled(error)).await?;
        }
        Ok(download.into_stream())
    }

    pub(crate) fn exchange(&self) -> &Arc<Exchange> {
        &self.exchange
    }

    pub(crate) fn places(&self) -> Option<Arc<Places>> {
        self.places.clone()
    }
}

#[async_trait]
impl Blobs for Repository {
    async fn open(&self, blob: &Descriptor) -> Result<BlobStream, ModelError> {
        match self.behind(blob, 0).await {
            Err(error) if is_not_found(&error) && !is_document(&blob.media_type) => {
                foreign::open(self, blob).await?.ok_or(error)
            }
            opened => opened,
        }
    }

    async fn resume(&self, blob: &Descriptor, from: u64) -> Result<Option<BlobStream>, ModelError> {
        match self.behind(blob, from).await {
            // Other places of a foreign layer are asked for the whole.
            Err(error) if is_not_found(&error) => Ok(None),
            opened => opened.map(Some),
        }
    }

    async fn stat(&self, blob: &Descriptor) -> Result<Option<u64>, ModelError> {
        let Some(places) = &self.places else { return size(self, blob).await };
        let begin = places.begin(&blob.digest);
        let mut error = None;
        for number in begin.. {
            let place = match number {
                0 => Some(Ok(self.clone())),
                _ => places.place(number).await,
            };
            let Some(place) = place else { break };
            match place {
                Ok(place) => match size(&place, blob).await {
                    Ok(size) => return Ok(size),
                    Err(failed) => error = Some(failed),
                },
                Err(failed) => error = error.or(Some(failed)),
            }
        }
        match error {
            Some(error) => Err(error),
            None => size(self, blob).await,
        }
    }

    async fn report_bad_bytes(&self, blob: &Descriptor) -> bool {
        match &self.places {
            Some(places) => places.report_bad_bytes(&blob.digest).await,
            None => false,
        }
    }
}

async fn size(place: &Repository, blob: &Descriptor) -> Result<Option<u64>, ModelError> {
    let document = is_document(&blob.media_type);
    let path = format!("{}/{}/{}", place.name, kind(document), blob.digest);
    let accept = if document { ACCEPT } else { "*/*" };
    let scope = scope(&place.name);
    let size = head::size(&place.exchange, &path, accept, &scope, &blob.digest).await;
    size.map_err(|error| place.exchange.veiled(error))
}

/// Returns what stands between a repository and a digest.
fn kind(document: bool) -> &'static str {
    if document { "manifests" } else { "blobs" }
}

/// Checks what the headers of a blob say of it.
fn check(headers: &HeaderMap, blob: &Descriptor, document: bool) -> Result<(), ModelError> {
    manifest::check_header(headers, &blob.digest, blob.digest.as_str())?;
    if document { manifest::check_type(headers, blob) } else { Ok(()) }
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

fn is_not_found(error: &ModelError) -> bool {
    matches!(error, ModelError::NotFound { .. })
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
