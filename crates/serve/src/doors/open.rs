//! The doors of everybody else: events of registries, verdicts by name and by digest.

use std::time::{Duration, Instant};

use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use cutaway::names::{Digest, Platform};

use super::reply::{json, plain};
use super::{Doors, body, query};
use crate::asking;
use crate::event_queue::Queued;
use crate::events::Told;
use crate::gate::{Answer, Fixed};
use crate::judge::Asked;
use crate::text;

/// How many seconds who asks too early should wait.
const RETRY_AFTER: &str = "2";
/// How long who asks for a verdict waits for it at most, where it names no time.
const WAIT: Duration = Duration::from_millis(500);

/// Takes events of a registry. It is answered at once: what it told of is judged later.
pub(super) async fn events(State(doors): State<Doors>, request: Request) -> Response {
    let (house, is_trusted) = (&doors.house, doors.trusts(&request));
    if house.events_of.is_none() {
        return plain(StatusCode::NOT_FOUND, "no registry is set whose events are taken\n");
    }
    if !is_trusted {
        return stranger();
    }
    let limits = &house.gate.limits;
    let held = match body::read(house, request, limits.event_bytes).await {
        Ok(held) => held,
        Err(response) => return *response,
    };
    let counters = &house.gate.metrics.events;
    let Ok(told) = Told::read(&held.bytes) else {
        counters.count(["malformed", ""]);
        return plain(StatusCode::BAD_REQUEST, "no notification of a known form\n");
    };
    (0..told.ignored).for_each(|_| counters.count(["ignored", ""]));
    for pushed in told.pushed {
        match house.events.push(pushed, limits.events_queued) {
            Queued::New => counters.count(["queued", ""]),
            Queued::Twice => counters.count(["twice", ""]),
            Queued::InsteadOfAnother => {
                counters.count(["queued", ""]);
                counters.count(["dropped", ""]);
            }
        }
    }
    plain(StatusCode::ACCEPTED, "")
}

/// Judges an image by its name: the verdict, whatever it is, or that it is not there yet.
pub(super) async fn check(State(doors): State<Doors>, request: Request) -> Response {
    if !doors.trusts(&request) {
        return stranger();
    }
    let (gate, begun) = (&doors.house.gate, Instant::now());
    let Some(image) = query(&request, "image") else {
        return plain(StatusCode::BAD_REQUEST, "image=REFERENCE is missing\n");
    };
    let reference = match asking::reference(&image) {
        Ok(reference) => reference,
        Err(failure) => return told(StatusCode::BAD_REQUEST, &failure.message),
    };
    let platform = match query(&request, "platform").map(|text| text.parse::<Platform>()) {
        Some(Ok(platform)) => Some(platform),
        Some(Err(error)) => return told(StatusCode::BAD_REQUEST, &error.to_string()),
        None => gate.platforms().first().cloned().flatten(),
    };
    let end = match query(&request, "timeout") {
        Some(_) => doors.end(&request),
        None => begun.checked_add(WAIT).unwrap_or(begun),
    };
    let looked_up_by = doors.end(&request);
    let asked = Asked { reference, namespace: query(&request, "namespace"), platform };
    let told_digest = match query(&request, "digest").map(|text| text.parse::<Digest>()) {
        Some(Ok(digest)) => Some(Fixed { digest, was_asked: false }),
        Some(Err(error)) => return told(StatusCode::BAD_REQUEST, &error.to_string()),
        None => None,
    };
    let fixed = match told_digest {
        Some(fixed) if asked.reference.digest().is_some_and(|it| *it != fixed.digest) => {
            return told(StatusCode::BAD_REQUEST, "digest= is another one than that of the name");
        }
        Some(fixed) => Ok(fixed),
        None => gate.fix(&asked, looked_up_by).await,
    };
    let digest = fixed.as_ref().ok().map(|fixed| fixed.digest.clone());
    let (answer, is_cached) = match fixed {
        Ok(fixed) => {
            let (answer, is_kept) = gate.judge(&asked, &fixed.digest, end).await;
            (answer, is_kept && !fixed.was_asked)
        }
        Err(answer) => (answer, false),
    };
    let one = asking::Asking { image, digest, answers: vec![answer.clone()], is_cached };
    one.count(gate, "check");
    gate.metrics.answered(is_cached, begun.elapsed());
    match answer {
        Answer::Judged(kept) if query(&request, "form").as_deref() == Some("short") => {
            let (allowed, message) = (kept.allowed, one.line());
            let short = serde_json::json!({"allowed": allowed, "message": message});
            json(StatusCode::OK, short.to_string().into_bytes())
        }
        Answer::Judged(kept) => json(StatusCode::OK, kept.json.clone()),
        Answer::InProgress => later(StatusCode::ACCEPTED, "analysis in progress, retry"),
        Answer::Busy => later(StatusCode::TOO_MANY_REQUESTS, "too many images wait (scans_queued)"),
        Answer::Failed(failure) => told(StatusCode::BAD_GATEWAY, &failure.message),
    }
}

/// Returns a verdict that was made, by the digest of its image or index.
pub(super) async fn verdict(
    State(doors): State<Doors>,
    Path(digest): Path<String>,
    request: Request,
) -> Response {
    if !doors.trusts(&request) {
        return stranger();
    }
    let Ok(digest) = digest.parse::<Digest>() else {
        return plain(StatusCode::BAD_REQUEST, "it is no digest\n");
    };
    match doors.house.gate.verdict_of(&digest) {
        Some(kept) => json(StatusCode::OK, kept.json.clone()),
        None => plain(StatusCode::NOT_FOUND, "there is no verdict that holds\n"),
    }
}

fn stranger() -> Response {
    plain(StatusCode::FORBIDDEN, "a token is wanted (token_file), or the socket of this machine\n")
}

fn told(status: StatusCode, message: &str) -> Response {
    plain(status, &format!("{}\n", text::line(message)))
}

fn later(status: StatusCode, message: &str) -> Response {
    let mut response = told(status, message);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
    response
}
