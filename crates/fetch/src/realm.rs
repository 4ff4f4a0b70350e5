//! Where credentials may go: the rule that keeps them with the registry that they are for.
//!
//! A registry names its token server in a header, so a hostile or hijacked one can name any. An
//! *origin* is scheme, host and port. Credentials go to the registry's own origin, and to token
//! servers that are known to belong to it; every other token server is asked without them. That a
//! host lies in the same domain, or is the same host on another port, proves nothing.

use cutaway_ref::is_loopback_host;
use reqwest::Url;

/// Token servers of registries that keep them on another host: registry, token server.
const KNOWN: [(&str, &str); 2] =
    [("registry-1.docker.io", "auth.docker.io"), ("registry.gitlab.com", "gitlab.com")];

/// What a token server may be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// The credentials of the registry.
    Credentials,
    /// Nothing but the request for an anonymous token.
    Anonymous,
}

/// Parses the realm of a challenge from `registry`, and decides what its server may be told.
///
/// # Errors
///
/// Returns the rule that keeps the realm from being asked at all, as text.
pub(crate) fn judge(
    realm: &str,
    registry: &Url,
    allowed: &[String],
) -> Result<(Url, Trust), String> {
    let mut url = Url::parse(realm).map_err(|_| "its realm is no address".to_owned())?;
    let host = url.host_str().unwrap_or_default().to_owned();
    if !matches!(url.scheme(), "http" | "https") || host.is_empty() {
        return Err("its realm is no HTTP address".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("its realm carries user information".to_owned());
    }
    if url.scheme() == "http" && registry.scheme() == "https" {
        if url.host_str() == registry.host_str() {
            // A proxy that ends TLS does not know how it is called: asked is the origin that is known.
            let (path, query) = (url.path().to_owned(), url.query().map(ToOwned::to_owned));
            url.clone_from(registry);
            url.set_path(&path);
            url.set_query(query.as_deref());
            return Ok((url, Trust::Credentials));
        }
        return Err(format!("its realm at {host} is plain HTTP, and the registry speaks HTTPS"));
    }
    if same_origin(&url, registry) {
        return Ok((url, Trust::Credentials));
    }
    let registry_host = registry.host_str().unwrap_or_default();
    let known = registry.port().is_none()
        && KNOWN.contains(&(registry_host, host.as_str()))
        && url.port().is_none();
    // Without TLS anybody on the way could be the token server, unless it is on this machine.
    let sealed = url.scheme() == "https" || is_loopback_host(&host);
    let listed = allowed.iter().any(|entry| entry.eq_ignore_ascii_case(&authority(&url)));
    let trust = if (known && url.scheme() == "https") || (listed && sealed) {
        Trust::Credentials
    } else {
        Trust::Anonymous
    };
    Ok((url, trust))
}

/// Returns whether two addresses have the same scheme, host and port.
pub(crate) fn same_origin(one: &Url, other: &Url) -> bool {
    one.scheme() == other.scheme()
        && one.host_str() == other.host_str()
        && one.port_or_known_default() == other.port_or_known_default()
}

/// Returns `host`, or `host:port` where the port is not that of the scheme.
pub(crate) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trust(realm: &str, registry: &str, allowed: &[&str]) -> Option<Trust> {
        let allowed: Vec<String> = allowed.iter().map(|entry| (*entry).to_owned()).collect();
        judge(realm, &Url::parse(registry).unwrap(), &allowed).ok().map(|(_, trust)| trust)
    }

    #[test]
    fn realms() {
        use Trust::{Anonymous, Credentials};
        for (realm, registry, allowed, wanted) in [
            ("https://ghcr.io/token", "https://ghcr.io", &[][..], Some(Credentials)),
            ("https://ghcr.io:443/token", "https://ghcr.io", &[], Some(Credentials)),
            (
                "https://auth.docker.io/token",
                "https://registry-1.docker.io",
                &[],
                Some(Credentials),
            ),
            (
                "https://auth.docker.io:444/token",
                "https://registry-1.docker.io",
                &[],
                Some(Anonymous),
            ),
            ("https://auth.docker.io/token", "https://evil.example", &[], Some(Anonymous)),
            (
                "https://auth.docker.io.evil.example/",
                "https://registry-1.docker.io",
                &[],
                Some(Anonymous),
            ),
            ("https://gitlab.com/jwt/auth", "https://registry.gitlab.com", &[], Some(Credentials)),
            (
                "https://gitlab.example.com/jwt/auth",
                "https://registry.example.com",
                &[],
                Some(Anonymous),
            ),
            (
                "https://gitlab.example.com/jwt/auth",
                "https://registry.example.com",
                &["GitLab.example.com"],
                Some(Credentials),
            ),
            (
                "https://gitlab.example.com:8443/",
                "https://registry.example.com",
                &["gitlab.example.com"],
                Some(Anonymous),
            ),
            ("https://example.com:5001/token", "https://example.com:5000", &[], Some(Anonymous)),
            ("http://127.0.0.1:5001/token", "http://127.0.0.1:5000", &[], Some(Anonymous)),
            (
                "http://127.0.0.1:5001/token",
                "http://127.0.0.1:5000",
                &["127.0.0.1:5001"],
                Some(Credentials),
            ),
            ("http://127.0.0.1:5000/token", "http://127.0.0.1:5000", &[], Some(Credentials)),
            (
                "http://auth.example.com/",
                "http://example.com",
                &["auth.example.com"],
                Some(Anonymous),
            ),
            ("http://example.com/token", "https://example.com", &[], Some(Credentials)),
            ("http://example.com:80/token", "https://example.com:5000", &[], Some(Credentials)),
            ("http://auth.example.com/token", "https://example.com", &[], None),
            ("http://auth.example.com/", "https://example.com", &["auth.example.com"], None),
            ("https://user:pw@example.com/token", "https://example.com", &[], None),
            ("file:///etc/passwd", "https://example.com", &[], None),
            ("token", "https://example.com", &[], None),
            ("", "https://example.com", &[], None),
        ] {
            assert_eq!(trust(realm, registry, allowed), wanted, "{realm} for {registry}");
        }
    }

    #[test]
    fn plain_realms_of_the_registry_are_asked_over_tls() {
        let registry = Url::parse("https://example.com:5000/v2/").unwrap();
        for realm in ["http://example.com/token?a=b", "http://example.com:5000/token?a=b"] {
            let (url, _) = judge(realm, &registry, &[]).unwrap();
            assert_eq!(url.as_str(), "https://example.com:5000/token?a=b", "{realm}");
        }
    }
}
