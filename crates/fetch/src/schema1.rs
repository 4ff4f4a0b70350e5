//! Signed manifests of Docker's schema 1: what their digest is of. Pure.
//!
//! Such a document is a payload with signatures put into it, and its digest is that of the payload
//! (libtrust, "JSON Signature"): the first `formatLength` bytes of the document, and `formatTail`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cutaway_model::MediaType;
use serde::Deserialize;

/// Returns the payload of a signed document; `None` for every other one.
pub(crate) fn payload(bytes: &[u8]) -> Option<Vec<u8>> {
    #[derive(Deserialize)]
    struct Signed {
        signatures: Vec<Signature>,
    }
    #[derive(Deserialize)]
    struct Signature {
        protected: String,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Protected {
        format_length: usize,
        format_tail: String,
    }
    let decoded = |text: &str| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok();
    let signed: Signed = serde_json::from_slice(bytes).ok()?;
    let protected = decoded(&signed.signatures.first()?.protected)?;
    let protected: Protected = serde_json::from_slice(&protected).ok()?;
    let mut payload = bytes.get(..protected.format_length)?.to_vec();
    payload.extend(decoded(&protected.format_tail)?);
    Some(payload)
}

/// Returns the media type of a document of schema 1 that may be signed.
pub(crate) fn media_type(is_signed: bool) -> MediaType {
    MediaType::from(if is_signed { MediaType::DOCKER_SIGNED_V1 } else { MediaType::DOCKER_V1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn protected(length: usize, tail: &str) -> String {
        let tail = URL_SAFE_NO_PAD.encode(tail);
        let json = format!("{{\"formatLength\":{length},\"formatTail\":\"{tail}\"}}");
        format!("{{\"signatures\":[{{\"protected\":\"{}\"}}]}}", URL_SAFE_NO_PAD.encode(json))
    }

    #[test]
    fn payloads() {
        let document = protected(1, "\n}");
        assert_eq!(payload(document.as_bytes()).as_deref(), Some(&b"{\n}"[..]));
        for document in [protected(usize::MAX, "}"), protected(1 << 20, "}")] {
            assert_eq!(payload(document.as_bytes()), None);
        }
        for document in
            ["", "{}", "{\"signatures\":[]}", "{\"signatures\":[{\"protected\":\"?\"}]}"]
        {
            assert_eq!(payload(document.as_bytes()), None, "{document}");
        }
    }
}
