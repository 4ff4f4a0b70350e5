//! Pull secrets of Kubernetes, as data: `.dockerconfigjson`, `.dockercfg`, or the `Secret` around one.
//!
//! Their keys are those of the kubelet: the host is a pattern per label (`*.example.com` matches
//! `a.example.com` and no deeper name), a port stands for itself alone, and a path is a prefix. Where
//! the kubelet compares paths by letters, here whole components count, so that a key for `team` is
//! no key for `team-of-others`. Credential helpers are no part of them.

use base64::Engine as _;
use serde_json::Value;

use crate::auth::config::{BASE64, Entry, parse_entry};
use crate::auth::{Credential, ParseConfigError};
use crate::normalize::{registry_name, split_port};

/// The entries of one pull secret, the most specific first.
#[derive(Debug, Clone, Default)]
pub struct PullSecret {
    entries: Vec<(Pattern, String, Entry)>,
}

/// A key of a pull secret.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern {
    /// The host without its port, in lower case; a label of it may hold `*`, `?` and `[…]`.
    host: String,
    port: Option<String>,
    /// The components of the path.
    path: Vec<String>,
}

impl PullSecret {
    /// Parses the contents of a file: a `.dockerconfigjson`, a `.dockercfg`, or a `Secret` in JSON.
    ///
    /// # Errors
    ///
    /// Returns what keeps the whole file from being read.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseConfigError> {
        let mut root = json(bytes)?;
        // A Secret keeps the file in base64, under its name.
        if root.get("kind").and_then(Value::as_str) == Some("Secret") {
            let data = [".dockerconfigjson", ".dockercfg"]
                .iter()
                .find_map(|name| root.get("data")?.get(*name)?.as_str())
                .ok_or(ParseConfigError::NoObject("the data of the Secret"))?;
            let inner = BASE64
                .decode(data)
                .map_err(|_| ParseConfigError::NoObject("the data of the Secret"))?;
            root = json(&inner)?;
        }
        let entries = match root.get("auths") {
            Some(auths) => auths,
            None => &root,
        };
        let Value::Object(entries) = entries else {
            return Err(ParseConfigError::NoObject("auths"));
        };
        let mut entries: Vec<_> = entries
            .iter()
            .filter(|(_, entry)| entry.is_object())
            .map(|(key, entry)| (Pattern::parse(key), key.clone(), parse_entry(entry)))
            .collect();
        entries.sort_by(|one, other| (other.0.rank(), &other.1).cmp(&(one.0.rank(), &one.1)));
        Ok(Self { entries })
    }

    /// Returns the credential for a repository, with the key as written.
    ///
    /// # Errors
    ///
    /// Returns why there is none, as text that holds no secret.
    pub fn find(
        &self,
        registry: &str,
        repository: Option<&str>,
    ) -> Result<(Credential, &str), String> {
        let registry = registry_name(registry);
        let mut reason = format!("it has no credential for {registry}");
        let matching =
            self.entries.iter().filter(|(pattern, _, _)| pattern.matches(&registry, repository));
        for (_, key, entry) in matching {
            match entry {
                Entry::Credential(credential) => return Ok((credential.clone(), key)),
                Entry::Empty => reason = format!("the entry {key:?} is empty"),
                Entry::Unusable(rule) => {
                    reason = format!("the entry {key:?} cannot be used: {rule}");
                }
            }
        }
        Err(reason)
    }
}

impl Pattern {
    fn parse(key: &str) -> Self {
        let bare = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://"));
        let (host, path) = bare.unwrap_or(key).split_once('/').unwrap_or((bare.unwrap_or(key), ""));
        // The version of the API is no part of the name.
        let path =
            path.strip_prefix("v1").or_else(|| path.strip_prefix("v2")).map_or(path, |rest| {
                if rest.is_empty() || rest.starts_with('/') { rest } else { path }
            });
        let registry = registry_name(host);
        let (host, port) = split_port(&registry);
        Self {
            host: host.to_owned(),
            port: port.map(ToOwned::to_owned),
            path: path.split('/').filter(|part| !part.is_empty()).map(ToOwned::to_owned).collect(),
        }
    }

    /// Returns how specific it is: the longer path wins, then the host with fewer signs of a pattern.
    fn rank(&self) -> (usize, bool, usize) {
        let is_plain = !self.host.contains(['*', '?', '[']) || self.host.starts_with('[');
        (self.path.len(), is_plain, self.host.len())
    }

    fn matches(&self, registry: &str, repository: Option<&str>) -> bool {
        let (host, port) = split_port(registry);
        let mut path = repository.unwrap_or_default().split('/');
        self.port.as_deref() == port
            && self.matches_host(host)
            && self.path.iter().all(|part| path.next() == Some(part))
    }

    fn matches_host(&self, host: &str) -> bool {
        // An IPv6 address has no labels.
        if self.host.starts_with('[') {
            return self.host == host;
        }
        let (mut patterns, mut labels) = (self.host.split('.'), host.split('.'));
        loop {
            match (patterns.next(), labels.next()) {
                (None, None) => return true,
                (Some(pattern), Some(label)) if matches_label(pattern, label) => {}
                _ => return false,
            }
        }
    }
}

fn json(bytes: &[u8]) -> Result<Value, ParseConfigError> {
    serde_json::from_slice(bytes)
        .map_err(|error| ParseConfigError::Json { line: error.line(), column: error.column() })
}

/// Matches a label of a host against a pattern of `*`, `?` and `[…]` (Go's `filepath.Match`).
///
/// A pattern that is malformed matches nothing. Goes back to the last `*` only, so its time is
/// bounded by the product of the two lengths.
fn matches_label(pattern: &str, label: &str) -> bool {
    let (mut rest, mut text) = (pattern, label);
    let mut retry: Option<(&str, &str)> = None;
    loop {
        let step = match one(rest) {
            Some(Part::Star(behind)) => {
                retry = Some((behind, text));
                rest = behind;
                continue;
            }
            None if text.is_empty() => return rest.is_empty(),
            None => None,
            Some(part) => {
                let mut characters = text.chars();
                characters
                    .next()
                    .filter(|character| part.holds(*character))
                    .map(|_| (part.behind(), characters.as_str()))
            }
        };
        if let Some((next, left)) = step {
            (rest, text) = (next, left);
            continue;
        }
        // The star takes one character more.
        let Some((behind, from)) = retry else { return false };
        let mut characters = from.chars();
        if characters.next().is_none() {
            return false;
        }
        retry = Some((behind, characters.as_str()));
        (rest, text) = (behind, characters.as_str());
    }
}

/// A part of a pattern, and what is behind it.
enum Part<'a> {
    Star(&'a str),
    Any(&'a str),
    Plain(char, &'a str),
    Class(&'a str, &'a str),
}

fn one(pattern: &str) -> Option<Part<'_>> {
    let mut characters = pattern.chars();
    match characters.next()? {
        '*' => Some(Part::Star(characters.as_str())),
        '?' => Some(Part::Any(characters.as_str())),
        '[' => {
            let (class, behind) = characters.as_str().split_once(']')?;
            Some(Part::Class(class, behind))
        }
        plain => Some(Part::Plain(plain, characters.as_str())),
    }
}

impl<'a> Part<'a> {
    fn behind(&self) -> &'a str {
        match self {
            Self::Star(behind)
            | Self::Any(behind)
            | Self::Plain(_, behind)
            | Self::Class(_, behind) => behind,
        }
    }

    fn holds(&self, character: char) -> bool {
        match self {
            Self::Star(_) => false,
            Self::Any(_) => true,
            Self::Plain(plain, _) => *plain == character,
            Self::Class(class, _) => {
                let (class, wanted) = match class.strip_prefix('^') {
                    Some(class) => (class, false),
                    None => (*class, true),
                };
                in_class(class, character) == wanted
            }
        }
    }
}

fn in_class(class: &str, character: char) -> bool {
    let mut rest = class.chars();
    while let Some(low) = rest.next() {
        let mut ahead = rest.clone();
        let high = match (ahead.next(), ahead.next()) {
            (Some('-'), Some(high)) => {
                rest = ahead;
                high
            }
            _ => low,
        };
        if (low..=high).contains(&character) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(secret: &str, reference: &str) -> String {
        let reference: crate::Reference = reference.parse().unwrap();
        let secret = PullSecret::parse(secret.as_bytes()).unwrap();
        match secret.find(reference.registry(), Some(reference.repository())) {
            Ok((credential, key)) => format!("{} {key}", credential.username().unwrap()),
            Err(_) => String::new(),
        }
    }

    #[test]
    fn keys_of_the_kubelet() {
        let secret = r#"{"auths": {
            "*.kubernetes.io": {"auth": "dTE6cA=="},
            "a.kubernetes.io": {"username": "u2", "password": "p"},
            "*.kubernetes.io/team": {"auth": "dTM6cA=="},
            "*.*.example.com:5000": {"auth": "dTQ6cA=="},
            "pre?ix[0-9].io": {"auth": "dTU6cA=="},
            "https://quay.io/v1/org": {"auth": "dTY6cA=="},
            "https://index.docker.io/v1/": {"auth": "dTc6cA=="},
            "[::1]:5000": {"auth": "dTg6cA=="}
        }}"#;
        for (reference, wanted) in [
            ("b.kubernetes.io/x", "u1 *.kubernetes.io"),
            ("a.kubernetes.io/x", "u2 a.kubernetes.io"),
            ("b.kubernetes.io/team/x", "u3 *.kubernetes.io/team"),
            ("b.kubernetes.io/team", "u3 *.kubernetes.io/team"),
            ("b.kubernetes.io/team-of-others", "u1 *.kubernetes.io"),
            ("kubernetes.io/x", ""),
            ("c.b.kubernetes.io/x", ""),
            ("b.kubernetes.io:5000/x", ""),
            ("c.b.example.com:5000/x", "u4 *.*.example.com:5000"),
            ("c.b.example.com/x", ""),
            ("c.b.example.com:5001/x", ""),
            ("prefix7.io/x", "u5 pre?ix[0-9].io"),
            ("prefixx.io/x", ""),
            ("quay.io/org/x", "u6 https://quay.io/v1/org"),
            ("quay.io/other/x", ""),
            ("alpine", "u7 https://index.docker.io/v1/"),
            ("[::1]:5000/x", "u8 [::1]:5000"),
        ] {
            assert_eq!(found(secret, reference), wanted, "{reference}");
        }
    }

    #[test]
    fn the_three_forms() {
        let legacy = r#"{"a.io": {"auth": "dTE6cA=="}}"#;
        let modern = format!("{{\"auths\": {legacy}}}");
        let object = |name: &str, file: &str| {
            format!(
                "{{\"kind\":\"Secret\",\"data\":{{\"{name}\":\"{}\"}}}}",
                BASE64.encode(file.as_bytes())
            )
        };
        for file in [
            legacy.to_owned(),
            modern.clone(),
            object(".dockerconfigjson", &modern),
            object(".dockercfg", legacy),
        ] {
            assert_eq!(found(&file, "a.io/x"), "u1 a.io", "{file}");
        }
        for bad in ["", "[]", "{\"auths\":7}", "{\"kind\":\"Secret\",\"data\":{}}", "7"] {
            assert!(PullSecret::parse(bad.as_bytes()).is_err(), "{bad}");
        }
        let unusable = PullSecret::parse(br#"{"auths":{"a.io":{"auth":"canary!"}}}"#).unwrap();
        let reason = unusable.find("a.io", None).unwrap_err();
        assert!(reason.contains("no base64") && !reason.contains("canary"), "{reason}");
    }

    #[test]
    fn labels() {
        for (pattern, label, wanted) in [
            ("*", "", true),
            ("*", "abc", true),
            ("a*c", "abbbc", true),
            ("a*c", "abbb", false),
            ("*a*b", "xaxxab", true),
            ("?", "", false),
            ("?", "x", true),
            ("[abc]", "b", true),
            ("[^abc]", "b", false),
            ("[^abc]", "x", true),
            ("[a-c]x", "bx", true),
            ("[a", "a", false),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(matches_label(pattern, label), wanted, "{pattern} {label}");
        }
        let (pattern, label) = ("*a".repeat(2000), "a".repeat(4000) + "b");
        assert!(!matches_label(&pattern, &label));
    }

    proptest::proptest! {
        /// Against the plain recursion, which is too slow for what is hostile.
        #[test]
        fn labels_match_as_the_definition_says(pattern in "[ab*?]{0,7}", label in "[ab]{0,7}") {
            fn naive(pattern: &[u8], label: &[u8]) -> bool {
                match (pattern.split_first(), label.split_first()) {
                    (None, None) => true,
                    (Some((b'*', rest)), _) => {
                        (0..=label.len()).any(|taken| naive(rest, &label[taken..]))
                    }
                    (Some((sign, rest)), Some((letter, behind))) => {
                        (*sign == b'?' || sign == letter) && naive(rest, behind)
                    }
                    _ => false,
                }
            }
            let wanted = naive(pattern.as_bytes(), label.as_bytes());
            proptest::prop_assert_eq!(matches_label(&pattern, &label), wanted);
        }

        #[test]
        fn keys_are_read_whatever_they_are(key in "(https://|[a-z*?.:/\\[\\]^-]){0,20}") {
            let pattern = Pattern::parse(&key);
            let _: bool = pattern.matches("a.io:5000", Some("team/app"));
        }
    }
}
