//! The pages of a list, one after the other.
//!
//! A server says itself where the next page is, so it may say anything: only our own origin is asked, for
//! no page twice, and for only so many.

use std::collections::HashSet;

use cutaway_model::Error as ModelError;
use cutaway_ref::Digest;
use cutaway_tar::len64;
use reqwest::Url;
use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::Kind;
use crate::ask::Ask;
use crate::clock::Clock;
use crate::document::{self, complaint};
use crate::error::redacted;
use crate::exchange::Exchange;
use crate::failure::Failure;
use crate::link::next_page;
use crate::manifest::{check_header, given_up};
use crate::pause::pause;
use crate::retry::Retry;
use crate::slots::Slot;

/// One page, and where it came from.
pub(crate) struct Page {
    pub(crate) bytes: Vec<u8>,
    pub(crate) url: Url,
}

pub(crate) async fn pages(
    exchange: &Exchange,
    first: &str,
    scope: &str,
    accept: &'static str,
) -> Result<Vec<Page>, ModelError> {
    let pages = walk(exchange, first, scope, accept).await;
    pages.map_err(|error| exchange.veiled(error))
}

async fn walk(
    exchange: &Exchange,
    first: &str,
    scope: &str,
    accept: &'static str,
) -> Result<Vec<Page>, ModelError> {
    let limits = &exchange.transport.config.limits;
    let mut seen = HashSet::new();
    let mut pages: Vec<Page> = Vec::new();
    let mut held = 0_u64;
    // The list itself, and the next page of it; whether that is where a link leads.
    let (mut own, mut path, mut by_link) = (first.to_owned(), first.to_owned(), false);
    loop {
        let out_of_bounds = |rule: String| given_up_at(exchange, &path, Kind::OutOfBounds(rule));
        if !seen.insert(path.clone()) {
            return Err(out_of_bounds(
                "a list whose next page is one that was there before".to_owned(),
            ));
        }
        if u32::try_from(pages.len()).unwrap_or(u32::MAX) >= limits.list_pages {
            return Err(out_of_bounds(format!(
                "more pages than the limit list_pages, which is {}",
                limits.list_pages
            )));
        }
        let (page, headers) = match fetch(exchange, &path, scope, accept).await {
            Ok(fetched) => fetched,
            Err(error) => {
                let instead = match pages.last() {
                    // A registry may have a smaller maximum, and says so.
                    None => without_count(&path).filter(|_| is_refusal(&error, &REFUSED_COUNT)),
                    // A link may be right inside of the server only.
                    Some(page) if by_link => further_on(&own, page),
                    Some(_) => None,
                };
                let Some(instead) = instead else { return Err(error) };
                let said = exchange.transport.veiled(&error.to_string()).into_owned();
                tracing::warn!(error = said, "a page that is not there, asked for in another way");
                if pages.is_empty() {
                    own.clone_from(&instead);
                }
                (path, by_link) = (instead, false);
                continue;
            }
        };
        held = held.saturating_add(weight(&page.bytes));
        if held > limits.list_total_bytes {
            let (what, limit) = (redacted(&page.url), "list_total_bytes");
            return Err(ModelError::Limit { what, limit, max: limits.list_total_bytes });
        }
        let next = next_page(&page.url, &headers, &own).map_err(out_of_bounds)?;
        pages.push(page);
        match next {
            Some(next) => (path, by_link) = (next, true),
            None => return Ok(pages),
        }
    }
}

/// Returns what a page takes, with what its entries take once it is parsed: commas stand between them.
fn weight(page: &[u8]) -> u64 {
    let entries = page.iter().filter(|&&byte| byte == b',').count();
    len64(entries.saturating_mul(96).saturating_add(page.len()))
}

/// Statuses by which a registry refuses the number of entries that it is asked for.
const REFUSED_COUNT: [u16; 4] = [400, 413, 416, 422];

/// Returns whether a request was answered with one of these statuses.
pub(crate) fn is_refusal(error: &ModelError, statuses: &[u16]) -> bool {
    let ModelError::Transport(inner) = error else { return false };
    let kind = inner.downcast_ref::<crate::Error>().map(|error| &error.kind);
    match kind {
        Some(Kind::Status { status, .. }) => statuses.contains(status),
        Some(Kind::Refused(_)) => statuses.contains(&401),
        _ => false,
    }
}

/// Returns the path without the number of entries; `None` where it names none.
fn without_count(path: &str) -> Option<String> {
    let (bare, query) = path.split_once('?')?;
    let others: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with("n=")).collect();
    if others.len() == query.split('&').count() {
        return None;
    }
    Some(if others.is_empty() { bare.to_owned() } else { format!("{bare}?{}", others.join("&")) })
}

/// Returns the path of what follows a page, as whoever asks may put it together: behind its last name.
fn further_on(own: &str, page: &Page) -> Option<String> {
    let list: Value = serde_json::from_slice(&page.bytes).ok()?;
    let names = ["tags", "repositories"].iter().find_map(|key| list.get(*key)?.as_array())?;
    let last = names.iter().rev().find_map(Value::as_str)?;
    let mut url = Url::parse("http://list/").ok()?;
    url.query_pairs_mut().append_pair("last", last);
    let joint = if own.contains('?') { '&' } else { '?' };
    Some(format!("{own}{joint}{}", url.query()?))
}

async fn fetch(
    exchange: &Exchange,
    path: &str,
    scope: &str,
    accept: &'static str,
) -> Result<(Page, HeaderMap), ModelError> {
    let config = &exchange.transport.config;
    let max = config.limits.list_bytes;
    let mut retry = Retry::new(&config.retry);
    loop {
        let failure = match fetch_once(exchange, path, scope, accept, &retry.clock).await {
            Ok((page, headers, true)) => {
                if path.contains("/manifests/") {
                    check_header(&headers, &Digest::sha256(&page.bytes), path)?;
                }
                return Ok((page, headers));
            }
            Ok((page, _, false)) => {
                return Err(ModelError::Limit {
                    what: redacted(&page.url),
                    limit: "list_bytes",
                    max,
                });
            }
            Err(failure) => failure,
        };
        let url = failure.url.clone();
        if let Err(failure) = pause(&exchange.transport, &mut retry, failure).await {
            return Err(given_up(exchange, path, url, &retry, failure.kind, "the list"));
        }
    }
}

async fn fetch_once(
    exchange: &Exchange,
    path: &str,
    scope: &str,
    accept: &'static str,
    clock: &Clock,
) -> Result<(Page, HeaderMap, bool), Failure> {
    let config = &exchange.transport.config;
    let ask = Ask::new(path, accept, clock);
    let mut slot = Slot::default();
    let answer = exchange.ask_well(ask, scope, &mut slot).await?;
    let url = answer.url;
    let read = document::read(&exchange.transport, answer.response, config.limits.list_bytes);
    let read = clock.count(read).await;
    let document::Read { bytes, headers, complete } = read.map_err(|failure| failure.at(&url))?;
    match complaint(&bytes) {
        Some(failure) => Err(failure.at(&url)),
        None => Ok((Page { bytes, url }, headers, complete)),
    }
}

fn given_up_at(exchange: &Exchange, path: &str, kind: Kind) -> ModelError {
    let retry = Retry::new(&exchange.transport.config.retry);
    given_up(exchange, path, None, &retry, kind, "the list")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_that_are_put_together() {
        for (path, wanted) in [
            ("_catalog?n=1000", Some("_catalog")),
            ("x/tags/list?n=5&last=b", Some("x/tags/list?last=b")),
            ("x/referrers/y", None),
            ("x?last=n", None),
        ] {
            assert_eq!(without_count(path).as_deref(), wanted, "{path}");
        }
        let url = Url::parse("http://a.io/v2/x").unwrap();
        for (own, json, wanted) in [
            ("l?n=2", r#"{"tags":["a","b/c&d"]}"#, Some("l?n=2&last=b%2Fc%26d")),
            ("l", r#"{"repositories":["a",null]}"#, Some("l?last=a")),
            ("l", r#"{"tags":[]}"#, None),
            ("l", "[]", None),
        ] {
            let page = Page { bytes: json.into(), url: url.clone() };
            assert_eq!(further_on(own, &page).as_deref(), wanted, "{json}");
        }
    }
}
