//! Errors without the secrets that a server may have put into them.

use cutaway_model::Error as ModelError;
use cutaway_ref::auth::{Credential, Veil};
use reqwest::Url;

use crate::{Error, Kind, Proxy};

/// Hides the passwords of proxies, which see them in requests and may repeat them.
pub(crate) fn hide_passwords(veil: &Veil, proxy: &Proxy) {
    let urls = [&proxy.https, &proxy.http].into_iter().flatten();
    for url in urls.filter_map(|url| Url::parse(url.expose()).ok()) {
        let Some(password) = url.password() else { continue };
        veil.hide(password);
        let [username, password] = [url.username(), password].map(decoded);
        veil.hide_credential(&Credential::basic(username, password));
    }
}

/// Returns `error` with every secret hidden in its texts.
pub(crate) fn over(veil: &Veil, error: ModelError) -> ModelError {
    let hide = |text: String| veil.over(&text).into_owned();
    match error {
        ModelError::Transport(inner) => ModelError::Transport(match inner.downcast::<Error>() {
            Ok(error) => Box::new(over_error(veil, *error)),
            Err(other) => other,
        }),
        ModelError::NotFound { what, place } => {
            ModelError::NotFound { what: hide(what), place: hide(place) }
        }
        ModelError::Malformed { what, rule } => {
            ModelError::Malformed { what: hide(what), rule: hide(rule) }
        }
        ModelError::Limit { what, limit, max } => {
            ModelError::Limit { what: hide(what), limit, max }
        }
        other => other,
    }
}

/// Decodes a part of an address, in which a plus is a plus.
fn decoded(part: &str) -> String {
    let query = Url::parse(&format!("http://part/?{}", part.replace('+', "%2B"))).ok();
    let name = query.and_then(|url| Some(url.query_pairs().next()?.0.into_owned()));
    name.unwrap_or_default()
}

/// Returns `error` with every secret hidden in its texts.
pub(crate) fn over_error(veil: &Veil, error: Error) -> Error {
    let hide = |text: String| veil.over(&text).into_owned();
    let kind = match error.kind {
        Kind::Settings(text) => Kind::Settings(hide(text)),
        Kind::Connect(text) => Kind::Connect(hide(text)),
        Kind::Tls(text) => Kind::Tls(hide(text)),
        Kind::Interrupted(text) => Kind::Interrupted(hide(text)),
        Kind::Status { status, body, waited } => Kind::Status { status, body: hide(body), waited },
        Kind::Refused(text) => Kind::Refused(hide(text)),
        Kind::Token(text) => Kind::Token(hide(text)),
        Kind::OutOfBounds(text) => Kind::OutOfBounds(hide(text)),
        Kind::Answer(text) => Kind::Answer(hide(text)),
        kind @ (Kind::Differs | Kind::Deadline) => kind,
    };
    Error { url: hide(error.url), kind, ..error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cutaway_ref::auth::Secret;

    #[test]
    fn passwords_of_proxies_are_hidden() {
        let veil = Veil::default();
        let url = |text: &str| Some(Secret::new(text));
        let proxy = Proxy {
            https: url("http://me:p%40ss+w%2Frd-Zq9@proxy.example:3128"),
            http: url("socks5h://you:other-canary@proxy.example"),
            except: String::new(),
        };
        hide_passwords(&veil, &proxy);
        for said in [
            "p%40ss+w%2Frd-Zq9",
            "p@ss+w/rd-Zq9",
            "other-canary",
            // me:p@ss+w/rd-Zq9
            "Basic bWU6cEBzcyt3L3JkLVpxOQ==",
        ] {
            assert!(veil.over(said).ends_with("[hidden]"), "{said}");
        }
        assert_eq!(veil.over("proxy.example:3128"), "proxy.example:3128");
    }
}
