//! The link to the next page of a list (RFC 8288; distribution specification, "Listing Tags"). Pure.

use reqwest::Url;
use reqwest::header::{HeaderMap, LINK};

use crate::realm::same_origin;

/// Returns the path behind `/v2/` of the page that follows the one at `url`, if one does. `own` is the path of
/// the list itself.
///
/// Registries behind proxies name themselves as they are called inside: another scheme, host or path. The
/// path and the query are asked of our own origin all the same, and nobody else is asked.
///
/// # Errors
///
/// Returns the rule that keeps the link from being followed.
pub(crate) fn next_page(
    url: &Url,
    headers: &HeaderMap,
    own: &str,
) -> Result<Option<String>, String> {
    let links = headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok());
    let Some(link) = links.flat_map(next_links).next() else { return Ok(None) };
    let next =
        url.join(&link).map_err(|_| "a link to a next page that is no address".to_owned())?;
    let own = own.split('?').next().unwrap_or_default();
    let (path, query) = (next.path(), next.query());
    let inside = path.split_once("/v2/").map(|(_, inside)| inside).filter(|path| !path.is_empty());
    // Outside of `/v2/`, what is asked for is the list itself, further on.
    let inside = inside.or_else(|| query.is_some_and(is_further_on).then_some(own));
    let inside = inside.ok_or("a link to a next page outside of /v2/")?;
    if !same_origin(&next, url) || !path.starts_with("/v2/") {
        tracing::warn!("a link to a next page elsewhere, asked here");
    }
    Ok(Some(match query {
        Some(query) => format!("{inside}?{query}"),
        None => inside.to_owned(),
    }))
}

/// Returns whether a query is that of a later page, as the specification has it.
fn is_further_on(query: &str) -> bool {
    query.split('&').any(|pair| pair.starts_with("last="))
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
                // A link may have several relations, with blanks between them.
                let mut relations = value.trim().trim_matches('"').split_whitespace();
                name.trim().eq_ignore_ascii_case("rel")
                    && relations.any(|relation| relation.eq_ignore_ascii_case("next"))
            });
        if is_next {
            links.push(target.to_owned());
        }
        rest = behind;
    }
    links
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
            ("</v2/n>; rel=\"prev next\"", Ok(Some("n"))),
            ("</v2/n>; rel=\"nextish\"", Ok(None)),
            ("nonsense", Ok(None)),
            ("<open; rel=next", Ok(None)),
            ("", Ok(None)),
            ("<https://b.io/v2/x?n=1>; rel=next", Ok(Some("x?n=1"))),
            ("<http://a.io/v2/x>; rel=next", Ok(Some("x"))),
            ("<https://a.io:444/v2/x>; rel=next", Ok(Some("x"))),
            ("<//b.io/v2/x>; rel=next", Ok(Some("x"))),
            ("</in/side/v2/x/tags/list?last=b>; rel=next", Ok(Some("x/tags/list?last=b"))),
            ("</api/x/tags?last=b&n=2>; rel=next", Ok(Some("x/tags/list?last=b&n=2"))),
            ("</api/x/tags?n=2>; rel=next", Err(())),
            ("</v2/>; rel=next", Err(())),
            ("</other>; rel=next", Err(())),
            ("</v2/../x>; rel=next", Err(())),
            ("<https://[::>; rel=next", Err(())),
        ] {
            let headers: HeaderMap =
                [(LINK, HeaderValue::from_str(link).unwrap())].into_iter().collect();
            let next = next_page(&url, &headers, "x/tags/list?n=2");
            assert_eq!(
                next.as_ref().map(Option::as_deref).map_err(|_| ()),
                wanted,
                "{link}: {next:?}"
            );
        }
        assert_eq!(next_page(&url, &HeaderMap::new(), "x"), Ok(None));
    }
}
