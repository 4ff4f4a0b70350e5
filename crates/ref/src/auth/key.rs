//! Keys of credential files: registries, with or without a path, in the spellings that tools write.

use crate::normalize::{DOCKER_HUB, registry_name};

/// A key in its normal form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    /// `registry` or `registry/path`, the registry under its one name.
    pub(crate) name: String,
    /// Whether it was written as an address, as Docker does for its Hub.
    pub(crate) from_url: bool,
}

impl Key {
    /// Brings a key of a file into its normal form. An address stands for its host alone.
    pub(crate) fn parse(text: &str) -> Self {
        let bare = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let (host, path) = match bare.unwrap_or(text).split_once('/') {
            Some((host, path)) => (host, path.trim_end_matches('/')),
            None => (bare.unwrap_or(text), ""),
        };
        let registry = registry_name(host);
        // The Hub's first API left its version behind in many files.
        let is_version = registry == DOCKER_HUB && matches!(path, "v1" | "v2");
        let name = if bare.is_some() || path.is_empty() || is_version {
            registry
        } else {
            format!("{registry}/{path}")
        };
        Self { name, from_url: bare.is_some() }
    }
}

/// Returns the name of the registry that a key of a legacy file stands for: whatever follows the host is an
/// address of an API that is gone.
pub(crate) fn legacy(text: &str) -> Key {
    let bare = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let host = bare.unwrap_or(text).split('/').next().unwrap_or_default();
    Key { name: registry_name(host), from_url: bare.is_some() }
}

/// Returns the names under which a repository's credentials may be kept, the most specific first.
pub(crate) fn candidates(registry: &str, repository: Option<&str>) -> Vec<String> {
    let registry = registry_name(registry);
    let mut names = Vec::new();
    let mut path = repository.unwrap_or_default();
    while !path.is_empty() {
        names.push(format!("{registry}/{path}"));
        path = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    }
    names.push(registry);
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys() {
        for (text, name, from_url) in [
            ("ghcr.io", "ghcr.io", false),
            ("GHCR.io/", "ghcr.io", false),
            ("ghcr.io/a/b", "ghcr.io/a/b", false),
            ("localhost:5000/a", "localhost:5000/a", false),
            ("https://ghcr.io", "ghcr.io", true),
            ("https://ghcr.io/v2/", "ghcr.io", true),
            ("http://localhost:5000/x", "localhost:5000", true),
            ("https://index.docker.io/v1/", "docker.io", true),
            ("index.docker.io/v1/", "docker.io", false),
            ("registry-1.docker.io", "docker.io", false),
            ("docker.io/library", "docker.io/library", false),
            ("", "", false),
        ] {
            assert_eq!(Key::parse(text), Key { name: name.to_owned(), from_url }, "{text}");
        }
    }

    #[test]
    fn keys_of_legacy_files_are_hosts() {
        for text in ["a.io", "a.io/v1/", "https://a.io/v1/", "http://A.io/x/y"] {
            assert_eq!(legacy(text).name, "a.io", "{text}");
        }
    }

    #[test]
    fn from_the_most_specific_up() {
        assert_eq!(
            candidates("a.io:1", Some("x/y/z")),
            ["a.io:1/x/y/z", "a.io:1/x/y", "a.io:1/x", "a.io:1"]
        );
        assert_eq!(
            candidates("index.docker.io", Some("library/alpine")),
            ["docker.io/library/alpine", "docker.io/library", "docker.io"]
        );
        assert_eq!(candidates("a.io", None), ["a.io"]);
    }
}
