//! The doors: paths of HTTP, each of which only translates what the gate says.

mod admit;
mod body;
mod open;
mod reply;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use cutaway::names::Digest;

use crate::house::House;
use reply::plain;

/// The doors of one listener.
#[derive(Debug, Clone)]
pub(crate) struct Doors {
    house: Arc<House>,
    /// Whether only this machine can come here, and the file system said who.
    is_local: bool,
}

/// Returns the doors of a listener.
pub(crate) fn doors(house: &Arc<House>, is_local: bool) -> Router {
    Router::new()
        .route("/validate", post(admit::validate))
        .route("/mutate", post(admit::mutate))
        .route("/imagepolicy", post(admit::image_policy))
        .route("/events", post(open::events))
        .route("/v1/check", get(open::check))
        .route("/v1/verdicts/{digest}", get(open::verdict))
        .route("/healthz", get(|| async { plain(StatusCode::OK, "ok\n") }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(Doors { house: Arc::clone(house), is_local })
}

impl Doors {
    /// Whether the caller is one who may make the gate read what it likes.
    fn trusts(&self, request: &Request) -> bool {
        let shown = request.headers().get(header::AUTHORIZATION);
        let shown = shown.and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
        // Hashes take the same time to compare, whatever was guessed.
        let is_known = match (&self.house.token, shown) {
            (Some(token), Some(shown)) => *token == Digest::sha256(shown),
            _ => false,
        };
        self.is_local || is_known
    }

    /// Returns when an answer has to be there: before the caller's time ends, where it says it.
    fn end(&self, request: &Request) -> Instant {
        let told = query(request, "timeout").and_then(|text| cutaway::parse_duration(&text).ok());
        let time = told.map_or(self.house.gate.limits.review, budget);
        let now = Instant::now();
        now.checked_add(time).unwrap_or(now)
    }
}

/// Returns how long an answer may take where the caller waits so long: a fifth less, or a second.
fn budget(told: Duration) -> Duration {
    const LONGEST: Duration = Duration::from_secs(30);
    let told = told.min(LONGEST);
    let fifth = told.checked_div(5).unwrap_or_default();
    told.saturating_sub(fifth.min(Duration::from_secs(1)))
}

/// Returns a value of the query, decoded.
fn query(request: &Request, name: &str) -> Option<String> {
    let pairs = request.uri().query()?.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.into_iter().find(|(key, _)| *key == name)?;
    decode(value)
}

/// Decodes the percent signs of a query; none where it is not right or no text.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let hex = |byte: Option<u8>| char::from(byte?).to_digit(16);
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let (high, low) = (hex(rest.next())?, hex(rest.next())?);
                u8::try_from(high.checked_mul(16)?.checked_add(low)?).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

async fn ready(State(doors): State<Doors>) -> Response {
    match doors.house.is_ready() {
        true => plain(StatusCode::OK, "ok\n"),
        false => plain(StatusCode::SERVICE_UNAVAILABLE, "not ready\n"),
    }
}

async fn metrics(State(doors): State<Doors>) -> Response {
    let gauges = doors.house.gate.gauges(doors.house.events.len());
    let text = doors.house.gate.metrics.text(gauges);
    let mut response = plain(StatusCode::OK, "");
    *response.body_mut() = Body::from(text);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_there_before_the_caller_goes() {
        for (told, budget_ms) in [(1_000, 800), (2_000, 1_600), (10_000, 9_000), (99_000, 29_000)] {
            let budget = budget(Duration::from_millis(told));
            assert_eq!(budget, Duration::from_millis(budget_ms), "{told}");
        }
    }

    #[test]
    fn queries_are_decoded() {
        for (text, decoded) in [
            ("a%2Fb%3A1", Some("a/b:1")),
            ("a+b", Some("a b")),
            ("%e4%", None),
            ("%zz", None),
            ("%ff", None),
        ] {
            assert_eq!(decode(text).as_deref(), decoded, "{text}");
        }
    }
}
