//! `registries.conf`, as data: which hosts stand for a registry, and which are blocked (containers-registries.conf(5)).
//!
//! A *prefix* is a registry or a repository and all below it, or `*.` and a domain; the longest that
//! matches a reference decides. It says where the image is really kept (`location`), which mirrors are
//! asked first, and whether it may be asked at all. Short names are not guessed: a reference always
//! names its registry before it comes here.

use serde::Deserialize;

use crate::{Defaults, Reference, registry_name};

/// The rules of one file, or of several that were laid over each other.
#[derive(Debug, Clone, Default)]
pub struct RegistriesConf {
    rules: Vec<Rule>,
    credential_helpers: Vec<String>,
}

#[derive(Debug, Clone)]
struct Rule {
    prefix: String,
    location: Option<String>,
    insecure: bool,
    blocked: bool,
    mirrors: Vec<Mirror>,
}

#[derive(Debug, Clone)]
struct Mirror {
    location: String,
    insecure: bool,
    serves: Serves,
}

/// What a mirror is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Serves {
    All,
    Digests,
    Tags,
}

/// One place to ask for an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The image, as it is called there.
    pub reference: Reference,
    /// Whether its certificate need not be good, and plain HTTP will do.
    pub insecure: bool,
    /// Whether it is a mirror, and not the place itself.
    pub mirror: bool,
}

/// A reference that no host stands for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RouteError {
    /// Asking for it is forbidden.
    #[error("{prefix} is blocked by registries.conf")]
    Blocked {
        /// The rule that forbids it.
        prefix: String,
    },
    /// A rule makes something of it that is no reference.
    #[error("the rule for {prefix} in registries.conf leads to {location}, which is no reference")]
    Location {
        /// The rule.
        prefix: String,
        /// What it makes of the reference.
        location: String,
    },
}

/// A file that is no `registries.conf`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseRegistriesError {
    /// It is not TOML of the documented shape.
    #[error("it is not a registries.conf: {0}")]
    Toml(String),
    /// A rule contradicts itself or the format.
    #[error("the rule for {prefix:?} {rule}")]
    Rule {
        /// The rule.
        prefix: String,
        /// What is wrong with it.
        rule: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct File {
    #[serde(default)]
    registry: Vec<FileRule>,
    /// The first version of the format, which had lists.
    registries: Option<Lists>,
    #[serde(default)]
    credential_helpers: Vec<String>,
}

#[derive(Deserialize)]
struct Lists {
    insecure: Option<List>,
    block: Option<List>,
}

#[derive(Deserialize)]
struct List {
    #[serde(default)]
    registries: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct FileRule {
    #[serde(default)]
    prefix: String,
    #[serde(default)]
    location: String,
    #[serde(default)]
    insecure: bool,
    #[serde(default)]
    blocked: bool,
    #[serde(default)]
    mirror_by_digest_only: bool,
    #[serde(default)]
    mirror: Vec<FileMirror>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct FileMirror {
    #[serde(default)]
    location: String,
    #[serde(default)]
    insecure: bool,
    #[serde(default)]
    pull_from_mirror: String,
}

impl RegistriesConf {
    /// Parses the contents of a file. Settings that have nothing to do with hosts or credentials are passed over.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the file; none of its rules is used then.
    pub fn parse(text: &str) -> Result<Self, ParseRegistriesError> {
        let file: File = toml::from_str(text).map_err(|error| {
            let message: String = error.message().chars().take(200).collect();
            let line = error.span().and_then(|span| text.get(..span.start));
            let line = line.map_or(1, |before| before.matches('\n').count().saturating_add(1));
            ParseRegistriesError::Toml(format!("line {line}: {}", message.escape_debug()))
        })?;
        let mut rules = Vec::new();
        if let Some(lists) = file.registries {
            rules = old_rules(lists);
            if !file.registry.is_empty() && !rules.is_empty() {
                return Err(ParseRegistriesError::Toml(
                    "it mixes both versions of the format".to_owned(),
                ));
            }
        }
        for rule in file.registry {
            rules.push(rule.read()?);
        }
        Ok(Self { rules, credential_helpers: file.credential_helpers })
    }

    /// Lays the rules of a later file over these: those for the same prefix replace them.
    #[must_use]
    pub fn overlaid(mut self, later: Self) -> Self {
        self.rules.retain(|rule| !later.rules.iter().any(|other| other.prefix == rule.prefix));
        self.rules.extend(later.rules);
        if !later.credential_helpers.is_empty() {
            self.credential_helpers = later.credential_helpers;
        }
        self
    }

    /// Returns the credential helpers in their order; `containers-auth.json` among them stands for the
    /// credential files. Empty where the files say nothing.
    pub fn credential_helpers(&self) -> &[String] {
        &self.credential_helpers
    }

    /// Returns the places to ask for `reference`, in order; the last one is the place itself.
    ///
    /// # Errors
    ///
    /// Returns [`RouteError::Blocked`] where it must not be asked for.
    pub fn route(&self, reference: &Reference) -> Result<Vec<Endpoint>, RouteError> {
        let itself = |insecure| Endpoint { reference: reference.clone(), insecure, mirror: false };
        let name = reference.name();
        let matching =
            self.rules.iter().filter_map(|rule| Some((matched(&rule.prefix, &name)?, rule)));
        // Of rules for one prefix the later one counts.
        let Some((length, rule)) = matching.max_by_key(|(_, rule)| rule.prefix.len()) else {
            return Ok(vec![itself(false)]);
        };
        if rule.blocked {
            return Err(RouteError::Blocked { prefix: rule.prefix.clone() });
        }
        let rest = name.get(length..).unwrap_or_default();
        let moved = |location: &str| {
            let mut text = format!("{location}{rest}");
            text.extend(reference.tag().into_iter().flat_map(|tag| [":", tag]));
            text.extend(reference.digest().into_iter().flat_map(|digest| ["@", digest.as_str()]));
            Reference::parse(&text, &Defaults::default())
                .map_err(|_| RouteError::Location { prefix: rule.prefix.clone(), location: text })
        };
        let by_digest = reference.digest().is_some();
        let mut endpoints = Vec::new();
        for mirror in &rule.mirrors {
            let wanted = match mirror.serves {
                Serves::All => true,
                Serves::Digests => by_digest,
                Serves::Tags => !by_digest,
            };
            if wanted {
                let reference = moved(&mirror.location)?;
                endpoints.push(Endpoint { reference, insecure: mirror.insecure, mirror: true });
            }
        }
        endpoints.push(match &rule.location {
            Some(location) => {
                Endpoint { reference: moved(location)?, insecure: rule.insecure, mirror: false }
            }
            None => itself(rule.insecure),
        });
        Ok(endpoints)
    }
}

impl FileRule {
    fn read(self) -> Result<Rule, ParseRegistriesError> {
        let shown = if self.prefix.is_empty() { &self.location } else { &self.prefix }.clone();
        let broken = |rule| ParseRegistriesError::Rule { prefix: shown.clone(), rule };
        // A rule that only blocks or only has mirrors may leave the location out.
        if self.location.is_empty() && self.prefix.is_empty() {
            return Err(broken("has neither prefix nor location"));
        }
        let location = match self.location.trim_end_matches('/') {
            "" => None,
            location if names_host(location) => Some(normal(location)),
            _ => return Err(broken("has a location that does not begin with a registry")),
        };
        let prefix = match self.prefix.trim_end_matches('/') {
            "" => location.clone().unwrap_or_default(),
            prefix if names_host(prefix) => normal(prefix),
            _ => return Err(broken("has a prefix that does not begin with a registry")),
        };
        if prefix.starts_with("*.") && prefix.contains('/') {
            return Err(broken("has a prefix with both *. and a path"));
        }
        let mut mirrors = Vec::new();
        for mirror in self.mirror {
            if !names_host(&mirror.location) {
                return Err(broken("has a mirror whose location does not begin with a registry"));
            }
            let serves = match mirror.pull_from_mirror.as_str() {
                "" if self.mirror_by_digest_only => Serves::Digests,
                "" | "all" if !self.mirror_by_digest_only => Serves::All,
                "digest-only" if !self.mirror_by_digest_only => Serves::Digests,
                "tag-only" if !self.mirror_by_digest_only => Serves::Tags,
                "all" | "digest-only" | "tag-only" => {
                    return Err(broken("has both mirror-by-digest-only and pull-from-mirror"));
                }
                _ => {
                    return Err(broken(
                        "has a pull-from-mirror that is not all, digest-only or tag-only",
                    ));
                }
            };
            let location = normal(mirror.location.trim_end_matches('/'));
            mirrors.push(Mirror { location, insecure: mirror.insecure, serves });
        }
        Ok(Rule { prefix, location, insecure: self.insecure, blocked: self.blocked, mirrors })
    }
}

fn old_rules(lists: Lists) -> Vec<Rule> {
    let names = |list: Option<List>| list.map(|list| list.registries).unwrap_or_default();
    let (insecure, block) = (names(lists.insecure), names(lists.block));
    let mut prefixes: Vec<String> =
        insecure.iter().chain(&block).map(|name| normal(name)).collect();
    prefixes.sort();
    prefixes.dedup();
    let holds = |list: &[String], prefix: &str| list.iter().any(|name| normal(name) == prefix);
    prefixes
        .into_iter()
        .map(|prefix| Rule {
            insecure: holds(&insecure, &prefix),
            blocked: holds(&block, &prefix),
            location: None,
            mirrors: Vec::new(),
            prefix,
        })
        .collect()
}

/// Returns how much of `name` a prefix matches, at the border of a component.
fn matched(prefix: &str, name: &str) -> Option<usize> {
    let host = name.split('/').next().unwrap_or_default();
    if let Some(domain) = prefix.strip_prefix('*') {
        // The domain keeps its dot, so that it ends at the border of a label.
        return host.strip_suffix(domain).filter(|rest| !rest.is_empty()).map(|_| host.len());
    }
    let rest = name.strip_prefix(prefix)?;
    (rest.is_empty() || rest.starts_with('/')).then_some(prefix.len())
}

/// Returns whether a name begins with what can only be a registry.
fn names_host(name: &str) -> bool {
    let host = name.split('/').next().unwrap_or_default();
    host.contains(['.', ':']) || host == "localhost"
}

/// Brings the registry of a name into its normal form.
fn normal(name: &str) -> String {
    let (host, path) = name.split_once('/').unwrap_or((name, ""));
    let host = registry_name(host);
    if path.is_empty() { host } else { format!("{host}/{path}") }
}

#[cfg(test)]
#[path = "registries_tests.rs"]
mod tests;
