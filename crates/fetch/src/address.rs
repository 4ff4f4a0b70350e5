//! Which addresses a server may send us to.
//!
//! The user names a registry; everything behind it (redirects, token servers) is named by that
//! registry, so it may not lead from the public network into a private one. The rule looks at the
//! address that is connected to, never at a name alone.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

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
            [169, 254, ..] => Self::LinkLocal,
            // Alibaba, Oracle and Azure keep theirs here.
            [100, 100, 100, 200] | [192, 0, 0, 192] | [168, 63, 129, 16] => Self::LinkLocal,
            [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => Self::Private,
            // Protocol assignments, examples, relays, benchmarks, multicast, reserved: nothing public
            // answers there.
            [192, 0, 0 | 2, _] | [192, 88, 99, _] | [198, 51, 100, _] | [203, 0, 113, _] => {
                Self::Private
            }
            [198, 18 | 19, ..] | [224..=255, ..] => Self::Private,
            _ => Self::Public,
        }
    }

    fn of_v6(address: Ipv6Addr) -> Self {
        if address.is_loopback() || address.is_unspecified() {
            return Self::Loopback;
        }
        match address.segments() {
            // An IPv4 address in its dress for IPv6: mapped, compatible, translated, NAT64, 6to4, ISATAP.
            [0, 0, 0, 0, 0, 0xffff, high, low]
            | [0, 0, 0, 0, 0, 0, high, low]
            | [0, 0, 0, 0, 0xffff, 0, high, low]
            | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
            | [0x2002, high, low, ..]
            | [_, _, _, _, 0 | 0x200, 0x5efe, high, low] => {
                let [a, b] = high.to_be_bytes();
                let [c, d] = low.to_be_bytes();
                Self::of_v4(Ipv4Addr::new(a, b, c, d))
            }
            // Amazon, Google and Scaleway keep theirs here.
            [0xfd00, 0xec2, ..] | [0xfd20, 0xce, ..] | [0xfd00, 0x42, ..] => Self::LinkLocal,
            [0xfe80..=0xfebf, ..] => Self::LinkLocal,
            [0xfc00..=0xfdff, ..] | [0xfec0..=0xffff, ..] => Self::Private,
            // NAT64 of one network, Teredo, examples, discarded packets: nothing public answers there.
            [0x64, 0xff9b, 1, ..] | [0x2001, 0 | 0xdb8, ..] | [0x100, 0, 0, 0, ..] => Self::Private,
            _ => Self::Public,
        }
    }
}

/// Stands between a registry and the servers that it names.
///
/// Resolves names for the connections to them, and lets only addresses pass that the registry may name.
#[derive(Debug)]
pub(crate) struct Guard {
    /// The network of the registry, as far as it is known.
    registry: Mutex<Option<Network>>,
    /// Names that the user gave: the proxies.
    exempt: Vec<String>,
}

impl Guard {
    pub(crate) fn new(exempt: Vec<String>) -> Self {
        Self { registry: Mutex::new(None), exempt }
    }

    /// Notes the network in which the registry itself was reached. One that is reached in two of them
    /// may name no more than one that is public.
    pub(crate) fn registry_is_in(&self, network: Network) {
        let mut registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        *registry = match *registry {
            Some(before) if before != network => Some(Network::Public),
            _ => Some(network),
        };
    }

    /// Checks an address that is written as a number; names are checked when they are resolved.
    pub(crate) fn check_literal(&self, url: &Url) -> Result<(), String> {
        match literal(url) {
            Some(address) if !self.lets_pass(address) => Err(refusal(&address.to_string())),
            _ => Ok(()),
        }
    }

    /// Returns the addresses among those of the name `host` that may be connected to.
    fn sift(&self, host: &str, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, Blocked> {
        if found.is_empty() || self.exempt.iter().any(|name| name == host) {
            return Ok(found);
        }
        let passing = found.into_iter().filter(|address| self.lets_pass(address.ip()));
        let passing: Vec<SocketAddr> = passing.collect();
        if passing.is_empty() { Err(Blocked(refusal(host))) } else { Ok(passing) }
    }

    fn lets_pass(&self, address: IpAddr) -> bool {
        let registry = *self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        registry.unwrap_or(Network::Public).may_name(Network::of(address))
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
            let found = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            let addresses: Addrs = Box::new(guard.sift(&host, found)?.into_iter());
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
            ("172.31.255.255", Network::Private),
            ("172.15.255.255", Network::Public),
            ("172.32.0.1", Network::Public),
            ("11.0.0.1", Network::Public),
            ("126.255.255.255", Network::Public),
            ("192.167.1.1", Network::Public),
            ("192.0.0.1", Network::Private),
            ("192.0.2.1", Network::Private),
            ("198.51.100.1", Network::Private),
            ("203.0.113.1", Network::Private),
            ("198.18.0.1", Network::Private),
            ("198.19.255.255", Network::Private),
            ("198.20.0.1", Network::Public),
            ("240.0.0.1", Network::Private),
            ("255.255.255.255", Network::Private),
            ("0.1.2.3", Network::Loopback),
            ("100.63.255.255", Network::Public),
            ("100.127.255.255", Network::Private),
            ("100.128.0.1", Network::Public),
            ("169.254.170.2", Network::LinkLocal),
            ("168.63.129.16", Network::LinkLocal),
            ("192.0.0.192", Network::LinkLocal),
            ("::ffff:10.0.0.1", Network::Private),
            ("::ffff:100.64.0.1", Network::Private),
            ("::ffff:8.8.8.8", Network::Public),
            ("::ffff:0:127.0.0.1", Network::Loopback),
            ("64:ff9b::7f00:1", Network::Loopback),
            ("64:ff9b::808:808", Network::Public),
            ("64:ff9b:1::a00:1", Network::Private),
            ("2002:7f00:1::1", Network::Loopback),
            ("2002:808:808::1", Network::Public),
            ("2001:4860::200:5efe:a00:1", Network::Private),
            ("2001:4860::5efe:a9fe:a9fe", Network::LinkLocal),
            ("2001:0:808:808::1", Network::Private),
            ("2001:db8::1", Network::Private),
            ("100::1", Network::Private),
            ("fc00::1", Network::Private),
            ("fdff:ffff::1", Network::Private),
            ("fec0::1", Network::Private),
            ("ff02::1", Network::Private),
            ("febf::1", Network::LinkLocal),
            ("fd00:ec2::23", Network::LinkLocal),
            ("fd20:ce::254", Network::LinkLocal),
            ("fd00:42::42", Network::LinkLocal),
            ("2001:4860:4860::8888", Network::Public),
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
            (Loopback, Public, true),
            (LinkLocal, Public, true),
            (LinkLocal, Private, false),
            (LinkLocal, Loopback, false),
            (Loopback, LinkLocal, false),
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
            "http://017700000001/",
            "http://127.1/",
            "http://127.0.0.1./",
            "http://127.0.0.1.:80/",
            "http://%31%32%37.0.0.1/",
            "http://１２７.0.0.1/",
            "http://0/",
            "http://[::]/",
            "http://[::ffff:7f00:1]/",
            "http://[0:0:0:0:0:ffff:127.0.0.1]/",
            "http://[64:ff9b::10.0.0.1]/",
            "http://[2002:a00:1::]/",
            "http://100.64.0.1/",
            "http://2852039166/",
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

    /// What a name resolves to decides, not the name; of several addresses those that pass are used.
    #[test]
    fn names_are_judged_by_what_they_resolve_to() {
        let guard = Guard::new(vec!["proxy.example".to_owned()]);
        let sift = |host: &str, addresses: &[&str]| {
            let found = addresses.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 0));
            guard.sift(host, found.collect()).map(|passing| {
                passing.iter().map(|address| address.ip().to_string()).collect::<Vec<_>>()
            })
        };
        for address in [
            "127.0.0.1",
            "0.0.0.0",
            "::1",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.0.1",
            "100.64.0.1",
            "169.254.169.254",
            "fd00:ec2::254",
            "fe80::1",
            "fd12::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::a00:1",
        ] {
            let error = sift("evil.example", &[address]).unwrap_err().to_string();
            assert!(error.starts_with("evil.example is a private"), "{address}: {error}");
            // One address that is public does not open the way to the others.
            assert_eq!(sift("both.example", &[address, "8.8.8.8"]).unwrap(), ["8.8.8.8"]);
            assert_eq!(sift("proxy.example", &[address]).unwrap(), [address]);
        }
        assert!(sift("none.example", &[]).unwrap().is_empty());

        // A registry that is itself private may name its own kind, and one that changes may not.
        guard.registry_is_in(Network::Private);
        assert_eq!(sift("in.example", &["10.0.0.1"]).unwrap(), ["10.0.0.1"]);
        assert_eq!(sift("in.example", &["10.0.0.1", "8.8.8.8"]).unwrap(), ["10.0.0.1", "8.8.8.8"]);
        assert!(sift("in.example", &["127.0.0.1"]).is_err());
        assert!(sift("in.example", &["169.254.169.254"]).is_err());
        guard.registry_is_in(Network::Private);
        assert!(sift("in.example", &["10.0.0.1"]).is_ok());
        guard.registry_is_in(Network::Loopback);
        assert!(sift("in.example", &["127.0.0.1"]).is_err());
        assert!(sift("in.example", &["10.0.0.1"]).is_err());
        guard.registry_is_in(Network::Loopback);
        assert!(sift("in.example", &["127.0.0.1"]).is_err());
    }

    #[tokio::test]
    async fn the_guard_resolves_names() {
        let guard = Arc::new(Guard::new(Vec::new()));
        let names = GuardedNames(Arc::clone(&guard));
        let error = names.resolve("localhost".parse().unwrap()).await.err().expect("refused");
        assert!(error.to_string().contains("localhost"), "{error}");
        guard.registry_is_in(Network::Loopback);
        assert!(names.resolve("localhost".parse().unwrap()).await.is_ok());
    }
}
