//! One rule of a policy: what every rule has, whatever it asks.

use crate::about::About;
use crate::error::{Error, Place};
use crate::fields::{Fields, text, word};
use crate::rules::Kind;
use crate::words::name;
use crate::yaml::Node;

#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) place: Place,
    pub(crate) id: String,
    pub(crate) severity: Severity,
    pub(crate) is_audit: bool,
    /// What is said instead of what the rule says of itself.
    pub(crate) message: Option<String>,
    pub(crate) applies_to: About,
    /// The key that says what it asks.
    pub(crate) asks: &'static str,
    pub(crate) kind: Kind,
}

/// What it means that a rule is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Severity {
    Block,
    Warn,
    Info,
}

impl Severity {
    const ALL: [(&'static str, Self); 3] =
        [("block", Self::Block), ("warn", Self::Warn), ("info", Self::Info)];

    pub(crate) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, it)| *it == self).map_or("block", |(name, _)| name)
    }
}

impl Rule {
    pub(crate) fn read(node: &Node) -> Result<Self, Error> {
        let mut fields = Fields::of(node, "a rule")?;
        let id = name(fields.need("id")?)?;
        let severity = fields.read("severity", |node| word(node, &Severity::ALL))?;
        let is_audit = fields.read("mode", |node| word(node, &[("audit", true)]))?;
        let message = fields.read("message", message)?;
        let applies_to = fields.read("applies_to", About::read)?;
        let (asks, kind) = Kind::read(&mut fields)?;
        fields.end()?;
        Ok(Self {
            place: node.place,
            id,
            severity: severity.unwrap_or(Severity::Block),
            is_audit: is_audit.unwrap_or_default(),
            message,
            applies_to: applies_to.unwrap_or_default(),
            asks,
            kind,
        })
    }
}

fn message(node: &Node) -> Result<String, Error> {
    let message = text(node)?;
    match message.chars().count() {
        0..=200 => Ok(message),
        _ => Err(Error::new(node.place, "a message of more than 200 characters")),
    }
}
