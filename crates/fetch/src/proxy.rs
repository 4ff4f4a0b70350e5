//! Which requests go through a proxy, and which go directly.

use std::fmt;
use std::sync::Arc;

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::Url;

use crate::Proxy;
use crate::except::Except;

/// The proxies of one registry.
pub(crate) struct Proxies {
    for_client: Vec<reqwest::Proxy>,
    matcher: Option<Matcher>,
    except: Arc<Except>,
    hosts: Vec<String>,
}

impl Proxies {
    /// Reads the settings.
    ///
    /// # Errors
    ///
    /// Returns that an address cannot be used, without the address: it may have a password.
    pub(crate) fn new(settings: Option<&Proxy>) -> Result<Self, String> {
        let except = settings.map(|settings| Except::parse(&settings.except)).unwrap_or_default();
        let (for_client, hosts) = (Vec::new(), Vec::new());
        let mut proxies = Self { for_client, matcher: None, except: Arc::new(except), hosts };
        let Some(settings) = settings else { return Ok(proxies) };
        let mut matcher = Matcher::builder().no(proxies.except.names().to_owned());
        if let Some(url) = &settings.https {
            proxies.add("https", url.expose())?;
            matcher = matcher.https(url.expose().to_owned());
        }
        if let Some(url) = &settings.http {
            proxies.add("http", url.expose())?;
            matcher = matcher.http(url.expose().to_owned());
        }
        proxies.matcher = Some(matcher.build());
        Ok(proxies)
    }

    /// Adds the proxy at `url` for requests of one scheme.
    fn add(&mut self, scheme: &'static str, url: &str) -> Result<(), String> {
        let broken = || "the proxy's address cannot be used".to_owned();
        reqwest::Proxy::all(url).map_err(|_| broken())?;
        // An address may be written without its scheme.
        let parsed = Url::parse(url).ok().filter(Url::has_host);
        let parsed = parsed.or_else(|| Url::parse(&format!("http://{url}")).ok());
        let proxy = parsed.ok_or_else(broken)?;
        self.hosts.extend(proxy.host_str().map(ToOwned::to_owned));
        let except = Arc::clone(&self.except);
        let names = Matcher::builder().no(except.names().to_owned()).all("http://proxy/").build();
        // The client knows of exceptions neither ports nor `*` for addresses.
        let made = reqwest::Proxy::custom(move |url| {
            let by_name = || url.as_str().parse().is_ok_and(|uri| names.intercept(&uri).is_none());
            let is_direct = url.scheme() != scheme || except.holds(url) || by_name();
            (!is_direct).then(|| proxy.clone())
        });
        self.for_client.push(made);
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

    /// Returns the proxy that a request to `url` goes through, as a host with its port.
    pub(crate) fn of(&self, url: &Url) -> Option<String> {
        if self.is_direct(url) {
            return None;
        }
        let uri = self.matcher.as_ref()?.intercept(&url.as_str().parse().ok()?)?;
        uri.uri().authority().map(|authority| {
            let text = authority.as_str();
            text.rsplit_once('@').map_or(text, |(_, host)| host).to_owned()
        })
    }

    /// Returns whether a request to `url` goes to its host itself.
    pub(crate) fn is_direct(&self, url: &Url) -> bool {
        let Some(matcher) = &self.matcher else { return true };
        // What cannot be told is not called direct.
        self.except.holds(url)
            || url.as_str().parse().is_ok_and(|uri| matcher.intercept(&uri).is_none())
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
            except: "internal.example,.corp.example,10.0.0.0/8, 192.0.2.7:5000".to_owned(),
        };
        let proxies = Proxies::new(Some(&settings)).unwrap();
        for (url, direct) in [
            ("https://registry.example/v2/", false),
            ("http://registry.example/v2/", true),
            ("https://internal.example/v2/", true),
            ("https://a.corp.example:5000/v2/", true),
            ("https://10.1.2.3/v2/", true),
            ("https://11.1.2.3/v2/", false),
            ("https://192.0.2.7:5000/v2/", true),
            ("https://192.0.2.7/v2/", false),
        ] {
            assert_eq!(proxies.is_direct(&Url::parse(url).unwrap()), direct, "{url}");
        }
        let of = |url: &str| proxies.of(&Url::parse(url).unwrap());
        assert_eq!(of("https://registry.example/v2/").as_deref(), Some("proxy.example:3128"));
        assert_eq!(of("https://internal.example/v2/"), None);
        assert_eq!(proxies.hosts(), ["proxy.example"]);
        assert!(!format!("{proxies:?} {settings:?}").contains("canary"));
        assert!(Proxies::new(None).unwrap().is_direct(&Url::parse("https://a.io").unwrap()));
    }
}
