//! The proxies of this run, as variables name them.

use cutaway_fetch::Proxy;
use cutaway_ref::auth::Secret;

use crate::credentials::variable;

/// Returns the proxies that `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` name, in either case.
///
/// `HTTP_PROXY` in capitals is passed over where a web server runs this program: there a header of a
/// request, `Proxy`, becomes that variable.
pub(crate) fn of_environment() -> Option<Proxy> {
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
