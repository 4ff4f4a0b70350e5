//! The proxies that variables name.

use cutaway_fetch::Proxy;
use cutaway_ref::auth::Secret;

use crate::environment::Environment;

/// Returns the proxies that `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` name, in either case.
///
/// `HTTP_PROXY` in capitals is passed over where a web server runs this program: there a header of a
/// request, `Proxy`, becomes that variable.
pub(crate) fn of(environment: &Environment) -> Option<Proxy> {
    let variable = |name: &str| environment.get(name);
    let either = |lower: &str| variable(lower).or_else(|| variable(&lower.to_ascii_uppercase()));
    let all = either("all_proxy");
    let http = match variable("http_proxy") {
        None if variable("REQUEST_METHOD").is_none() => variable("HTTP_PROXY"),
        lower => lower,
    };
    let proxy = Proxy {
        https: either("https_proxy").or_else(|| all.clone()).map(Secret::new),
        http: http.or(all).map(Secret::new),
        except: either("no_proxy").unwrap_or_default(),
    };
    (proxy.https.is_some() || proxy.http.is_some()).then_some(proxy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(variables: &[(&str, &str)]) -> (Option<String>, Option<String>) {
        let found = of(&variables.iter().copied().collect());
        let text = |secret: Option<Secret>| secret.map(|secret| secret.expose().to_owned());
        found.map_or((None, None), |found| (text(found.https), text(found.http)))
    }

    #[test]
    fn variables() {
        let (a, b) = (Some("http://a".to_owned()), Some("http://b".to_owned()));
        for (variables, expected) in [
            (&[][..], (None, None)),
            (&[("NO_PROXY", "x")], (None, None)),
            (&[("HTTPS_PROXY", "http://a")], (a.clone(), None)),
            (&[("https_proxy", "http://a"), ("HTTPS_PROXY", "http://b")], (a.clone(), None)),
            (&[("ALL_PROXY", "http://a")], (a.clone(), a.clone())),
            (&[("ALL_PROXY", "http://a"), ("http_proxy", "http://b")], (a, b.clone())),
            (&[("HTTP_PROXY", "http://b")], (None, b.clone())),
            (&[("HTTP_PROXY", "http://b"), ("REQUEST_METHOD", "GET")], (None, None)),
            (&[("http_proxy", "http://b"), ("REQUEST_METHOD", "GET")], (None, b)),
        ] {
            assert_eq!(proxies(variables), expected, "{variables:?}");
        }
    }
}
