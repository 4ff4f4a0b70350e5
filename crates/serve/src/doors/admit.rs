//! The doors of Kubernetes: admission reviews that judge or pin, and image reviews.

use std::collections::BTreeMap;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response as Http;
use cutaway::names::Digest;
use tokio::task::JoinSet;

use super::reply::{json, plain};
use super::{Doors, body};
use crate::admission::{self, Asks, Denial, Malformed, Pin, Places, Response, Review};
use crate::asking::{ask, denial_of, reference};
use crate::image_review::{self, ImageReview};
use crate::judge::Asked;
use crate::text;

/// The most warnings of an answer.
const WARNINGS: usize = 10;

/// Judges the images of an object.
pub(super) async fn validate(State(doors): State<Doors>, request: Request) -> Http {
    review(doors, request, false).await
}

/// Gives the images of a pod their digests. What cannot be looked up stays as it is, with a warning:
/// others may still change it, and whether it may run is said by [`validate`].
pub(super) async fn mutate(State(doors): State<Doors>, request: Request) -> Http {
    review(doors, request, true).await
}

async fn review(doors: Doors, request: Request, pins: bool) -> Http {
    let (limits, end) = (&doors.house.gate.limits, doors.end(&request));
    let held = match body::read(&doors.house, request, limits.review_bytes).await {
        Ok(held) => held,
        Err(response) => return *response,
    };
    let begun = Instant::now();
    let review = match Review::read(&held.bytes, limits.review_images) {
        Ok(review) => review,
        Err(error) => return malformed(&error),
    };
    drop(held);
    let (response, is_cached) = match (review.asks, pins) {
        (Asks::Nothing, _) => (Response::default(), true),
        (Asks::Unknown(_), true) => (Response::default(), true),
        (Asks::Unknown(why), false) => {
            doors.house.gate.metrics.verdicts.count(["validate", "undecided"]);
            doors.house.gate.metrics.undecided.count(["validate", "object"]);
            let denial = Denial { is_for_now: false, message: text::line(&why) };
            (Response { denial: Some(denial), ..Response::default() }, true)
        }
        (Asks::Images { places, is_pod: true, .. }, true) => {
            (pin(&doors, places, end).await, false)
        }
        (Asks::Images { .. }, true) => (Response::default(), true),
        (Asks::Images { places, is_mirror, .. }, false) => {
            let namespace = review.namespace.as_deref();
            let (mut response, is_cached) = judge(&doors, places, namespace, end).await;
            if is_mirror && let Some(denial) = response.denial.take() {
                response.warnings.insert(0, text::cut(&denial.message, 250));
            }
            (response, is_cached)
        }
    };
    doors.house.gate.metrics.answered(is_cached, begun.elapsed());
    json(StatusCode::OK, admission::answer(&review.uid, &response))
}

async fn judge(
    doors: &Doors,
    places: Places,
    namespace: Option<&str>,
    end: Instant,
) -> (Response, bool) {
    let gate = &doors.house.gate;
    let images = places.images.into_iter().map(|place| place.image);
    let asked = ask(gate, images, namespace, end).await;
    asked.iter().for_each(|asking| asking.count(gate, "validate"));
    let warnings = asked.iter().flat_map(|it| it.warnings()).take(WARNINGS).map(str::to_owned);
    let lines: Vec<String> = asked.iter().take(WARNINGS).map(|it| it.line()).collect();
    let response = Response {
        denial: denial_of(&asked),
        warnings: warnings.collect(),
        audit: Some(lines.join(" | ")),
        pins: Vec::new(),
    };
    (response, asked.iter().all(|it| it.is_cached))
}

/// Looks up what names stand for, each once.
async fn pin(doors: &Doors, places: Places, end: Instant) -> Response {
    let mut tasks = JoinSet::new();
    let mut names: Vec<String> = places.images.iter().map(|it| it.image.clone()).collect();
    names.sort();
    names.dedup();
    for name in names {
        let gate = std::sync::Arc::clone(&doors.house.gate);
        tasks.spawn(async move {
            let Ok(reference) = reference(&name) else { return (name, None) };
            let platform = gate.platforms().first().cloned().flatten();
            // With the digest that it is about to get.
            let pinned = reference.clone().with_digest(Digest::sha256(b""));
            let asked = Asked { reference: pinned, namespace: None, platform };
            if gate.refuses(&asked).is_some() {
                return (name, None);
            }
            let asked = Asked { reference, ..asked };
            let fixed = gate.fix(&asked, end).await;
            (name, fixed.ok())
        });
    }
    let mut known = BTreeMap::new();
    while let Some(done) = tasks.join_next().await {
        known.extend(done.ok());
    }
    let mut response = Response::default();
    for place in places.images {
        match known.get(&place.image).cloned().flatten() {
            Some(fixed) if fixed.was_asked => {
                let after = format!("{}@{}", place.image, fixed.digest);
                response.pins.push(Pin { pointer: place.pointer, before: place.image, after });
                doors.house.gate.metrics.verdicts.count(["mutate", "pinned"]);
            }
            Some(_) => doors.house.gate.metrics.verdicts.count(["mutate", "pinned-before"]),
            None => {
                doors.house.gate.metrics.verdicts.count(["mutate", "left"]);
                if response.warnings.len() < WARNINGS {
                    let warning = format!("{} is not pinned: its digest is not known", place.image);
                    response.warnings.push(text::cut(&text::line(&warning), 120));
                }
            }
        }
    }
    response
}

/// Answers an image review of the API server.
pub(super) async fn image_policy(State(doors): State<Doors>, request: Request) -> Http {
    let (gate, end) = (&doors.house.gate, doors.end(&request));
    let held = match body::read(&doors.house, request, gate.limits.review_bytes).await {
        Ok(held) => held,
        Err(response) => return *response,
    };
    let begun = Instant::now();
    let review = match ImageReview::read(&held.bytes, gate.limits.review_images) {
        Ok(review) => review,
        Err(error) => return malformed(&error),
    };
    drop(held);
    let asked = ask(gate, review.images, review.namespace.as_deref(), end).await;
    asked.iter().for_each(|asking| asking.count(gate, "imagepolicy"));
    gate.metrics.answered(asked.iter().all(|it| it.is_cached), begun.elapsed());
    let denial = denial_of(&asked);
    json(StatusCode::OK, image_review::answer(denial.as_ref().map(|it| it.message.as_str())))
}

fn malformed(error: &Malformed) -> Http {
    plain(StatusCode::BAD_REQUEST, &format!("{}\n", text::line(&error.to_string())))
}
