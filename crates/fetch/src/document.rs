//! The body of an answer that is a document in JSON: read whole within its limit, and judged by its bytes.
//!
//! What the headers call it is a hint: proxies and stores label documents as pages, and pack them although
//! they were asked not to.

use std::io::Cursor;

use cutaway_model::{Compression, Decoded, Error as ModelError, Limits};
use reqwest::Response;
use reqwest::header::HeaderMap;
use serde_json::Value;
use tokio::io::AsyncReadExt as _;

use crate::Kind;
use crate::answer::{applied, content_encoding, content_type};
use crate::body::Body;
use crate::error::quoted;
use crate::failure::Failure;
use crate::transport::Transport;

/// How much of a page or an error is shown, in bytes.
const SHOWN: usize = 80;

/// A document as it was read.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) bytes: Vec<u8>,
    pub(crate) headers: HeaderMap,
    /// Whether it ended before the limit.
    pub(crate) complete: bool,
}

/// Reads the document of an answer, at most `max` bytes of it.
pub(crate) async fn read(
    transport: &Transport,
    response: Response,
    max: u64,
) -> Result<Read, Failure> {
    let headers = response.headers().clone();
    let body = Body::new(response, &transport.config.times, transport.config.deadline);
    let (bytes, complete) = body.read_capped(max).await?;
    if !complete {
        return Ok(Read { bytes, headers, complete });
    }
    let (bytes, complete) = match content_encoding(&headers) {
        Some(encoding) => unpacked(bytes, &encoding, max).await?,
        None => (bytes, true),
    };
    if let Some(kind) = content_type(&headers).filter(|kind| is_page(kind)) {
        if !looks_like_json(&bytes) {
            return Err(page(&kind, &bytes));
        }
        tracing::warn!(%kind, "a document that is called a page");
    }
    Ok(Read { bytes, headers, complete })
}

/// Returns whether a media type is one of pages for people, which proxies and portals send.
pub(crate) fn is_page(kind: &str) -> bool {
    matches!(kind, "text/html" | "application/xhtml+xml")
}

/// Makes the failure of a page in the place of what was asked for.
pub(crate) fn page(kind: &str, bytes: &[u8]) -> Failure {
    let begin = quoted(bytes.trim_ascii(), SHOWN);
    Failure::lasting(Kind::Answer(format!("{kind}, which begins {begin}")))
}

/// Returns what a registry complains of in an answer that should be a document, where it does.
///
/// Some say with a status of success what went wrong (distribution specification, "Error Codes").
pub(crate) fn complaint(bytes: &[u8]) -> Option<Failure> {
    const DOCUMENT: [&str; 9] = [
        "manifests",
        "config",
        "layers",
        "fsLayers",
        "tags",
        "repositories",
        "token",
        "access_token",
        "child",
    ];
    let Value::Object(object) = serde_json::from_slice(bytes).ok()? else { return None };
    let is_one = object.get("errors").is_some_and(|errors| errors.is_array() || errors.is_object())
        && !DOCUMENT.iter().any(|key| object.contains_key(*key));
    let shown =
        || format!("an error under a status of success: {}", quoted(bytes.trim_ascii(), 256));
    is_one.then(|| Failure::lasting(Kind::Answer(shown())))
}

/// Returns whether bytes begin as a document does.
pub(crate) fn looks_like_json(bytes: &[u8]) -> bool {
    matches!(bytes.trim_ascii_start().first(), Some(b'{' | b'['))
}

/// Takes off the encoding that a server put on a document although it was asked not to; the second value is
/// false where what comes out is over the limit.
async fn unpacked(bytes: Vec<u8>, encoding: &str, max: u64) -> Result<(Vec<u8>, bool), Failure> {
    let refused = || Failure::lasting(Kind::Answer(applied(encoding)));
    if looks_like_json(&bytes) {
        tracing::warn!("a document that is called packed, and is not");
        return Ok((bytes, true));
    }
    if Compression::sniff(&bytes) == Compression::Plain {
        return Err(refused());
    }
    tracing::warn!("a document that was packed for the way, though that was asked against");
    let mut limits = Limits::default();
    limits.unpacked_bytes = max;
    let decoded = Decoded::open(Cursor::new(bytes), "the answer", &limits).await;
    let mut unpacked = Vec::new();
    match decoded.map_err(|_| refused())?.read_to_end(&mut unpacked).await {
        Ok(_) => Ok((unpacked, true)),
        Err(error) => match ModelError::from_io(error, "the answer") {
            ModelError::Limit { .. } => Ok((unpacked, false)),
            _ => Err(refused()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints() {
        for (body, is_one) in [
            (r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"gone"}]}"#, true),
            (r#"{"errors":[]}"#, true),
            (r#"{"errors":[],"tags":["a"]}"#, false),
            (r#"{"errors":null}"#, false),
            (r#"{"schemaVersion":2}"#, false),
            ("[]", false),
            ("<html>", false),
        ] {
            assert_eq!(complaint(body.as_bytes()).is_some(), is_one, "{body}");
        }
        let text = complaint(br#"{"errors":[{"message":"gone"}]}"#).unwrap().kind.to_string();
        assert!(text.contains("gone"), "{text}");
    }
}
