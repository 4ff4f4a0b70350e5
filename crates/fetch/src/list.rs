//! Lists that come in pages: tags, repositories, referrers (distribution specification, "Content Discovery").
//!
//! A server says itself where the next page is, so it may say anything: only its own addresses are
//! followed, none of them twice, and only so many.

use std::collections::HashSet;

use cutaway_model::{Error as ModelError, MediaType};
use cutaway_ref::Digest;
use reqwest::Url;
use reqwest::header::{HeaderMap, LINK};
use serde::Deserialize;

use crate::answer::no_page;
use crate::body::Body;
use crate::clock::Clock;
use crate::error::redacted;
use crate::exchange::Exchange;
use crate::failure::Failure;
use crate::manifest::{check_header, given_up, scope};
use crate::pause::pause;
use crate::realm::same_origin;
use crate::retry::Retry;
use crate::slots::Slot;
use crate::transport::Ask;
use crate::{Kind, Registry, Repository};

/// The entries that are asked for in one page; the most that some registries allow.
pub(crate) const PAGE: u32 = 1000;

impl Registry {
    /// Lists the names of the registry's repositories, in its order. Many registries allow it to nobody.
    ///
    /// Needs a tokio runtime with I/O and time; dropping the future ends the request.
    ///
    /// # Errors
    ///
    /// Returns what kept a page from being fetched, and the rule that its link to the next one breaks.
    pub async fn catalog(&self) -> Result<Vec<String>, ModelError> {
        #[derive(Deserialize)]
        struct Page {
            repositories: Option<Vec<String>>,
        }
        let pages = pages(
            self.exchange(),
            &format!("_catalog?n={PAGE}"),
            "registry:catalog:*",
            "application/json",
        )
        .await?;
        join(&pages, |page: Page| page.repositories)
    }
}

impl Repository {
    /// Lists the tags, in the registry's order.
    ///
    /// Needs a tokio runtime with I/O and time; dropping the future ends the request.
    ///
    /// # Errors
    ///
    /// As [`Registry::catalog`].
    pub async fn tags(&self) -> Result<Vec<String>, ModelError> {
        #[derive(Deserialize)]
        struct Page {
            tags: Option<Vec<String>>,
        }
        let path = format!("{}/tags/list?n={PAGE}", self.name());
        let pages = pages(self.exchange(), &path, &scope(self.name()), "application/json").await?;
        join(&pages, |page: Page| page.tags)
    }

    /// Returns the indexes that list what refers to the manifest `digest`: signatures, attestations, and the like.
    ///
    /// Registries that do not know the question are asked for the tag that stands in for it. The
    /// documents are as they were sent, mostly one; nothing in them is checked.
    ///
    /// Needs a tokio runtime with I/O and time; dropping the future ends the request.
    ///
    /// # Errors
    ///
    /// As [`Registry::catalog`].
    pub async fn referrers(&self, digest: &Digest) -> Result<Vec<Vec<u8>>, ModelError> {
        let exchange = self.exchange();
        let scope = scope(self.name());
        let asked = pages(
            exchange,
            &format!("{}/referrers/{digest}", self.name()),
            &scope,
            MediaType::OCI_INDEX,
        )
        .await;
        let pages = match asked {
            Err(ModelError::NotFound { .. }) => {
                let tag = format!("{}-{}", digest.algorithm_name(), digest.encoded());
                let tag: String = tag.chars().take(128).collect();
                pages(
                    exchange,
                    &format!("{}/manifests/{tag}", self.name()),
                    &scope,
                    MediaType::OCI_INDEX,
                )
                .await
            }
            asked => asked,
        };
        match pages {
            Err(ModelError::NotFound { .. }) => Ok(Vec::new()),
            pages => Ok(pages?.into_iter().map(|page| page.bytes).collect()),
        }
    }
}

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
    let mut pages = Vec::new();
    let mut path = first.to_owned();
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
        let (page, headers) = fetch(exchange, &path, scope, accept).await?;
        let next = next_page(&page.url, &headers).map_err(out_of_bounds)?;
        pages.push(page);
        match next {
            Some(next) => path = next,
            None => return Ok(pages),
        }
    }
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
    let ask = Ask { path, accept, from: None, head: false, elsewhere: None, clock };
    let mut slot = Slot::default();
    let answer = exchange.ask_well(ask, scope, &mut slot).await?;
    let url = answer.url;
    let response =
        no_page(&exchange.transport, answer.response).await.map_err(|failure| failure.at(&url))?;
    let headers = response.headers().clone();
    let body = Body::new(response, &config.times, config.deadline);
    let read = clock.count(body.read_capped(config.limits.list_bytes)).await;
    let (bytes, complete) = read.map_err(|failure| failure.at(&url))?;
    Ok((Page { bytes, url }, headers, complete))
}

/// Returns the path behind `/v2/` of the page that follows the one at `url`, if one does.
///
/// # Errors
///
/// Returns the rule that keeps the link from being followed.
fn next_page(url: &Url, headers: &HeaderMap) -> Result<Option<String>, String> {
    let links = headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok());
    let Some(link) = links.flat_map(next_links).next() else { return Ok(None) };
    let next =
        url.join(&link).map_err(|_| "a link to a next page that is no address".to_owned())?;
    if !same_origin(&next, url) {
        return Err(format!("a link to a next page on another server, {}", redacted(&next)));
    }
    let path = next.path().strip_prefix("/v2/").ok_or("a link to a next page outside of /v2/")?;
    Ok(Some(match next.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    }))
}

/// Returns the targets of a `Link` header whose relation is `next` (RFC 8288).
fn next_links(value: &str) -> Vec<String> {
    let mut links = Vec::new();
    let mut rest = value;
    while let Some((_, behind)) = rest.split_once('<') {
        let Some((target, behind)) = behind.split_once('>') else { break };
        let end = behind.find('<').unwrap_or(behind.len());
        let (parameters, behind) = behind.split_at_checked(end).unwrap_or((behind, ""));
        let is_next = parameters
            .split([';', ','])
            .filter_map(|parameter| parameter.split_once('='))
            .any(|(name, value)| {
                name.trim().eq_ignore_ascii_case("rel")
                    && value.trim().trim_matches('"').eq_ignore_ascii_case("next")
            });
        if is_next {
            links.push(target.to_owned());
        }
        rest = behind;
    }
    links
}

fn join<P: for<'de> Deserialize<'de>>(
    pages: &[Page],
    names: impl Fn(P) -> Option<Vec<String>>,
) -> Result<Vec<String>, ModelError> {
    let mut all = Vec::new();
    for page in pages {
        let parsed: P = serde_json::from_slice(&page.bytes).map_err(|error| {
            let rule = format!(
                "a list that is not JSON of its kind, at line {}, column {}",
                error.line(),
                error.column()
            );
            ModelError::from(crate::Error::new(&page.url, 1, Kind::Answer(rule)))
        })?;
        all.extend(names(parsed).unwrap_or_default());
    }
    Ok(all)
}

fn given_up_at(exchange: &Exchange, path: &str, kind: Kind) -> ModelError {
    let retry = Retry::new(&exchange.transport.config.retry);
    given_up(exchange, path, None, &retry, kind, "the list")
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    #[test]
    fn links() {
        let url = Url::parse("https://a.io/v2/x/tags/list?n=2").unwrap();
        for (link, wanted) in [
            ("</v2/x/tags/list?n=2&last=b>; rel=\"next\"", Ok(Some("x/tags/list?n=2&last=b"))),
            ("<https://a.io/v2/x/tags/list?last=b>; rel=next", Ok(Some("x/tags/list?last=b"))),
            ("<list?last=b>;title=\"x\"; REL=\"Next\"", Ok(Some("x/tags/list?last=b"))),
            ("</v2/p>; rel=prev, </v2/n>; rel=next", Ok(Some("n"))),
            ("</v2/p>; rel=prev", Ok(None)),
            ("nonsense", Ok(None)),
            ("<open; rel=next", Ok(None)),
            ("", Ok(None)),
            ("<https://b.io/v2/x>; rel=next", Err(())),
            ("<http://a.io/v2/x>; rel=next", Err(())),
            ("<https://a.io:444/v2/x>; rel=next", Err(())),
            ("<//b.io/v2/x>; rel=next", Err(())),
            ("</other>; rel=next", Err(())),
            ("</v2/../x>; rel=next", Err(())),
            ("<https://[::>; rel=next", Err(())),
        ] {
            let headers: HeaderMap =
                [(LINK, HeaderValue::from_str(link).unwrap())].into_iter().collect();
            let next = next_page(&url, &headers);
            assert_eq!(
                next.as_ref().map(Option::as_deref).map_err(|_| ()),
                wanted,
                "{link}: {next:?}"
            );
        }
        assert_eq!(next_page(&url, &HeaderMap::new()), Ok(None));
    }
}
