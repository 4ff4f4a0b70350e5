//! Which addresses a server may send us to.
//!
//! The user names a registry; everything behind it (redirects, token servers) is named by that
//! registry, so it may not lead from the public network into a private one. The rule looks at the
//! address that is connected to, never at a name alone.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// The kinds of networks that must be kept apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Network {
    Public,
    Private,
    Loopback,
    /// Link-local addresses, and those under which clouds keep their metadata services.
    LinkLocal,
}

impl Network {
    pub(crate) fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::of_v4(address),
            IpAddr::V6(address) => Self::of_v6(address),
        }
    }

    /// Returns whether a server of network `self` may name an address of network `other`.
    pub(crate) fn may_name(self, other: Self) -> bool {
        match other {
            Self::Public => true,
            Self::Private | Self::Loopback => self == other,
            Self::LinkLocal => false,
        }
    }

    fn of_v4(address: Ipv4Addr) -> Self {
        match address.octets() {
            [0 | 127, ..] => Self::Loopback,
            [169, 254, ..] | [100, 100, 100, 200] => Self::LinkLocal,
            [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => Self::Private,
            // Protocol assignments, benchmarks, multicast, reserved: nothing public answers there.
            [192, 0, 0, _] | [198, 18 | 19, ..] | [224..=255, ..] => Self::Private,
            _ => Self::Public,
        }
    }

    fn of_v6(address: Ipv6Addr) -> Self {
        if address.is_loopback() || address.is_unspecified() {
            return Self::Loopback;
        }
        match address.segments() {
            [0, 0, 0, 0, 0, 0xffff, high, low]
            | [0, 0, 0, 0, 0, 0, high, low]
            | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
            | [0x2002, high, low, ..] => {
                let [a, b] = high.to_be_bytes();
                let [c, d] = low.to_be_bytes();
                Self::of_v4(Ipv4Addr::new(a, b, c, d))
            }
            [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254] => Self::LinkLocal,
            [0xfe80..=0xfebf, ..] => Self::LinkLocal,
            [0xfc00..=0xfdff, ..] | [0xfec0..=0xfeff, ..] | [0xff00..=0xffff, ..] => Self::Private,
            _ => Self::Public,
        }
    }

    fn code(self) -> u8 {
        match self {
            Self::Public => 0,
            Self::Private => 1,
            Self::Loopback => 2,
            Self::LinkLocal => 3,
        }
    }
}

/// Stands between a registry and the servers that it names.
///
/// Resolves names for the connections to them, and lets only addresses pass that the registry may name.
#[derive(Debug)]
pub(crate) struct Guard {
    registry: AtomicU8,
    /// Names that the user gave: the proxies.
    exempt: Vec<String>,
}

impl Guard {
    pub(crate) fn new(exempt: Vec<String>) -> Self {
        Self { registry: AtomicU8::new(Network::Public.code()), exempt }
    }

    /// Notes the network in which the registry itself was reached.
    pub(crate) fn registry_is_in(&self, network: Network) {
        self.registry.store(network.code(), Ordering::Relaxed);
    }

    /// Checks an address that is written as a number; names are checked when they are resolved.
    pub(crate) fn check_literal(&self, url: &Url) -> Result<(), String> {
        match literal(url) {
            Some(address) if !self.lets_pass(address) => Err(refusal(&address.to_string())),
            _ => Ok(()),
        }
    }

    fn lets_pass(&self, address: IpAddr) -> bool {
        let other = Network::of(address);
        match self.registry.load(Ordering::Relaxed) {
            1 => Network::Private.may_name(other),
            2 => Network::Loopback.may_name(other),
            _ => Network::Public.may_name(other),
        }
    }
}

/// The guard as a resolver of names.
#[derive(Debug, Clone)]
pub(crate) struct GuardedNames(pub(crate) Arc<Guard>);

impl Resolve for GuardedNames {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = Arc::clone(&self.0);
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            let exempt = guard.exempt.contains(&host);
            let none = found.is_empty();
            let allowed: Vec<SocketAddr> = found
                .into_iter()
                .filter(|address| exempt || guard.lets_pass(address.ip()))
                .collect();
            if allowed.is_empty() && !none {
                return Err(Blocked(refusal(&host)).into());
            }
            let addresses: Addrs = Box::new(allowed.into_iter());
            Ok(addresses)
        })
    }
}

/// A name that leads where the registry may not lead.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Blocked(pub(crate) String);

/// Returns the address in `url`, where it is written as a number.
pub(crate) fn literal(url: &Url) -> Option<IpAddr> {
    let host = url.host_str()?;
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    bare.parse().ok()
}

fn refusal(host: &str) -> String {
    format!(
        "{host} is a private, loopback or link-local address, and the registry that names it is not of that network"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks() {
        for (address, network) in [
            ("8.8.8.8", Network::Public),
            ("127.0.0.1", Network::Loopback),
            ("127.9.9.9", Network::Loopback),
            ("0.0.0.0", Network::Loopback),
            ("::1", Network::Loopback),
            ("::", Network::Loopback),
            ("::ffff:127.0.0.1", Network::Loopback),
            ("::127.0.0.1", Network::Loopback),
            ("10.0.0.1", Network::Private),
            ("172.16.0.1", Network::Private),
            ("172.32.0.1", Network::Public),
            ("192.168.1.1", Network::Private),
            ("100.64.0.1", Network::Private),
            ("fd00::1", Network::Private),
            ("169.254.169.254", Network::LinkLocal),
            ("::ffff:169.254.169.254", Network::LinkLocal),
            ("64:ff9b::a9fe:a9fe", Network::LinkLocal),
            ("2002:a9fe:a9fe::1", Network::LinkLocal),
            ("fd00:ec2::254", Network::LinkLocal),
            ("fe80::1", Network::LinkLocal),
            ("100.100.100.200", Network::LinkLocal),
            ("224.0.0.1", Network::Private),
            ("2606:4700::1", Network::Public),
        ] {
            assert_eq!(Network::of(address.parse().unwrap()), network, "{address}");
        }
    }

    #[test]
    fn steps() {
        use Network::{LinkLocal, Loopback, Private, Public};
        for (from, to, allowed) in [
            (Public, Public, true),
            (Public, Private, false),
            (Public, Loopback, false),
            (Public, LinkLocal, false),
            (Private, Public, true),
            (Private, Private, true),
            (Private, Loopback, false),
            (Private, LinkLocal, false),
            (Loopback, Loopback, true),
            (Loopback, Private, false),
            (LinkLocal, LinkLocal, false),
        ] {
            assert_eq!(from.may_name(to), allowed, "{from:?} to {to:?}");
        }
    }

    #[test]
    fn literals_in_every_spelling() {
        let guard = Guard::new(Vec::new());
        for url in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://[::1]:80/",
            "http://169.254.169.254/latest",
            "http://[fd00:ec2::254]/",
            "http://[::ffff:10.0.0.1]/",
        ] {
            assert!(guard.check_literal(&Url::parse(url).unwrap()).is_err(), "{url}");
        }
        assert!(guard.check_literal(&Url::parse("https://example.com/").unwrap()).is_ok());
        assert!(guard.check_literal(&Url::parse("https://8.8.8.8/").unwrap()).is_ok());
    }

    #[tokio::test]
    async fn names_are_judged_by_what_they_resolve_to() {
        let guard = Arc::new(Guard::new(Vec::new()));
        let names = GuardedNames(Arc::clone(&guard));
        let error = names.resolve("localhost".parse().unwrap()).await.err().expect("refused");
        assert!(error.to_string().contains("localhost"), "{error}");
        guard.registry_is_in(Network::Loopback);
        assert!(names.resolve("localhost".parse().unwrap()).await.is_ok());
        let exempt = GuardedNames(Arc::new(Guard::new(vec!["localhost".to_owned()])));
        assert!(exempt.resolve("localhost".parse().unwrap()).await.is_ok());
    }
}
