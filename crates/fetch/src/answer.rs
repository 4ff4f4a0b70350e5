//! What an answer's head says: refusals, and content that no registry sends.

use std::time::{Duration, SystemTime};

use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Response, Url};

use crate::Kind;
use crate::body::Body;
use crate::error::quoted;
use crate::failure::Failure;
use crate::retry::{is_passing, retry_after};
use crate::transport::Transport;

/// How much of an error's body is shown, in bytes.
const SHOWN: usize = 256;

/// Makes the failure of an answer whose status is no success; reads a little of its body.
pub(crate) async fn failure_of(transport: &Transport, response: Response, url: &Url) -> Failure {
    let status = response.status().as_u16();
    let asked = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after = asked.and_then(|value| retry_after(value, SystemTime::now()));
    let rate = rate(response.headers());
    let body = Body::new(response, &transport.config.times, transport.config.deadline);
    // What cannot be read of the body is no loss: the status is the error.
    let (bytes, _) =
        body.read_capped(transport.config.limits.error_bytes).await.unwrap_or_default();
    let body = match rate.filter(|_| status == 429) {
        Some(rate) => format!("{rate}: {}", quoted(bytes.trim_ascii(), SHOWN)),
        None => quoted(bytes.trim_ascii(), SHOWN),
    };
    let kind = Kind::Status { status, body, waited: Duration::ZERO };
    let failure =
        Failure { passing: is_passing(status), retry_after, ..Failure::lasting(kind) }.at(url);
    // Without TLS the answer may be that of whoever stands between.
    match transport.proxy_of(url).filter(|_| url.scheme() == "http") {
        Some(proxy) => failure.through(&proxy),
        None => failure,
    }
}

/// Returns what an answer says of how many requests are allowed and left, as Docker Hub does.
pub(crate) fn rate(headers: &HeaderMap) -> Option<String> {
    let value = |name| headers.get(name).map(|value| quoted(value.as_bytes(), 40));
    let limit = value("ratelimit-limit").or_else(|| value("x-ratelimit-limit"));
    let left = value("ratelimit-remaining").or_else(|| value("x-ratelimit-remaining"));
    match (limit, left) {
        (None, None) => None,
        (limit, left) => {
            let unknown = || "an unknown number".to_owned();
            let (limit, left) = (limit.unwrap_or_else(unknown), left.unwrap_or_else(unknown));
            Some(format!("{left} of {limit} requests are left"))
        }
    }
}

/// Returns the media type of an answer, without its parameters and in lower case.
pub(crate) fn content_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence.is_empty() { None } else { Some(essence) }
}

/// Returns the encoding that a server put on the bytes although it was asked not to.
pub(crate) fn content_encoding(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_ENCODING)?;
    let text = quoted(value.as_bytes(), 40);
    if text.is_empty() || text.eq_ignore_ascii_case("identity") { None } else { Some(text) }
}

/// Says that a server put an encoding on the bytes.
pub(crate) fn applied(encoding: &str) -> String {
    format!("the server applied Content-Encoding {encoding}, and identity was asked for")
}
