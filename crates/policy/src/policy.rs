//! A policy: rules, whom they are about, and what may break them until when.

use std::collections::HashSet;

use cutaway_ref::Digest;
use jiff::civil::Date;

use crate::about::About;
use crate::canonical::canonical;
use crate::error::Error;
use crate::exception::Exception;
use crate::fields::{Fields, list, text, word};
use crate::rule::Rule;
use crate::words::{check_name, duration, name};
use crate::yaml::{self, Node, Value};

/// The form of a policy file.
const SCHEMA: &str = "cutaway.policy/1";
/// The most rules of a policy.
const MAX_RULES: usize = 500;

/// A policy that was read whole: every key, word, type and reference in it is known.
#[derive(Debug)]
pub struct Policy {
    pub(crate) name: String,
    pub(crate) hash: Digest,
    pub(crate) is_audit: bool,
    pub(crate) about: About,
    pub(crate) no_match: NoMatch,
    pub(crate) unknown: Unknown,
    /// Whether an image in which nothing is known has nothing in it.
    pub(crate) allows_scratch: bool,
    pub(crate) rules: Vec<Rule>,
    pub(crate) exceptions: Vec<Exception>,
}

/// What an image gets that no policy is about, the strictest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum NoMatch {
    Deny,
    Warn,
    Allow,
}

/// What a rule means whose facts are not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unknown {
    Deny,
    Warn,
    Pass,
}

/// A rule, as people are told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleName<'a> {
    /// Its name.
    pub id: &'a str,
    /// `block`, `warn` or `info`: what it means that it is broken.
    pub severity: &'static str,
    /// Its key, such as `image.pinned`.
    pub asks: &'static str,
}

impl Policy {
    /// Reads a policy, YAML or JSON. `today` is the date against which exceptions are held, in UTC.
    ///
    /// # Errors
    ///
    /// Returns the first thing that is not as it has to be, with its line and column.
    pub fn read(source: &str, today: Date) -> Result<Self, Error> {
        let document = yaml::read(source)?;
        let mut fields = Fields::of(&document, "a policy")?;
        let schema = fields.need("schema")?;
        word(schema, &[(SCHEMA, ())])?;
        let name = name(fields.need("name")?)?;
        let modes = [("enforce", false), ("audit", true)];
        let is_audit = fields.read("mode", |node| word(node, &modes))?.unwrap_or_default();
        let about = fields.read("match", About::read)?.unwrap_or_default();
        let words = [("deny", NoMatch::Deny), ("allow", NoMatch::Allow), ("warn", NoMatch::Warn)];
        let no_match = fields.read("no_match", |node| word(node, &words))?;
        let words = [("deny", Unknown::Deny), ("warn", Unknown::Warn), ("pass", Unknown::Pass)];
        let unknown = fields.read("unknown", |node| word(node, &words))?;
        let words = [("deny", false), ("allow", true)];
        let allows_scratch = fields.read("scratch", |node| word(node, &words))?;
        fields.read("grace_running", duration)?;
        let rules = rules(fields.need("rules")?)?;
        let keys = fields.read("keys", keys)?.unwrap_or_default();
        for (key, place) in rules.iter().flat_map(|rule| rule.kind.keys()) {
            if !keys.contains(key) {
                return Err(Error::new(*place, format!("there is no key \"{key}\"")));
            }
        }
        let ids: Vec<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
        let exceptions = fields
            .read("exceptions", |node| list(node, |node| Exception::read(node, &ids, today)))?;
        fields.end()?;
        Ok(Self {
            name,
            hash: Digest::sha256(canonical(&document).to_string().as_bytes()),
            is_audit,
            about,
            no_match: no_match.unwrap_or(NoMatch::Deny),
            unknown: unknown.unwrap_or(Unknown::Deny),
            allows_scratch: allows_scratch.unwrap_or_default(),
            rules,
            exceptions: exceptions.unwrap_or_default(),
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it asks, rule by rule.
    pub fn rules(&self) -> impl Iterator<Item = RuleName<'_>> {
        self.rules.iter().map(|rule| RuleName {
            id: &rule.id,
            severity: rule.severity.name(),
            asks: rule.asks,
        })
    }

    /// Whether it, or a rule of it, is about some namespaces only.
    pub fn asks_for_the_namespace(&self) -> bool {
        let rules = self.rules.iter().map(|rule| &rule.applies_to);
        std::iter::once(&self.about).chain(rules).any(About::is_of_namespaces)
    }

    /// Whether some rule asks for the number of the user that an image names.
    pub fn asks_for_the_user(&self) -> bool {
        self.rules.iter().any(|rule| matches!(rule.kind, crate::rules::Kind::User(_)))
    }
}

fn rules(node: &Node) -> Result<Vec<Rule>, Error> {
    let rules = list(node, Rule::read)?;
    if rules.len() > MAX_RULES {
        return Err(Error::new(node.place, "more than 500 rules (policy_rules)"));
    }
    let mut ids = HashSet::new();
    match rules.iter().find(|rule| !ids.insert(&rule.id)) {
        Some(rule) => Err(Error::new(rule.place, format!("two rules are called \"{}\"", rule.id))),
        None => Ok(rules),
    }
}

/// Reads the names of keys; what they are is for those who verify with them.
fn keys(node: &Node) -> Result<HashSet<String>, Error> {
    let Value::Map(entries) = &node.value else {
        return Err(Error::new(node.place, "keys are a mapping"));
    };
    let read = |(key, node): &(yaml::Key, Node)| {
        check_name(&key.text).map_err(|message| Error::new(key.place, message))?;
        let mut fields = Fields::of(node, "a key")?;
        let (pem, file) = (fields.take("cosign"), fields.take("file"));
        match (pem, file) {
            (Some(pem), None) if !text(pem)?.trim_start().starts_with("-----BEGIN ") => {
                return Err(Error::new(pem.place, "a key is PEM"));
            }
            (Some(_), None) => {}
            (None, Some(file)) => drop(text(file)?),
            _ => return Err(fields.one_is_wanted("cosign, file (and only one of them)")),
        }
        fields.end()?;
        Ok(key.text.clone())
    };
    entries.iter().map(read).collect()
}
