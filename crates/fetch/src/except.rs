//! Hosts that are reached without a proxy, as `NO_PROXY` lists them: `*`, and names and addresses with a port. Pure.
//!
//! Names, addresses and networks without a port are left to the HTTP client, which knows them.

use cutaway_ref::is_loopback_host;
use reqwest::Url;

/// The exceptions.
#[derive(Debug, Default)]
pub(crate) struct Except {
    /// Whether everything is reached without a proxy.
    all: bool,
    /// Those of one port each.
    ports: Vec<(String, u16)>,
    /// The others, joined by commas.
    names: String,
}

impl Except {
    /// Reads a list that is joined by commas.
    pub(crate) fn parse(list: &str) -> Self {
        let (mut except, mut names) = (Self::default(), Vec::new());
        for entry in list.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            // `*.example.com` means what `.example.com` does.
            let entry =
                entry.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(entry);
            match with_port(entry) {
                _ if entry == "*" => except.all = true,
                Some((host, port)) => except.ports.push((bare(host).to_ascii_lowercase(), port)),
                None => names.push(bare(entry)),
            }
        }
        except.names = names.join(",");
        except
    }

    /// Returns the entries that the HTTP client knows how to read.
    pub(crate) fn names(&self) -> &str {
        &self.names
    }

    /// Returns whether an address is excepted: by `*`, with its port, or because it is this machine, which no
    /// proxy leads to.
    pub(crate) fn holds(&self, url: &Url) -> bool {
        let host = bare(url.host_str().unwrap_or_default()).to_ascii_lowercase();
        let port = url.port_or_known_default();
        self.all
            || is_loopback_host(url.host_str().unwrap_or_default())
            || self.ports.iter().any(|(name, wanted)| {
                let name = name.trim_start_matches('.');
                let below = host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'));
                Some(*wanted) == port && (host == name || below)
            })
    }
}

/// Splits a port off; `None` for an address of IPv6 without one.
fn with_port(entry: &str) -> Option<(&str, u16)> {
    let (host, port) = entry.rsplit_once(':')?;
    let is_one = !host.contains(':') || (host.starts_with('[') && host.ends_with(']'));
    if is_one { Some((host, port.parse().ok()?)) } else { None }
}

/// Takes the brackets off an address of IPv6.
fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions() {
        for (list, url, holds) in [
            ("*", "https://10.0.0.1/", true),
            (" a , * ", "https://10.0.0.1/", true),
            ("10.0.0.1:5000", "http://10.0.0.1:5000/", true),
            ("10.0.0.1:443", "https://10.0.0.1/", true),
            ("10.0.0.1:5000", "http://10.0.0.1:5001/", false),
            ("[fd00::1]:5000", "http://[fd00::1]:5000/", true),
            ("Reg.example:5000", "https://reg.EXAMPLE:5000/", true),
            (".example:5000", "https://reg.example:5000/", true),
            ("*.example:5000", "https://reg.example:5000/", true),
            ("eg.example:5000", "https://reg.example:5000/", false),
            ("", "https://a.io/", false),
            ("", "http://127.0.0.1:5000/", true),
            ("", "http://[::1]:5000/", true),
            ("", "http://localhost/", true),
            ("", "http://10.0.0.1/", false),
            ("fd00::1", "http://[fd00::1]/", false),
        ] {
            let url = Url::parse(url).unwrap();
            assert_eq!(Except::parse(list).holds(&url), holds, "{list} {url}");
        }
        assert_eq!(
            Except::parse("a.io, *.b.io,10.0.0.0/8,[::1],c:1").names(),
            "a.io,.b.io,10.0.0.0/8,::1"
        );
    }
}
