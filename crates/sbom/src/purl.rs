//! Package URLs taken apart, tolerantly: what a bill says is taken as it stands.

/// The parts of a package URL, decoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Purl {
    pub(crate) kind: String,
    pub(crate) namespace: Option<String>,
    pub(crate) name: String,
    pub(crate) version: Option<String>,
    qualifiers: Vec<(String, String)>,
}

impl Purl {
    /// Reads a package URL; nothing where the text is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("pkg:")?.trim_start_matches('/');
        let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
        let (path, qualifiers) = rest.split_once('?').unwrap_or((rest, ""));
        let (kind, path) = path.split_once('/')?;
        // An @ before the last slash belongs to a namespace, such as npm's scope.
        let last = path.rfind('/').map_or(0, |at| at.saturating_add(1));
        let (before, end) = path.split_at_checked(last)?;
        let (name, version) = match end.split_once('@') {
            Some((name, version)) => (name, Some(version)),
            None => (end, None),
        };
        let namespace = before.trim_matches('/');
        let pairs = qualifiers.split('&').filter_map(|pair| pair.split_once('='));
        Some(Self {
            kind: kind.to_ascii_lowercase(),
            namespace: Some(decoded(namespace)).filter(|it| !it.is_empty()),
            name: Some(decoded(name)).filter(|it| !it.is_empty())?,
            version: version.map(decoded).filter(|it| !it.is_empty()),
            qualifiers: pairs.map(|(key, value)| (key.to_owned(), decoded(value))).collect(),
        })
    }

    /// Returns the value of a qualifier.
    pub(crate) fn qualifier(&self, key: &str) -> Option<&str> {
        let found = self.qualifiers.iter().find(|(known, _)| known == key);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }
}

/// Decodes what is encoded; what is no encoding stays.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let encoded = (*first == b'%').then(|| after.split_at_checked(2)).flatten();
        let byte = encoded.and_then(|(digits, behind)| {
            let digits = std::str::from_utf8(digits).ok()?;
            let hexadecimal = digits.bytes().all(|it| it.is_ascii_hexdigit());
            Some((u8::from_str_radix(digits, 16).ok().filter(|_| hexadecimal)?, behind))
        });
        let (byte, behind) = byte.unwrap_or((*first, after));
        bytes.push(byte);
        rest = behind;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts() {
        let purl = Purl::parse(
            "pkg:deb/debian/libc6@2.36-9%2Bdeb12u4?arch=amd64&distro=debian-12&upstream=glibc%40%zz#a/b",
        );
        let purl = purl.unwrap();
        assert_eq!((purl.kind.as_str(), purl.name.as_str()), ("deb", "libc6"));
        assert_eq!(purl.namespace.as_deref(), Some("debian"));
        assert_eq!(purl.version.as_deref(), Some("2.36-9+deb12u4"));
        assert_eq!(purl.qualifier("upstream"), Some("glibc@%zz"));
        assert_eq!(purl.qualifier("none"), None);
        let scoped = Purl::parse("pkg:npm/%40angular/cli@1").unwrap();
        assert_eq!((scoped.namespace.as_deref(), scoped.name.as_str()), (Some("@angular"), "cli"));
        let deep = Purl::parse("pkg:golang/github.com/a/b@v1?x").unwrap();
        assert_eq!(deep.namespace.as_deref(), Some("github.com/a"));
        for none in ["", "pkg:", "pkg:deb", "pkg:deb/", "pkg:deb/a/", "http://a/b", "pkg:deb/@1"] {
            assert_eq!(Purl::parse(none), None, "{none}");
        }
    }
}
