//! One name per registry: the aliases of Docker Hub, its API host, and what counts as loopback.
//!
//! Works on text that the grammar has accepted; it resolves no names.

use std::net::{Ipv4Addr, Ipv6Addr};

/// The name under which Docker Hub is printed and looked up.
pub const DOCKER_HUB: &str = "docker.io";

/// The host that answers Docker Hub's registry API.
pub const DOCKER_HUB_API: &str = "registry-1.docker.io";

/// The namespace of Docker Hub that may be left out.
pub(crate) const LIBRARY: &str = "library";

/// Returns the one name of `registry`: lower-case, and [`DOCKER_HUB`] for each of its aliases.
pub fn registry_name(registry: &str) -> String {
    let lower = registry.to_ascii_lowercase();
    match lower.as_str() {
        "index.docker.io" | DOCKER_HUB_API | DOCKER_HUB => DOCKER_HUB.to_owned(),
        _ => lower,
    }
}

/// Returns whether `host`, with or without a port, always means this machine.
///
/// That is `localhost`, every name below it, 127.0.0.0/8 and `::1`, also as an IPv4-mapped address.
/// No name is resolved, so other names that point here do not count.
pub fn is_loopback_host(host: &str) -> bool {
    let host = split_port(host).0;
    if let Some(inner) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inner.parse().is_ok_and(is_loopback_v6);
    }
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        return address.is_loopback();
    }
    if let Ok(address) = host.parse::<Ipv6Addr>() {
        return is_loopback_v6(address);
    }
    let lower = host.to_ascii_lowercase();
    lower == "localhost" || lower.ends_with(".localhost")
}

/// Splits `host:port` at the last colon that stands outside of brackets.
///
/// A bare IPv6 address is all host.
pub(crate) fn split_port(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        Some((name, port))
            if !port.ends_with(']') && (!name.contains(':') || name.ends_with(']')) =>
        {
            (name, Some(port))
        }
        _ => (host, None),
    }
}

fn is_loopback_v6(address: Ipv6Addr) -> bool {
    address.is_loopback() || address.to_ipv4_mapped().is_some_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback() {
        for host in [
            "localhost",
            "LOCALHOST:5000",
            "x.localhost",
            "x.localhost:80",
            "127.0.0.1",
            "127.0.0.2:5000",
            "127.255.255.254",
            "::1",
            "[::1]",
            "[::1]:5000",
            "[::ffff:127.0.0.1]:5000",
        ] {
            assert!(is_loopback_host(host), "{host}");
        }
        for host in [
            "localhost.example.com",
            "notlocalhost",
            "128.0.0.1",
            "10.0.0.1:5000",
            "[::2]:5000",
            "example.com",
            "127.0.0.1.example.com",
            "",
            ":",
            "[",
        ] {
            assert!(!is_loopback_host(host), "{host}");
        }
    }

    #[test]
    fn aliases() {
        for (registry, name) in [
            ("docker.io", "docker.io"),
            ("index.docker.io", "docker.io"),
            ("Registry-1.docker.io", "docker.io"),
            ("GHCR.io", "ghcr.io"),
            ("docker.io:443", "docker.io:443"),
        ] {
            assert_eq!(registry_name(registry), name);
        }
    }
}
