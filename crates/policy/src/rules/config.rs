//! `config.user` and `config.labels`: what the config of an image says.

use std::collections::BTreeMap;

use cutaway_model::Run;

use crate::error::Error;
use crate::facts::Facts;
use crate::fields::{Fields, list, only_true, scalar};
use crate::glob::Glob;
use crate::judgement::{Evidence, Judgement};
use crate::yaml::{Node, Value};

/// `config.user`: as whom the image runs.
#[derive(Debug)]
pub(crate) struct User {
    not_root: bool,
    allow: Option<Vec<String>>,
}

impl User {
    pub(crate) fn read(node: &Node) -> Result<Self, Error> {
        let mut fields = Fields::of(node, "config.user")?;
        let not_root = fields.read("not_root", only_true)?.is_some();
        // A name or the number of a user, so that both stand with or without quotes.
        let user = |node| Ok(scalar(node)?.text.clone());
        let allow = fields.read("allow", |node| list(node, user))?;
        if !not_root && allow.is_none() {
            return Err(fields.one_is_wanted("not_root, allow"));
        }
        fields.end()?;
        Ok(Self { not_root, allow })
    }

    pub(crate) fn judge(&self, facts: &Facts<'_>) -> Judgement {
        let Some(config) = facts.config else {
            return Judgement::unknown("the image has no config");
        };
        let user = name(&config.user);
        let evidence = || vec![Evidence::of_value(user)];
        if let Some(allow) = &self.allow
            && !allow.iter().any(|allowed| allowed == user)
        {
            return Judgement::fail(format!("it runs as {user}, who is not allowed"), evidence());
        }
        if !self.not_root {
            return Judgement::pass(format!("it runs as {user}"));
        }
        match uid(user, facts.passwd) {
            Some(0) => Judgement::fail(format!("it runs as {user}, whose number is 0"), evidence())
                .mended_by("set USER to a number above 0"),
            Some(_) => Judgement::pass(format!("it runs as {user}")),
            None => Judgement::unknown(format!("the number of the user {user} is not known")),
        }
    }
}

/// Returns whether a config names its user by a word, whose number [`Facts::passwd`] has to say.
pub fn has_named_user(config: &Run) -> bool {
    !config.user.is_empty() && name(&config.user).parse::<u64>().is_err()
}

/// Returns the user without the group; none is root.
fn name(user: &str) -> &str {
    match user.split(':').next().unwrap_or_default().trim() {
        "" => "root",
        user => user,
    }
}

/// Returns the number of a user: the number itself, or what the image's `etc/passwd` has for a name.
/// Runtimes take the first line that fits.
fn uid(user: &str, passwd: Option<&[u8]>) -> Option<u64> {
    if let Ok(number) = user.parse::<u64>() {
        return Some(number);
    }
    let found =
        passwd.into_iter().flat_map(|bytes| bytes.split(|&byte| byte == b'\n')).find_map(|line| {
            let mut fields = line.split(|&byte| byte == b':');
            let is = fields.next().is_some_and(|name| name == user.as_bytes());
            let number = fields.nth(1).filter(|_| is)?;
            std::str::from_utf8(number).ok()?.parse().ok()
        });
    // Without a file, this one name has its number by every convention.
    found.or_else(|| (user == "root").then_some(0))
}

/// `config.labels`: which labels an image has to have.
#[derive(Debug)]
pub(crate) struct Labels(BTreeMap<String, Glob>);

impl Labels {
    pub(crate) fn read(node: &Node) -> Result<Self, Error> {
        let mut fields = Fields::of(node, "config.labels")?;
        let required = fields.need("require")?;
        fields.end()?;
        let Value::Map(entries) = &required.value else {
            return Err(Error::new(required.place, "labels are a mapping"));
        };
        if entries.is_empty() {
            return Err(Error::new(required.place, "no label is named"));
        }
        let labels = entries.iter().map(|(key, node)| Ok((key.text.clone(), Glob::read(node)?)));
        Ok(Self(labels.collect::<Result<_, _>>()?))
    }

    pub(crate) fn judge(&self, facts: &Facts<'_>) -> Judgement {
        let Some(config) = facts.config else {
            return Judgement::unknown("the image has no config");
        };
        let broken = self.0.iter().filter_map(|(key, glob)| match config.labels.get(key) {
            None => Some(format!("the label {key} is missing")),
            Some(value) if !glob.matches(value) => {
                Some(format!("the label {key} is \"{value}\", which is not {glob}"))
            }
            Some(_) => None,
        });
        let broken: Vec<String> = broken.collect();
        match broken.is_empty() {
            true => Judgement::pass("the labels are there"),
            false => {
                let evidence = broken.iter().map(Evidence::of_value).collect();
                Judgement::fail(broken.join("; "), evidence)
            }
        }
    }
}
