//! The grammar of references, part by part: hosts, path components, tags.
//!
//! It is that of the distribution project's `reference` package, and stricter for hosts: a port
//! is 1 to 65535, a name that ends in a number is an IPv4 address, and IPv6 addresses stand in
//! brackets. Nothing is defaulted here.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::normalize::split_port;

/// The longest host, port excluded (RFC 1035).
const HOST_MAX: usize = 253;

/// The longest label of a host (RFC 1035).
const LABEL_MAX: usize = 63;

/// The longest tag.
pub(crate) const TAG_MAX: usize = 128;

/// The rule of the grammar that a reference breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rule {
    /// There is nothing.
    #[error("it is empty")]
    Empty,
    /// There is a character that no part may have: not ASCII, a blank, or a control character.
    #[error("it has the character {0:?}, and no part of a reference may have it")]
    Character(char),
    /// It starts with `scheme://`.
    #[error(
        "{0}:// is a transport and no part of a reference; write the name alone, as in docker.io/library/alpine"
    )]
    Scheme(String),
    /// There is more than one `@`.
    #[error("it has more than one @, and a reference has one digest at most")]
    TwoDigests,
    /// What follows the `@` is no digest.
    #[error("what follows the @ is no digest: {0}")]
    Digest(crate::ParseDigestError),
    /// The tag is empty, too long, or has a wrong character.
    #[error(
        "the tag {0:?} is not 1 to 128 of the characters A-Z, a-z, 0-9, _, . and -, the first of them not . or -"
    )]
    Tag(String),
    /// The registry's host name is malformed.
    #[error("the registry {0:?} is no host name, IPv4 address or IPv6 address in brackets")]
    Host(String),
    /// The port is not a number from 1 to 65535.
    #[error("the port {0:?} is not a number from 1 to 65535")]
    Port(String),
    /// There is a registry and nothing behind it.
    #[error("it names a registry and no repository")]
    NoRepository,
    /// A component of the repository is malformed.
    #[error(
        "the part {0:?} of the repository is not a-z and 0-9 in groups joined by one of ., _, __ or by dashes"
    )]
    Component(String),
    /// The name without tag and digest is too long.
    #[error("the name has {0} bytes, and 255 is the most")]
    TooLong(usize),
    /// The whole name is a hash.
    #[error("it is a bare hash; write repository@sha256:hash")]
    BareHash,
    /// Strict reading: the registry is missing.
    #[error("strict reading wants the registry spelled out, as in docker.io/library/alpine:3.20")]
    StrictRegistry,
    /// Strict reading: neither tag nor digest.
    #[error("strict reading wants a tag or a digest")]
    StrictTag,
    /// Strict reading: an image of Docker Hub without its namespace.
    #[error("strict reading wants the namespace library/ of docker.io spelled out")]
    StrictLibrary,
}

/// Checks a host with an optional port, and returns it in lower case with addresses in their usual form.
pub(crate) fn host(text: &str) -> Result<String, Rule> {
    let (name, port) = split_port(text);
    let wrong = || Rule::Host(text.to_owned());
    let name = if let Some(rest) = name.strip_prefix('[') {
        let inner = rest.strip_suffix(']').ok_or_else(wrong)?;
        format!("[{}]", inner.parse::<Ipv6Addr>().map_err(|_| wrong())?)
    } else {
        let lower = name.to_ascii_lowercase();
        if !is_domain(&lower) || (ends_in_number(&lower) && lower.parse::<Ipv4Addr>().is_err()) {
            return Err(wrong());
        }
        lower
    };
    match port {
        None => Ok(name),
        Some(digits) => {
            // One port has one spelling: no sign, no leading zero.
            match digits.parse::<u16>() {
                Ok(port) if port > 0 && port.to_string() == digits => Ok(format!("{name}:{port}")),
                _ => Err(Rule::Port(digits.to_owned())),
            }
        }
    }
}

/// Checks a tag.
pub(crate) fn tag(text: &str) -> Result<(), Rule> {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let mut bytes = text.bytes();
    let good = text.len() <= TAG_MAX
        && bytes.next().is_some_and(word)
        && bytes.all(|byte| word(byte) || matches!(byte, b'.' | b'-'));
    if good { Ok(()) } else { Err(Rule::Tag(text.to_owned())) }
}

/// Checks each component of a repository.
pub(crate) fn repository(text: &str) -> Result<(), Rule> {
    match text.split('/').find(|part| !is_component(part)) {
        None => Ok(()),
        Some(part) => Err(Rule::Component(part.to_owned())),
    }
}

/// Returns whether `text` is a hash: 64 or more lower-case hexadecimal digits.
pub(crate) fn is_hash(text: &str) -> bool {
    text.len() >= 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
fn is_component(part: &str) -> bool {
    // The separators that came since the last letter or digit, as far as the rule needs them.
    #[derive(Clone, Copy, PartialEq)]
    enum Since {
        Start,
        Word,
        Dot,
        Underscore,
        TwoUnderscores,
        Dashes,
    }
    let end = part.bytes().try_fold(Since::Start, |since, byte| match (byte, since) {
        (b'a'..=b'z' | b'0'..=b'9', _) => Some(Since::Word),
        (b'.', Since::Word) => Some(Since::Dot),
        (b'_', Since::Word) => Some(Since::Underscore),
        (b'_', Since::Underscore) => Some(Since::TwoUnderscores),
        (b'-', Since::Word | Since::Dashes) => Some(Since::Dashes),
        _ => None,
    });
    end == Some(Since::Word)
}

fn is_domain(name: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= LABEL_MAX
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    name.len() <= HOST_MAX && name.split('.').all(label)
}

/// Returns whether URL parsers would take `name` for an IPv4 address ("ends in a number", WHATWG URL).
fn ends_in_number(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or_default();
    let hex = last
        .strip_prefix("0x")
        .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    hex || (!last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components() {
        for good in ["a", "0", "foo", "foo__bar", "foo---bar", "a.b_c-d", "1.2"] {
            assert!(is_component(good), "{good}");
        }
        for bad in [
            "", ".a", "a.", "a..b", "a___b", "a_.b", "a._b", "-a", "a-", "A", "a_-b", "a b", "ä",
            "_", "foo_",
        ] {
            assert!(!is_component(bad), "{bad}");
        }
    }

    #[test]
    fn hosts() {
        for (text, name) in [
            ("Example.COM", "example.com"),
            ("example.com:5000", "example.com:5000"),
            ("127.0.0.1:65535", "127.0.0.1:65535"),
            ("[::1]:5000", "[::1]:5000"),
            ("[0:0::1]", "[::1]"),
            ("[FE80::A]", "[fe80::a]"),
        ] {
            assert_eq!(host(text).as_deref(), Ok(name), "{text}");
        }
        for text in [
            "",
            ".",
            "a.",
            ".a",
            "-a.b",
            "a-.b",
            "foo_bar.com",
            "::1",
            "[::1",
            "[::1]x",
            "[fe80::1%eth0]:1",
            "1.2.3",
            "1.2.3.256",
            "0x7f.1",
            "a.0x7f",
            "user@host.io",
            "a.b:",
            "a.b:0",
            "a.b:65536",
            "a.b:+80",
            "a.b:080",
            "a.b:99999",
            "a:port",
            "127.0.0.1.",
        ] {
            assert!(host(text).is_err(), "{text}");
        }
        assert!(host(&format!("{}.io", "a".repeat(63))).is_ok());
        assert!(host(&format!("{}.io", "a".repeat(64))).is_err());
    }

    #[test]
    fn tags() {
        assert_eq!(tag(&"t".repeat(128)), Ok(()));
        for bad in ["", ".a", "-a", "a/b", "a b", "a:b", "ä", &"t".repeat(129)] {
            assert_eq!(tag(bad), Err(Rule::Tag(bad.to_owned())));
        }
    }
}
