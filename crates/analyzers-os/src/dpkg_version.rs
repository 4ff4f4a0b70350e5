//! A version of dpkg and its parts: `[epoch:]upstream[-revision]`. It does not compare versions.
//!
//! Format: deb-version(7).

/// The parts of a version, and what is odd about it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Parts {
    /// The whole version as dpkg prints it: an epoch of 0 is not said.
    pub(crate) full: String,
    /// The number in front of the first colon.
    pub(crate) epoch: Option<u64>,
    /// What stands behind the last hyphen.
    pub(crate) revision: Option<String>,
    /// The rule of deb-version(7) that the version breaks.
    pub(crate) odd: Option<&'static str>,
}

/// Splits a version as dpkg does.
pub(crate) fn split(version: &str) -> Parts {
    let mut parts = Parts { full: version.to_owned(), ..Parts::default() };
    let rest = match version.split_once(':') {
        None => version,
        Some((epoch, rest)) => {
            match epoch.parse::<u64>() {
                Ok(number) if epoch.bytes().all(|byte| byte.is_ascii_digit()) => {
                    parts.epoch = Some(number);
                    parts.full =
                        if number == 0 { rest.to_owned() } else { format!("{number}:{rest}") };
                    // dpkg keeps the epoch in an int.
                    if number > 0x7fff_ffff {
                        parts.odd = Some("its epoch is too large");
                    }
                }
                _ => parts.odd = Some("its epoch is no number that fits"),
            }
            rest
        }
    };
    let (upstream, revision) = match rest.rsplit_once('-') {
        Some((upstream, revision)) => (upstream, Some(revision)),
        None => (rest, None),
    };
    parts.revision = revision.map(str::to_owned);
    parts.odd = parts.odd.or_else(|| odd(upstream, revision));
    parts
}

fn odd(upstream: &str, revision: Option<&str>) -> Option<&'static str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'+' | b'~');
    match (upstream.bytes().next(), revision) {
        (None, _) => Some("its upstream version is empty"),
        (Some(first), _) if !first.is_ascii_digit() => {
            Some("its upstream version starts with no digit")
        }
        (_, Some("")) => Some("its revision is empty"),
        _ if !upstream.bytes().all(|byte| plain(byte) || matches!(byte, b'-' | b':')) => {
            Some("its upstream version has a character that none may have")
        }
        (_, Some(revision)) if !revision.bytes().all(plain) => {
            Some("its revision has a character that none may have")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn parts() {
        for (version, epoch, revision, odd) in [
            ("1.0", None, None, false),
            ("1:2.3-4", Some(1), Some("4"), false),
            ("0:2.3", Some(0), None, false),
            ("11+200+deb10u5", None, None, false),
            ("2.0-rc1-3~bpo", None, Some("3~bpo"), false),
            ("1:2:3-4", Some(1), Some("4"), false),
            ("4294967296:1", Some(4_294_967_296), None, true),
            ("99999999999999999999:1-1", None, Some("1"), true),
            ("+1:1", None, None, true),
            (":1", None, None, true),
            ("1:", Some(1), None, true),
            ("1.0-", None, Some(""), true),
            ("v1", None, None, true),
            ("1 0", None, None, true),
            ("1.0\0", None, None, true),
            ("1-a:b", None, None, true),
            ("1:1-a:b", Some(1), Some("a:b"), true),
        ] {
            let parts = split(version);
            assert_eq!((parts.epoch, parts.revision.as_deref()), (epoch, revision), "{version}");
            let full = version.strip_prefix("0:").unwrap_or(version);
            assert_eq!(parts.full, full);
            assert_eq!(parts.odd.is_some(), odd, "{version} {:?}", parts.odd);
        }
    }
}
