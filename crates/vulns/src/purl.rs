//! Package URLs that are meant, and those that packages have.

/// What is compared of a package URL.
#[derive(Debug, Default, PartialEq, Eq)]
struct Parts {
    /// Type, namespace and name.
    path: String,
    version: String,
    qualifiers: Vec<(String, String)>,
}

/// Of these a difference counts only where both sides say something.
const WHERE_BOTH: &[&str] = &["arch", "distro", "epoch"];
/// These say where a component stands in a document, and nothing of the package.
const OF_DOCUMENTS: &[&str] = &["package-id"];

/// Tells whether a package URL is the one that is meant: what the latter leaves out may be anything.
pub(crate) fn holds(meant: &str, purl: &str) -> bool {
    let (meant, own) = (Parts::of(meant), Parts::of(purl));
    let is_so = |(key, value): &(String, String)| {
        let stated = own.qualifiers.iter().find(|(known, _)| known == key).map(|(_, value)| value);
        match stated {
            Some(stated) => stated == value,
            None => WHERE_BOTH.contains(&key.as_str()),
        }
    };
    meant.path == own.path
        && (meant.version.is_empty() || meant.version == own.version)
        && meant.qualifiers.iter().all(is_so)
}

/// Returns name, version and where it lies of a package URL that names an image.
pub(crate) fn image(purl: &str) -> Option<(String, String, Option<String>)> {
    let Parts { path, version, qualifiers } = Parts::of(purl);
    let name = path.strip_prefix("pkg:oci/").or_else(|| path.strip_prefix("pkg:docker/"))?;
    let place = qualifiers.into_iter().find(|(key, _)| key == "repository_url");
    Some((name.to_owned(), version, place.map(|(_, value)| value)))
}

impl Parts {
    fn of(purl: &str) -> Self {
        let purl = purl.split_once('#').map_or(purl, |(before, _)| before);
        let (path, qualifiers) = purl.split_once('?').unwrap_or((purl, ""));
        // An @ before the last slash is of a namespace.
        let slash = path.rfind('/').unwrap_or_default();
        let at = path.rfind('@').filter(|at| *at > slash).unwrap_or(path.len());
        let (name, version) = path.split_at_checked(at).unwrap_or((path, ""));
        let (kind, rest) = name.split_once('/').unwrap_or((name, ""));
        let pairs = qualifiers.split('&').filter_map(|pair| pair.split_once('='));
        let pairs = pairs.filter(|(key, value)| {
            !value.is_empty() && !OF_DOCUMENTS.contains(key) && (*key, *value) != ("epoch", "0")
        });
        Self {
            path: format!("{}/{}", kind.to_ascii_lowercase(), decoded(rest)),
            version: decoded(version.trim_start_matches('@')),
            qualifiers: pairs.map(|(key, value)| (key.to_owned(), decoded(value))).collect(),
        }
    }
}

/// Takes percent-encoding off; what is none stays.
pub(crate) fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let code = after.get(..2).filter(|_| *first == b'%');
        let code = code.and_then(|it| std::str::from_utf8(it).ok());
        match code.and_then(|it| u8::from_str_radix(it, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => bytes.push(*first),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_urls() {
        let purl = "pkg:npm/%40a/b@1.0?arch=x&distro=y";
        for (meant, expected) in [
            ("pkg:npm/%40a/b", true),
            ("pkg:npm/@a/b", true),
            ("pkg:npm/%40a/b@1.0", true),
            ("pkg:npm/%40a/b?distro=y", true),
            ("pkg:npm/%40a/b?epoch=1", true),
            ("pkg:npm/%40a/b?package-id=1", true),
            ("pkg:npm/%40a/b?upstream=z", false),
            ("pkg:npm/%40a/b@1.1", false),
            ("pkg:npm/%40a/b?distro=z", false),
            ("pkg:npm/b", false),
        ] {
            assert_eq!(holds(meant, purl), expected, "{meant}");
        }
        assert!(holds("pkg:deb/debian/a@1%3A2-3", "pkg:deb/debian/a@1:2-3?arch=amd64"));
    }

    #[test]
    fn images() {
        let (name, version, place) =
            image("pkg:oci/debian@sha256%3Aabc?repository_url=docker.io/library/debian").unwrap();
        assert_eq!((name.as_str(), version.as_str()), ("debian", "sha256:abc"));
        assert_eq!(place.as_deref(), Some("docker.io/library/debian"));
        assert_eq!(image("pkg:npm/a@1"), None);
    }
}
