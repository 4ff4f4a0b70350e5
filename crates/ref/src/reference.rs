//! References: the names of images in registries, such as `docker.io/library/alpine:3.20`.
//!
//! Parsing is total, does no I/O, and names the rule that failed. The prefixes that choose another
//! source than a registry (`oci:`, `docker-archive:`) are no part of it and are taken off before.
//! The grammar is that of the distribution project with Docker's defaults.

use std::fmt;
use std::str::FromStr;

use crate::normalize::{DOCKER_HUB, DOCKER_HUB_API, LIBRARY, registry_name};
use crate::{Digest, Rule, grammar};

/// The longest name of registry and repository together, in bytes.
const NAME_MAX: usize = 255;

/// The most of a wrong input that its error quotes, in characters.
const QUOTED_MAX: usize = 160;

/// The name of an image in a registry.
///
/// Registry and repository are in their normal form: `alpine` is `docker.io/library/alpine`. Where
/// tag and digest are both given both are kept, and the digest decides. Displayed, it is the full
/// name, which parses to an equal reference.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference {
    registry: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

/// What stands in for the parts that a reference leaves out, and whether it may leave them out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defaults {
    /// The registry of a name without one.
    pub registry: String,
    /// The tag of a name that has neither tag nor digest.
    pub tag: String,
    /// Whether registry, tag and `library/` must be spelled out; with a digest, only the registry.
    pub strict: bool,
}

impl Default for Defaults {
    /// Returns Docker's defaults: docker.io, `latest`, not strict.
    fn default() -> Self {
        Self { registry: DOCKER_HUB.to_owned(), tag: "latest".to_owned(), strict: false }
    }
}

impl Reference {
    /// Parses `text`, and fills in `defaults` for what it leaves out.
    ///
    /// # Errors
    ///
    /// Returns the first rule of the grammar that the text, or a default that it needs, breaks.
    pub fn parse(text: &str, defaults: &Defaults) -> Result<Self, ParseReferenceError> {
        parse(text, defaults).map_err(|rule| ParseReferenceError { input: text.to_owned(), rule })
    }

    /// Returns the registry, `host` or `host:port`, in lower case.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// Returns the host, with its port where it has one, that answers the registry's API.
    ///
    /// It is the registry itself, but for Docker Hub.
    pub fn api_host(&self) -> &str {
        if self.registry == DOCKER_HUB { DOCKER_HUB_API } else { &self.registry }
    }

    /// Returns the repository, such as `library/alpine`.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// Returns the tag, given or defaulted; `None` for a reference by digest alone.
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// Returns the digest, where one is given.
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// Returns what a registry is asked for: the digest, else the tag.
    pub fn identifier(&self) -> &str {
        match &self.digest {
            Some(digest) => digest.as_str(),
            None => self.tag.as_deref().unwrap_or_default(),
        }
    }

    /// Returns registry and repository, without tag and digest.
    pub fn name(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }

    /// Returns the same name with another digest, and the tag as it is.
    #[must_use]
    pub fn with_digest(mut self, digest: Digest) -> Self {
        self.digest = Some(digest);
        self
    }
}

impl FromStr for Reference {
    type Err = ParseReferenceError;

    fn from_str(text: &str) -> Result<Self, ParseReferenceError> {
        Self::parse(text, &Defaults::default())
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is no reference, and the rule that it breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseReferenceError {
    input: String,
    rule: Rule,
}

impl ParseReferenceError {
    /// Returns the rule that the text breaks.
    pub fn rule(&self) -> &Rule {
        &self.rule
    }
}

impl fmt::Display for ParseReferenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown: String = self.input.chars().take(QUOTED_MAX).collect();
        if shown.len() < self.input.len() {
            shown.push('…');
        }
        // A rule may quote a part of the input, which may be as long as the input.
        let rule = self.rule.to_string();
        let mut short: String = rule.chars().take(QUOTED_MAX.saturating_mul(3)).collect();
        if short.len() < rule.len() {
            short.push('…');
        }
        write!(f, "{shown:?} is no image reference: {short}")
    }
}

impl std::error::Error for ParseReferenceError {}

fn parse(text: &str, defaults: &Defaults) -> Result<Reference, Rule> {
    if text.is_empty() {
        return Err(Rule::Empty);
    }
    if let Some(character) = text.chars().find(|character| !character.is_ascii_graphic()) {
        return Err(Rule::Character(character));
    }
    if let Some((scheme, _)) = text.split_once("://") {
        return Err(Rule::Scheme(scheme.to_owned()));
    }
    let (named, digest) = match text.split_once('@') {
        None => (text, None),
        Some((_, rest)) if rest.contains('@') => return Err(Rule::TwoDigests),
        // `user@host/name` is a mistake about the user, not about a digest.
        Some((user, rest)) if rest.contains('/') => {
            return Err(Rule::Host(format!("{user}@{rest}")));
        }
        Some((named, digest)) => (named, Some(digest.parse::<Digest>().map_err(Rule::Digest)?)),
    };
    let (name, tag) = split_tag(named);
    if let Some(tag) = tag {
        grammar::tag(tag)?;
    }
    let (registry, repository) = split_registry(name, tag)?;
    if defaults.strict {
        strict(registry, tag, digest.as_ref())?;
    }
    let given = registry.is_some();
    let registry = match registry {
        Some(registry) => registry_name(&grammar::host(registry)?),
        None => registry_name(&grammar::host(&defaults.registry)?),
    };
    grammar::repository(repository)?;
    if !given && repository.len() == 64 && grammar::is_hash(repository) {
        return Err(Rule::BareHash);
    }
    let repository = if registry == DOCKER_HUB && !repository.contains('/') {
        if defaults.strict && digest.is_none() {
            return Err(Rule::StrictLibrary);
        }
        format!("{LIBRARY}/{repository}")
    } else {
        repository.to_owned()
    };
    let length = registry.len().saturating_add(repository.len()).saturating_add(1);
    if length > NAME_MAX {
        return Err(Rule::TooLong(length));
    }
    let tag = match (tag, &digest) {
        (Some(tag), _) => Some(tag.to_owned()),
        (None, Some(_)) => None,
        (None, None) => {
            grammar::tag(&defaults.tag)?;
            Some(defaults.tag.clone())
        }
    };
    Ok(Reference { registry, repository, tag, digest })
}

/// Splits off the tag: what follows the last colon, if no slash follows it.
fn split_tag(named: &str) -> (&str, Option<&str>) {
    match named.rsplit_once(':') {
        // The colons inside of brackets belong to an address.
        Some((name, tag)) if !tag.contains(['/', ']']) => (name, Some(tag)),
        _ => (named, None),
    }
}

/// Splits off the registry: the first component, if it looks like a host.
fn split_registry<'a>(
    name: &'a str,
    tag: Option<&str>,
) -> Result<(Option<&'a str>, &'a str), Rule> {
    let is_localhost = |part: &str| part.eq_ignore_ascii_case("localhost");
    match name.split_once('/') {
        Some((first, rest))
            if is_localhost(first) || first.contains(['.', ':']) || first.starts_with('[') =>
        {
            if rest.is_empty() {
                Err(Rule::NoRepository)
            } else {
                Ok((Some(first), rest))
            }
        }
        Some(_) => Ok((None, name)),
        // With a numeric tag behind it this is a host and its port; as a name of Docker Hub nobody means it.
        None if is_localhost(name) || name.starts_with('[') => Err(Rule::NoRepository),
        None if is_algorithm(name) && tag.is_some_and(grammar::is_hash) => Err(Rule::BareHash),
        None => Ok((None, name)),
    }
}

fn is_algorithm(name: &str) -> bool {
    matches!(name, "sha256" | "sha384" | "sha512")
}

fn strict(registry: Option<&str>, tag: Option<&str>, digest: Option<&Digest>) -> Result<(), Rule> {
    if registry.is_none() {
        return Err(Rule::StrictRegistry);
    }
    if tag.is_none() && digest.is_none() {
        return Err(Rule::StrictTag);
    }
    Ok(())
}

#[cfg(test)]
#[path = "reference_tests.rs"]
mod tests;
