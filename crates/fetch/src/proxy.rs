//! Which requests go through a proxy, and which go directly.

use std::fmt;

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::Url;

use crate::Proxy;

/// The proxies of one registry.
pub(crate) struct Proxies {
    for_client: Vec<reqwest::Proxy>,
    matcher: Option<Matcher>,
    hosts: Vec<String>,
}

impl Proxies {
    /// Reads the settings.
    ///
    /// # Errors
    ///
    /// Returns that an address cannot be used, without the address: it may have a password.
    pub(crate) fn new(settings: Option<&Proxy>) -> Result<Self, String> {
        let mut proxies = Self { for_client: Vec::new(), matcher: None, hosts: Vec::new() };
        let Some(settings) = settings else { return Ok(proxies) };
        let mut matcher = Matcher::builder().no(settings.except.clone());
        if let Some(url) = &settings.https {
            proxies.add(settings, url.expose(), |url| reqwest::Proxy::https(url))?;
            matcher = matcher.https(url.expose().to_owned());
        }
        if let Some(url) = &settings.http {
            proxies.add(settings, url.expose(), |url| reqwest::Proxy::http(url))?;
            matcher = matcher.http(url.expose().to_owned());
        }
        proxies.matcher = Some(matcher.build());
        Ok(proxies)
    }

    fn add(
        &mut self,
        settings: &Proxy,
        url: &str,
        make: impl FnOnce(&str) -> reqwest::Result<reqwest::Proxy>,
    ) -> Result<(), String> {
        let broken = || "the proxy's address cannot be used".to_owned();
        let made = make(url).map_err(|_| broken())?;
        self.for_client.push(made.no_proxy(reqwest::NoProxy::from_string(&settings.except)));
        // An address may be written without its scheme.
        let parsed = Url::parse(url).ok().filter(Url::has_host);
        let parsed = parsed.or_else(|| Url::parse(&format!("http://{url}")).ok());
        self.hosts.extend(parsed.and_then(|url| Some(url.host_str()?.to_owned())));
        Ok(())
    }

    /// Returns the proxies as the HTTP client takes them.
    pub(crate) fn for_client(&self) -> &[reqwest::Proxy] {
        &self.for_client
    }

    /// Returns the hosts of the proxies, which the user named.
    pub(crate) fn hosts(&self) -> &[String] {
        &self.hosts
    }

    /// Returns whether a request to `url` goes to its host itself.
    pub(crate) fn is_direct(&self, url: &Url) -> bool {
        let Some(matcher) = &self.matcher else { return true };
        // What cannot be told is not called direct.
        url.as_str().parse().is_ok_and(|uri| matcher.intercept(&uri).is_none())
    }
}

impl fmt::Debug for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxies").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cutaway_ref::auth::Secret;

    #[test]
    fn exceptions() {
        let settings = Proxy {
            https: Some(Secret::new("http://user:canary@proxy.example:3128")),
            http: None,
            except: "internal.example,.corp.example,10.0.0.0/8".to_owned(),
        };
        let proxies = Proxies::new(Some(&settings)).unwrap();
        for (url, direct) in [
            ("https://registry.example/v2/", false),
            ("http://registry.example/v2/", true),
            ("https://internal.example/v2/", true),
            ("https://a.corp.example:5000/v2/", true),
            ("https://10.1.2.3/v2/", true),
            ("https://11.1.2.3/v2/", false),
        ] {
            assert_eq!(proxies.is_direct(&Url::parse(url).unwrap()), direct, "{url}");
        }
        assert_eq!(proxies.hosts(), ["proxy.example"]);
        assert!(!format!("{proxies:?} {settings:?}").contains("canary"));
        assert!(Proxies::new(None).unwrap().is_direct(&Url::parse("https://a.io").unwrap()));
    }
}
