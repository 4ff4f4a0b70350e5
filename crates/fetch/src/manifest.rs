//! The first document of an image: fetched whole, within its limit, and checked against what was asked for.
//!
//! Checked are the digest that the reference gives, the digest that the registry claims in a header,
//! and that the header's media type is the document's own. What the document says beyond that is
//! for the model to check.

use cutaway_model::{Descriptor, Error as ModelError, MediaType};
use cutaway_ref::{Digest, Reference};
use cutaway_tar::len64;
use reqwest::Url;
use reqwest::header::HeaderMap;
use serde::Deserialize;

use crate::answer::{applied, content_encoding, content_type, no_page};
use crate::body::Body;
use crate::clock::Clock;
use crate::error::quoted;
use crate::exchange::Exchange;
use crate::failure::Failure;
use crate::pause::pause;
use crate::retry::Retry;
use crate::slots::Slot;
use crate::transport::Ask;
use crate::{Error, Kind};

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
        None => Digest::sha256(&bytes),
        Some(wanted) => check_digest(reference, wanted, &bytes)?,
    };
    check_claim(&headers, &digest, &bytes, reference)?;
    let content_type = content_type(&headers);
    let media_type = media_type(content_type.as_deref(), &bytes, reference)?;
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

/// Checks the media type that a header gives to a document against that of its descriptor.
pub(crate) fn check_type(headers: &HeaderMap, blob: &Descriptor) -> Result<(), ModelError> {
    match content_type(headers) {
        Some(kind)
            if !says_nothing(&kind) && !kind.eq_ignore_ascii_case(blob.media_type.as_str()) =>
        {
            let rule = format!(
                "its Content-Type is {}, and {} lists it",
                quoted(kind.as_bytes(), 100),
                blob.media_type
            );
            Err(ModelError::malformed(blob.digest.as_str(), rule))
        }
        _ => Ok(()),
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
    let ask = Ask { path, accept: ACCEPT, from: None, head: false, elsewhere: None, clock };
    let mut slot = Slot::default();
    let answer = exchange.ask_well(ask, scope, &mut slot).await?;
    let url = answer.url;
    let response =
        no_page(&exchange.transport, answer.response).await.map_err(|failure| failure.at(&url))?;
    if let Some(encoding) = content_encoding(response.headers()) {
        return Err(Failure::lasting(Kind::Answer(applied(&encoding))).at(&url));
    }
    if response.status().as_u16() != 200 {
        let rule = format!(
            "HTTP status {} came, and a document was asked for",
            response.status().as_u16()
        );
        return Err(Failure::lasting(Kind::Answer(rule)).at(&url));
    }
    let headers = response.headers().clone();
    let body =
        Body::new(response, &exchange.transport.config.times, exchange.transport.config.deadline);
    let read = clock.count(body.read_capped(max)).await;
    let (bytes, complete) = read.map_err(|failure| failure.at(&url))?;
    Ok((bytes, headers, complete))
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
    let mut hasher = algorithm.hasher();
    hasher.update(bytes);
    let found = hasher.finish();
    if found == *wanted {
        Ok(found)
    } else {
        Err(ModelError::Digest { what: reference.to_string(), found })
    }
}

/// Checks the digest that the registry claims; it may be of another algorithm than the one that was asked for.
fn check_claim(
    headers: &HeaderMap,
    digest: &Digest,
    bytes: &[u8],
    reference: &Reference,
) -> Result<(), ModelError> {
    let Some(claim) = claimed(headers) else { return Ok(()) };
    let what = reference.to_string();
    let claim = claim.map_err(|text| lie(&what, &text, digest))?;
    // An algorithm that is not known here can neither be believed nor refuted.
    let Some(algorithm) = claim.algorithm() else { return Ok(()) };
    let mut hasher = algorithm.hasher();
    hasher.update(bytes);
    let found = hasher.finish();
    if found == claim { Ok(()) } else { Err(lie(&what, claim.as_str(), &found)) }
}

/// Returns the digest in the header, or its text where it is none.
fn claimed(headers: &HeaderMap) -> Option<Result<Digest, String>> {
    let value = headers.get(DIGEST)?;
    let digest = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    Some(digest.ok_or_else(|| quoted(value.as_bytes(), 100)))
}

fn lie(what: &str, claim: &str, found: &Digest) -> ModelError {
    ModelError::malformed(
        what,
        format!("the registry's Docker-Content-Digest is {claim}, and the bytes have {found}"),
    )
}

/// Decides the media type: that of the header, which must be the document's own where both say one.
pub(crate) fn media_type(
    header: Option<&str>,
    bytes: &[u8],
    reference: &Reference,
) -> Result<MediaType, ModelError> {
    #[derive(Deserialize)]
    struct Shape {
        #[serde(rename = "mediaType")]
        media_type: Option<String>,
        manifests: Option<serde::de::IgnoredAny>,
    }
    // What cannot be parsed here is for the model to refuse, with a better reason.
    let shape = serde_json::from_slice::<Shape>(bytes).ok();
    let own = shape.as_ref().and_then(|shape| shape.media_type.as_deref());
    match (header.filter(|header| !says_nothing(header)), own) {
        (Some(header), Some(own)) if header != own => Err(ModelError::malformed(
            reference.to_string(),
            format!(
                "its Content-Type is {}, and its mediaType is {}",
                quoted(header.as_bytes(), 100),
                quoted(own.as_bytes(), 100)
            ),
        )),
        (Some(kind), _) | (None, Some(kind)) => Ok(MediaType::from(kind)),
        (None, None) => {
            let index = shape.is_some_and(|shape| shape.manifests.is_some());
            Ok(MediaType::from(if index { MediaType::OCI_INDEX } else { MediaType::OCI_MANIFEST }))
        }
    }
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
        let reference: Reference = "alpine".parse().unwrap();
        let (index, image) = (MediaType::OCI_INDEX, MediaType::OCI_MANIFEST);
        let own = format!("{{\"mediaType\":\"{image}\"}}");
        for (header, body, wanted) in [
            (Some(image), own.as_str(), Some(image)),
            (None, own.as_str(), Some(image)),
            (Some("application/json"), own.as_str(), Some(image)),
            (Some(index), own.as_str(), None),
            (Some(index), "{}", Some(index)),
            (Some(index), "no json", Some(index)),
            (None, "{\"manifests\":[]}", Some(index)),
            (Some("text/plain"), "{\"layers\":[]}", Some(image)),
            (Some(MediaType::DOCKER_MANIFEST), "{}", Some(MediaType::DOCKER_MANIFEST)),
        ] {
            let found = media_type(header, body.as_bytes(), &reference);
            assert_eq!(found.as_ref().ok().map(MediaType::as_str), wanted, "{header:?} {body}");
        }
    }
}
