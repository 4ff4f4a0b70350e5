//! Asking for a blob's headers alone: whether it is there, and how large it is.

use std::sync::atomic::Ordering;

use cutaway_model::{Descriptor, Error as ModelError};
use reqwest::header::{CONTENT_LENGTH, HeaderMap};

use crate::Kind;
use crate::answer::content_encoding;
use crate::ask::{Ask, Part};
use crate::exchange::Exchange;
use crate::failure::Failure;
use crate::manifest::{given_up, note_header};
use crate::pause::pause;
use crate::range;
use crate::retry::Retry;
use crate::slots::Slot;

/// Asks for what lies at `path`, and returns the size that the answer claims, if it claims one.
///
/// Some registries refuse the question for headers and answer the one for bytes, so that is asked then, for
/// one byte.
pub(crate) async fn size(
    exchange: &Exchange,
    path: &str,
    accept: &'static str,
    scope: &str,
    blob: &Descriptor,
) -> Result<Option<u64>, ModelError> {
    let mut retry = Retry::new(&exchange.transport.config.retry);
    let refused = exchange.refuses_head.load(Ordering::Relaxed);
    let mut part = if refused { Part::First } else { Part::Head };
    loop {
        let ask = Ask { part, ..Ask::new(path, accept, &retry.clock) };
        let failure = match exchange.ask_well(ask, scope, &mut Slot::default()).await {
            Ok(answer) => {
                let headers = answer.response.headers();
                note_header(headers, &blob.digest, blob.digest.as_str());
                if part == Part::First {
                    exchange.refuses_head.store(true, Ordering::Relaxed);
                }
                return Ok(claimed(answer.response.status().as_u16(), headers, blob.size));
            }
            Err(failure) => failure,
        };
        if part == Part::Head && is_refusal(&failure) {
            part = Part::First;
            continue;
        }
        let url = failure.url.clone();
        if let Err(failure) = pause(&exchange.transport, &mut retry, failure).await {
            let what = blob.digest.as_str();
            return Err(given_up(exchange, path, url, &retry, failure.kind, what));
        }
    }
}

/// Returns whether a failure may be about the question for headers, and not about what lies there: some answer it
/// with 404, 405 or 500. Who asks for a pause says it of every question.
fn is_refusal(failure: &Failure) -> bool {
    match failure.kind {
        Kind::Refused(_) => true,
        Kind::Status { status, .. } => status != 429 && failure.retry_after.is_none(),
        _ => false,
    }
}

/// Returns the size of the blob that an answer claims. That of bytes which were packed for the way is none,
/// unless it is the right one.
fn claimed(status: u16, headers: &HeaderMap, size: u64) -> Option<u64> {
    let length = || headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok();
    let claimed = if status == 206 { range::total(headers) } else { length() };
    claimed.filter(|claimed| *claimed == size || content_encoding(headers).is_none())
}
