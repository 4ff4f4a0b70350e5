//! A client of the oci-client crate in the place of our transport, for programs that have one already.
//!
//! What it brings is checked as everything else is, by the model: its own check of a blob's digest
//! is passed over, so that an altered blob gives the same error whoever fetched it. What it lacks
//! stays lacking: it retries nothing, resumes nothing, and reads a manifest whole before its size
//! is known. Places beside the registry that a descriptor names are not asked.

use std::fmt;
use std::io;

use async_trait::async_trait;
use cutaway_model::{BlobStream, Blobs, Descriptor, Error as ModelError};
use cutaway_ref::{DOCKER_HUB, DOCKER_HUB_API, Digest, Reference};
use cutaway_tar::len64;
use futures_util::{StreamExt as _, future};
use oci_distribution::client::Client;
use oci_distribution::errors::{DigestError, OciDistributionError};
use oci_distribution::secrets::RegistryAuth;
use tokio_util::io::StreamReader;

use crate::blobs::is_document;
use crate::error::quoted;
use crate::manifest::{Resolved, media_type};
use crate::{Error, Kind};

/// The media types of documents that are asked for.
const ACCEPT: [&str; 4] = [
    cutaway_model::MediaType::OCI_INDEX,
    cutaway_model::MediaType::OCI_MANIFEST,
    cutaway_model::MediaType::DOCKER_LIST,
    cutaway_model::MediaType::DOCKER_MANIFEST,
];

/// A repository, reached through an [`oci_client::Client`](Client).
///
/// Clones share the client and its tokens.
#[derive(Clone)]
pub struct ClientRepository {
    client: Client,
    auth: RegistryAuth,
    registry: String,
    repository: String,
}

impl ClientRepository {
    /// Makes the repository that `reference` names. Makes no request.
    pub fn new(client: Client, auth: RegistryAuth, reference: &Reference) -> Self {
        let registry = match reference.registry() {
            DOCKER_HUB => DOCKER_HUB_API,
            registry => registry,
        };
        Self {
            client,
            auth,
            registry: registry.to_owned(),
            repository: reference.repository().to_owned(),
        }
    }

    /// Fetches the manifest or index that `reference` names in this repository.
    ///
    /// `max` is the largest document that is passed on, in bytes; the client has read it by then.
    ///
    /// Needs a tokio runtime with I/O and time; dropping the future ends the request.
    ///
    /// # Errors
    ///
    /// As [`Registry::resolve`](crate::Registry::resolve).
    pub async fn resolve(&self, reference: &Reference, max: u64) -> Result<Resolved, ModelError> {
        let image = match reference.digest() {
            Some(digest) => self.by_digest(digest),
            None => oci_distribution::Reference::with_tag(
                self.registry.clone(),
                self.repository.clone(),
                reference.tag().unwrap_or("latest").to_owned(),
            ),
        };
        let what = reference.to_string();
        let bytes = self.document(&image, &what).await?;
        let size = len64(bytes.len());
        if size > max {
            let what = format!("the manifest of {what}");
            return Err(ModelError::Limit { what, limit: "manifest_bytes", max });
        }
        let digest = match reference.digest() {
            None => Digest::sha256(&bytes),
            Some(wanted) => crate::manifest::check_digest(reference, wanted, &bytes)?,
        };
        let media_type = media_type(None, &bytes);
        let descriptor = Descriptor::new(media_type.as_str(), digest, size);
        Ok(Resolved { descriptor, bytes, content_type: None })
    }

    fn by_digest(&self, digest: &Digest) -> oci_distribution::Reference {
        oci_distribution::Reference::with_digest(
            self.registry.clone(),
            self.repository.clone(),
            digest.to_string(),
        )
    }

    async fn document(
        &self,
        image: &oci_distribution::Reference,
        what: &str,
    ) -> Result<Vec<u8>, ModelError> {
        let pulled = self.client.pull_manifest_raw(image, &self.auth, &ACCEPT).await;
        let (bytes, _) = pulled.map_err(|error| self.error(error, what))?;
        Ok(bytes.to_vec())
    }

    fn error(&self, error: OciDistributionError, what: &str) -> ModelError {
        let kind = match error {
            OciDistributionError::ImageManifestNotFoundError(_) => return self.not_found(what),
            OciDistributionError::ServerError { code: 404, .. } => return self.not_found(what),
            OciDistributionError::RegistryError { envelope, .. } => {
                if envelope.errors.iter().any(|error| is_unknown(&error.code)) {
                    return self.not_found(what);
                }
                Kind::Answer(quoted(envelope.to_string().as_bytes(), 300))
            }
            OciDistributionError::DigestError(error) => {
                return ModelError::malformed(what, quoted(error.to_string().as_bytes(), 300));
            }
            OciDistributionError::ServerError { code, message, .. } => Kind::Status {
                status: code,
                body: quoted(message.as_bytes(), 256),
                waited: std::time::Duration::ZERO,
            },
            OciDistributionError::UnauthorizedError { .. } => {
                Kind::Refused("the registry does not accept the credentials for this".to_owned())
            }
            OciDistributionError::AuthenticationFailure(reason) => {
                Kind::Refused(quoted(reason.as_bytes(), 256))
            }
            OciDistributionError::RequestError(error) => return self.request(error, what),
            error => Kind::Answer(quoted(error.to_string().as_bytes(), 300)),
        };
        self.transport(kind).into()
    }

    fn request(&self, error: reqwest::Error, what: &str) -> ModelError {
        if error.status().is_some_and(|status| status.as_u16() == 404) {
            return self.not_found(what);
        }
        // An address may have a signature in its query.
        let error = error.without_url();
        self.transport(crate::failure::Failure::from_reqwest(&error).kind).into()
    }

    fn not_found(&self, what: &str) -> ModelError {
        let place = format!("the registry {}", self.registry);
        ModelError::NotFound { what: what.to_owned(), place }
    }

    fn transport(&self, kind: Kind) -> Error {
        let url = quoted(format!("{}/{}", self.registry, self.repository).as_bytes(), 360);
        Error::unsent(url, kind)
    }
}

#[async_trait]
impl Blobs for ClientRepository {
    async fn open(&self, blob: &Descriptor) -> Result<BlobStream, ModelError> {
        let what = blob.digest.to_string();
        let image = self.by_digest(&blob.digest);
        if is_document(&blob.media_type) {
            return Ok(Box::new(io::Cursor::new(self.document(&image, &what).await?)));
        }
        self.client.store_auth_if_needed(image.resolve_registry(), &self.auth).await;
        let pulled = self.client.pull_blob_stream(&image, what.as_str()).await;
        let sized = pulled.map_err(|error| self.error(error, &what))?;
        let this = self.clone();
        let stream = sized
            .stream
            .take_while(|chunk| {
                // All bytes have come by then, and what they are worth is for the model to say.
                let is_verdict = chunk.as_ref().is_err_and(|error| {
                    error.get_ref().is_some_and(|inner| inner.is::<DigestError>())
                });
                future::ready(!is_verdict)
            })
            .map(move |chunk| {
                chunk.map_err(|error| {
                    let kind = Kind::Interrupted(reason(&error));
                    io::Error::from(ModelError::from(this.transport(kind)))
                })
            });
        Ok(Box::new(StreamReader::new(stream.boxed())))
    }
}

impl fmt::Debug for ClientRepository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientRepository")
            .field("registry", &self.registry)
            .field("repository", &self.repository)
            .finish_non_exhaustive()
    }
}

fn is_unknown(code: &oci_distribution::errors::OciErrorCode) -> bool {
    use oci_distribution::errors::OciErrorCode::{
        BlobUnknown, ManifestUnknown, NameUnknown, NotFound,
    };
    matches!(code, BlobUnknown | ManifestUnknown | NameUnknown | NotFound)
}

/// Returns the deepest cause, which names no address.
fn reason(error: &io::Error) -> String {
    let mut cause: &(dyn std::error::Error + 'static) = error;
    for _ in 0..16 {
        let Some(next) = cause.source() else { break };
        cause = next;
    }
    quoted(cause.to_string().as_bytes(), 300)
}
