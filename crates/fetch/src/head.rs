//! Asking for a blob's headers alone: whether it is there, and how large it is.

use cutaway_model::Error as ModelError;
use cutaway_ref::Digest;
use reqwest::header::CONTENT_LENGTH;

use crate::exchange::Exchange;
use crate::manifest::{check_header, given_up};
use crate::pause::pause;
use crate::retry::Retry;
use crate::slots::Slot;
use crate::transport::Ask;

/// Asks for what lies at `path`, and returns the size that the answer claims, if it claims one.
pub(crate) async fn size(
    exchange: &Exchange,
    path: &str,
    accept: &'static str,
    scope: &str,
    digest: &Digest,
) -> Result<Option<u64>, ModelError> {
    let mut retry = Retry::new(&exchange.transport.config.retry);
    loop {
        let clock = &retry.clock;
        let ask = Ask { path, accept, from: None, head: true, elsewhere: None, clock };
        let failure = match exchange.ask_well(ask, scope, &mut Slot::default()).await {
            Ok(answer) => {
                let headers = answer.response.headers();
                check_header(headers, digest, digest.as_str())?;
                let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
                return Ok(length.and_then(|length| length.parse().ok()));
            }
            Err(failure) => failure,
        };
        let url = failure.url.clone();
        if let Err(failure) = pause(&exchange.transport, &mut retry, failure).await {
            return Err(given_up(exchange, path, url, &retry, failure.kind, digest.as_str()));
        }
    }
}
