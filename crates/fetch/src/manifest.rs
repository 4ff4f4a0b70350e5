//! The first document of an image: fetched whole, within its limit, and checked against what was asked for.
//!
//! Checked is the digest that the reference gives or, where it gives none, the one that the registry claims
//! in a header: nothing else names it then. All other headers are hints, and the document's own form decides.
//! What the document says beyond that is for the model to check.

use cutaway_model::{Descriptor, Error as ModelError, MediaType};
use cutaway_ref::{Digest, Reference};
use cutaway_tar::len64;
use reqwest::Url;
use reqwest::header::HeaderMap;
use serde::Deserialize;

use crate::answer::content_type;
use crate::ask::Ask;
use crate::clock::Clock;
use crate::document::{self, complaint};
use crate::error::quoted;
use crate::exchange::Exchange;
use crate::failure::Failure;
use crate::pause::pause;
use crate::retry::Retry;
use crate::slots::Slot;
use crate::{Error, Kind, schema1};

/// The media types that are asked for: images and indexes, and whatever else the registry has.
pub(crate) const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, \
     application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, \
     application/vnd.docker.distribution.manifest.v2+json, \
     */*;q=0.1";

/// The header in which a registry claims the digest of a document.
const DIGEST: &str = "docker-content-digest";

/// The manifest or index that a reference names.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// Its media type, digest and size, as computed from the bytes.
    pub descriptor: Descriptor,
    /// The document as it was sent.
    pub bytes: Vec<u8>,
    /// The media type of the answer's `Content-Type`, without parameters, where there is one.
    pub content_type: Option<String>,
}

/// Fetches and checks the document that `reference` names.
pub(crate) async fn resolve(
    exchange: &Exchange,
    reference: &Reference,
) -> Result<Resolved, ModelError> {
    let path = format!("{}/manifests/{}", reference.repository(), reference.identifier());
    let scope = scope(reference.repository());
    let (bytes, headers) = fetch(exchange, &path, &scope, reference).await?;
    let digest = match reference.digest() {
        None => named(&headers, &bytes, reference)?,
        Some(wanted) => {
            let found = check_digest(reference, wanted, &bytes)?;
            note_header(&headers, &found, &reference.to_string());
            found
        }
    };
    let content_type = content_type(&headers);
    let media_type = media_type(content_type.as_deref(), &bytes);
    let size = len64(bytes.len());
    Ok(Resolved {
        descriptor: Descriptor::new(media_type.as_str(), digest, size),
        bytes,
        content_type,
    })
}

/// Returns the scope of a token that reads from `repository`.
pub(crate) fn scope(repository: &str) -> String {
    format!("repository:{repository}:pull")
}

/// Returns the scope of a token that reads what lies at an address of a registry; `None` where it is none.
pub(crate) fn scope_at(url: &Url) -> Option<String> {
    let (_, path) = url.path().split_once("/v2/")?;
    let kinds = ["/manifests/", "/blobs/", "/tags/", "/referrers/"];
    let end = kinds.iter().filter_map(|kind| path.rfind(kind)).max()?;
    path.get(..end).filter(|name| !name.is_empty()).map(scope)
}

/// Checks a digest that a header claims against `digest`, where both are of one algorithm.
pub(crate) fn check_header(
    headers: &HeaderMap,
    digest: &Digest,
    what: &str,
) -> Result<(), ModelError> {
    let Some(claim) = claimed(headers) else { return Ok(()) };
    match claim {
        Ok(claim) if claim == *digest || claim.algorithm() != digest.algorithm() => Ok(()),
        Ok(claim) => Err(lie(what, claim.as_str(), digest)),
        Err(claim) => Err(lie(what, &claim, digest)),
    }
}

/// Says that a header claims another digest than `digest`, by which the bytes are judged.
pub(crate) fn note_header(headers: &HeaderMap, digest: &Digest, what: &str) {
    if check_header(headers, digest, what).is_err() {
        tracing::warn!(what, "a wrong label; the digest that was asked for decides");
    }
}

async fn fetch(
    exchange: &Exchange,
    path: &str,
    scope: &str,
    reference: &Reference,
) -> Result<(Vec<u8>, HeaderMap), ModelError> {
    let mut retry = Retry::new(&exchange.transport.config.retry);
    let max = exchange.transport.config.limits.manifest_bytes;
    loop {
        let mut cut = None;
        let failure = match fetch_once(exchange, path, scope, max, &retry.clock).await {
            Ok((_, _, false)) => {
                return Err(ModelError::Limit {
                    what: format!("the manifest of {reference}"),
                    limit: "manifest_bytes",
                    max,
                });
            }
            Ok((bytes, headers, true)) if is_cut(&bytes) => {
                let rule = format!("it ends in the middle, after {} bytes", bytes.len());
                cut = Some((bytes, headers));
                Failure::interrupted(rule)
            }
            Ok((bytes, headers, true)) => return Ok((bytes, headers)),
            Err(failure) => failure,
        };
        let url = failure.url.clone();
        if let Err(failure) = pause(&exchange.transport, &mut retry, failure).await {
            // What is always cut is not broken off: it is judged as the document that it is.
            return match cut {
                Some(cut) if !matches!(failure.kind, Kind::Deadline) => Ok(cut),
                _ => {
                    let what = reference.to_string();
                    Err(given_up(exchange, path, url, &retry, failure.kind, &what))
                }
            };
        }
    }
}

/// Returns whether an answer that is whole in itself holds the beginning of a document only: nothing else says
/// how long the document of a tag is.
fn is_cut(bytes: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_err_and(|error| error.is_eof())
}

async fn fetch_once(
    exchange: &Exchange,
    path: &str,
    scope: &str,
    max: u64,
    clock: &Clock,
) -> Result<(Vec<u8>, HeaderMap, bool), Failure> {
    let ask = Ask::new(path, ACCEPT, clock);
    let mut slot = Slot::default();
    let answer = exchange.ask_well(ask, scope, &mut slot).await?;
    let url = answer.url;
    let response = answer.response;
    if response.status().as_u16() != 200 {
        let rule = format!(
            "HTTP status {} came, and a document was asked for",
            response.status().as_u16()
        );
        return Err(Failure::lasting(Kind::Answer(rule)).at(&url));
    }
    let read = clock.count(document::read(&exchange.transport, response, max)).await;
    let document::Read { bytes, headers, complete } = read.map_err(|failure| failure.at(&url))?;
    match complaint(&bytes) {
        Some(failure) => Err(failure.at(&url)),
        None => Ok((bytes, headers, complete)),
    }
}

/// Makes the error of a request that is given up; what is not there is said as such.
pub(crate) fn given_up(
    exchange: &Exchange,
    path: &str,
    url: Option<Box<Url>>,
    retry: &Retry,
    kind: Kind,
    what: &str,
) -> ModelError {
    let own =
        || exchange.transport.origin().ok().and_then(|origin| origin.join(path).ok()).map(Box::new);
    let Some(url) = url.or_else(own) else {
        return Error::unsent(path.to_owned(), kind).into();
    };
    match kind {
        Kind::Status { status: 404, .. } => {
            let place = Error::new(&url, 1, kind);
            ModelError::NotFound { what: what.to_owned(), place: format!("the registry: {place}") }
        }
        kind => retry.given_up(&url, kind).into(),
    }
}

pub(crate) fn check_digest(
    reference: &Reference,
    wanted: &Digest,
    bytes: &[u8],
) -> Result<Digest, ModelError> {
    let Some(algorithm) = wanted.algorithm() else {
        let rule = format!(
            "its digest cannot be verified: the algorithm {} is not known",
            wanted.algorithm_name()
        );
        return Err(ModelError::malformed(reference.to_string(), rule));
    };
    let digest_of = |bytes: &[u8]| {
        let mut hasher = algorithm.hasher();
        hasher.update(bytes);
        hasher.finish()
    };
    let found = digest_of(bytes);
    let is_payload =
        || schema1::payload(bytes).is_some_and(|payload| digest_of(&payload) == *wanted);
    if found == *wanted || is_payload() {
        Ok(wanted.clone())
    } else {
        Err(ModelError::Digest { what: reference.to_string(), found })
    }
}

/// Returns the digest of a document that was asked for by its tag: the registry claims it in a header, maybe
/// by another algorithm, and bytes that are not those are not what it meant to send.
fn named(headers: &HeaderMap, bytes: &[u8], reference: &Reference) -> Result<Digest, ModelError> {
    let digest = Digest::sha256(bytes);
    let Some(claim) = claimed(headers) else {
        return Ok(schema1::payload(bytes).map_or(digest, |payload| Digest::sha256(&payload)));
    };
    let what = reference.to_string();
    let claim = claim.map_err(|text| lie(&what, &text, &digest))?;
    // An algorithm that is not known here can neither be believed nor refuted.
    let Some(algorithm) = claim.algorithm() else { return Ok(digest) };
    let mut hasher = algorithm.hasher();
    hasher.update(bytes);
    let found = hasher.finish();
    let payload = || schema1::payload(bytes).map(|payload| Digest::sha256(&payload));
    match found == claim {
        true => Ok(digest),
        false if payload().is_some_and(|payload| payload == claim) => Ok(claim),
        false => Err(lie(&what, claim.as_str(), &found)),
    }
}

/// Returns the digest in the header, or its text where it is none.
pub(crate) fn claimed(headers: &HeaderMap) -> Option<Result<Digest, String>> {
    let value = headers.get(DIGEST).filter(|value| !value.as_bytes().trim_ascii().is_empty())?;
    let digest = value.to_str().ok();
    let digest = digest.and_then(|text| text.trim().to_ascii_lowercase().parse().ok());
    Some(digest.ok_or_else(|| quoted(value.as_bytes(), 100)))
}

fn lie(what: &str, claim: &str, found: &Digest) -> ModelError {
    ModelError::malformed(
        what,
        format!("the registry's Docker-Content-Digest is {claim}, and the bytes have {found}"),
    )
}

/// Decides the media type: the document's own, else that of the header where the form of the document is like
/// it, else that of the form.
pub(crate) fn media_type(header: Option<&str>, bytes: &[u8]) -> MediaType {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Shape {
        media_type: Option<String>,
        schema_version: Option<serde_json::Value>,
        manifests: Option<serde::de::IgnoredAny>,
        config: Option<serde::de::IgnoredAny>,
        layers: Option<serde::de::IgnoredAny>,
        fs_layers: Option<serde::de::IgnoredAny>,
        signatures: Option<serde::de::IgnoredAny>,
    }
    // What cannot be parsed here is for the model to refuse, with a better reason.
    let shape = serde_json::from_slice::<Shape>(bytes).unwrap_or_default();
    let header = header.filter(|header| !says_nothing(header)).map(MediaType::from);
    let one = shape.schema_version.is_some_and(|version| version.as_u64() == Some(1));
    let decided = if shape.fs_layers.is_some() || one {
        schema1::media_type(shape.signatures.is_some())
    } else if let Some(own) = shape.media_type.filter(|own| !own.is_empty()) {
        MediaType(own)
    } else if shape.manifests.is_some() {
        let like = header.clone().filter(MediaType::is_index);
        like.unwrap_or_else(|| MediaType::OCI_INDEX.into())
    } else if shape.config.is_some() || shape.layers.is_some() {
        let like = header.clone().filter(MediaType::is_manifest);
        like.unwrap_or_else(|| MediaType::OCI_MANIFEST.into())
    } else {
        header.clone().unwrap_or_else(|| MediaType::OCI_MANIFEST.into())
    };
    if header.is_some_and(|header| header != decided) {
        tracing::warn!("a document with the Content-Type of another one");
    }
    decided
}

/// Returns whether a media type is one that servers give to any document.
fn says_nothing(kind: &str) -> bool {
    matches!(
        kind,
        "application/json"
            | "text/plain"
            | "application/octet-stream"
            | "binary/octet-stream"
            | "text/json"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types() {
        let (index, image) = (MediaType::OCI_INDEX, MediaType::OCI_MANIFEST);
        let own = format!("{{\"mediaType\":\"{image}\"}}");
        for (header, body, wanted) in [
            (Some(image), own.as_str(), Some(image)),
            (None, own.as_str(), Some(image)),
            (Some("application/json"), own.as_str(), Some(image)),
            (Some(index), own.as_str(), Some(image)),
            (Some(index), "{\"config\":{},\"layers\":[]}", Some(image)),
            (Some(image), "{\"manifests\":[]}", Some(index)),
            (Some("text/html"), "{\"manifests\":[]}", Some(index)),
            (Some(MediaType::DOCKER_LIST), "{\"manifests\":[]}", Some(MediaType::DOCKER_LIST)),
            (Some(image), "{\"schemaVersion\":1,\"fsLayers\":[]}", Some(MediaType::DOCKER_V1)),
            (Some(image), "{\"fsLayers\":[],\"signatures\":[]}", Some(MediaType::DOCKER_SIGNED_V1)),
            (Some(index), "{}", Some(index)),
            (Some(index), "no json", Some(index)),
            (None, "{\"manifests\":[]}", Some(index)),
            (Some("text/plain"), "{\"layers\":[]}", Some(image)),
            (Some(MediaType::DOCKER_MANIFEST), "{}", Some(MediaType::DOCKER_MANIFEST)),
        ] {
            let found = media_type(header, body.as_bytes());
            assert_eq!(Some(found.as_str()), wanted, "{header:?} {body}");
        }
    }
}
