//! A repository as a source of blobs.

use std::ops::Range;

use async_trait::async_trait;
use cutaway_model::{BlobStream, Blobs, Descriptor, Error as ModelError, MediaType};

use crate::download::Download;
use crate::manifest::{ACCEPT, note_header, scope};
use crate::wanted::Wanted;
use crate::{Error, Kind, Repository, foreign, head};

#[async_trait]
impl Blobs for Repository {
    async fn open(&self, blob: &Descriptor) -> Result<BlobStream, ModelError> {
        match behind(self, blob, 0).await {
            Err(error) if is_not_found(&error) && !is_document(&blob.media_type) => {
                foreign::open(self, blob).await?.ok_or(error)
            }
            opened => opened,
        }
    }

    async fn resume(&self, blob: &Descriptor, from: u64) -> Result<Option<BlobStream>, ModelError> {
        match behind(self, blob, from).await {
            // Other places of a foreign layer are asked for the whole.
            Err(error) if is_not_found(&error) => Ok(None),
            opened => opened.map(Some),
        }
    }

    async fn part(
        &self,
        blob: &Descriptor,
        span: Range<u64>,
    ) -> Result<Option<BlobStream>, ModelError> {
        let wanted = Wanted::of(blob, "blobs", "*/*").up_to(span.end);
        let started = Download::start(self, wanted, span.start).await;
        let (download, _) = started.map_err(|error| missing(error, blob))?;
        Ok(Some(download.into_stream()))
    }

    async fn stat(&self, blob: &Descriptor) -> Result<Option<u64>, ModelError> {
        let Some(places) = self.places() else { return size(self, blob).await };
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

    fn streams_at_once(&self) -> Option<usize> {
        let requests = self.exchange().transport.config.limits.requests;
        Some(usize::try_from(requests.max(1)).unwrap_or(usize::MAX))
    }

    async fn report_bad_bytes(&self, blob: &Descriptor) -> bool {
        match self.places() {
            Some(places) => places.report_bad_bytes(&blob.digest).await,
            None => false,
        }
    }
}

/// Opens a blob behind its first `from` bytes.
async fn behind(
    repository: &Repository,
    blob: &Descriptor,
    from: u64,
) -> Result<BlobStream, ModelError> {
    let document = is_document(&blob.media_type);
    let wanted = Wanted::of(blob, kind(document), accept(document));
    let started = Download::start(repository, wanted, from).await;
    let (download, headers) = started.map_err(|error| missing(error, blob))?;
    note_header(&headers, &blob.digest, blob.digest.as_str());
    Ok(download.into_stream())
}

async fn size(place: &Repository, blob: &Descriptor) -> Result<Option<u64>, ModelError> {
    let document = is_document(&blob.media_type);
    let path = format!("{}/{}/{}", place.name(), kind(document), blob.digest);
    let scope = scope(place.name());
    let size = head::size(place.exchange(), &path, accept(document), &scope, blob).await;
    size.map_err(|error| place.exchange().veiled(error))
}

/// Returns what stands between a repository and a digest.
fn kind(document: bool) -> &'static str {
    if document { "manifests" } else { "blobs" }
}

/// Returns what may be answered.
fn accept(document: bool) -> &'static str {
    if document { ACCEPT } else { "*/*" }
}

/// Returns whether a blob lies with the manifests: images, indexes, and Docker's old ones.
pub(crate) fn is_document(kind: &MediaType) -> bool {
    kind.is_manifest()
        || kind.is_index()
        || kind.is_schema_1()
        || kind.as_str() == "application/vnd.oci.artifact.manifest.v1+json"
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
