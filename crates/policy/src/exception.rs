//! What may break a rule, until when and why.

use jiff::Span;
use jiff::civil::Date;
use serde::Serialize;

use crate::error::Error;
use crate::facts::Facts;
use crate::fields::{Fields, list, text};
use crate::glob::{Glob, any};
use crate::judgement::Evidence;
use crate::words::{date, name};
use crate::yaml::Node;

/// How far ahead an exception may end.
const MAX_DAYS: i64 = 366;

#[derive(Debug)]
pub(crate) struct Exception {
    pub(crate) rule: String,
    ids: Option<Vec<String>>,
    packages: Option<Vec<Glob>>,
    paths: Option<Vec<Glob>>,
    images: Option<Vec<Glob>>,
    /// The last day on which it counts, in UTC.
    pub(crate) until: Date,
    reason: String,
    ticket: Option<String>,
    approved_by: Option<String>,
}

/// An exception, as a verdict names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExceptionReport {
    /// The rule that may be broken, behind the name of its policy.
    pub rule: String,
    /// The last day on which it counts.
    pub until: String,
    /// Why there is one.
    pub reason: String,
    /// Where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// Who said yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
}

impl Exception {
    pub(crate) fn read(node: &Node, rules: &[&str], today: Date) -> Result<Self, Error> {
        let mut fields = Fields::of(node, "an exception")?;
        let named = fields.need("rule")?;
        let rule = name(named)?;
        if !rules.contains(&rule.as_str()) {
            return Err(Error::new(named.place, format!("there is no rule \"{rule}\"")));
        }
        let globs = |node| list(node, Glob::read);
        let ids = fields.read("ids", |node| list(node, text))?;
        let packages = fields.read("packages", globs)?;
        let paths = fields.read("paths", globs)?;
        let images = fields.read("images", globs)?;
        let end = fields.need("until")?;
        let until = date(end)?;
        if today.checked_add(Span::new().days(MAX_DAYS)).is_ok_and(|last| until > last) {
            return Err(Error::new(end.place, "an exception ends within 366 days"));
        }
        let reason = text(fields.need("reason")?)?;
        let ticket = fields.read("ticket", text)?;
        let approved_by = fields.read("approved_by", text)?;
        if ids.is_none() && packages.is_none() && paths.is_none() && images.is_none() {
            return Err(fields.one_is_wanted("ids, packages, paths, images"));
        }
        fields.end()?;
        Ok(Self { rule, ids, packages, paths, images, until, reason, ticket, approved_by })
    }

    /// Returns whether a broken rule may be broken by this image as far as one piece of evidence goes.
    pub(crate) fn covers(&self, evidence: &Evidence, facts: &Facts<'_>) -> bool {
        let is = |globs: &Option<Vec<Glob>>, text: &Option<String>| {
            let text = text.as_deref();
            globs.as_ref().is_none_or(|globs| text.is_some_and(|text| any(globs, text)))
        };
        let is_named = self
            .ids
            .as_ref()
            .is_none_or(|ids| evidence.value.as_ref().is_some_and(|value| ids.contains(value)));
        let is_image = self.images.as_ref().is_none_or(|globs| any(globs, &facts.image()));
        is_named
            && is_image
            && is(&self.packages, &evidence.package)
            && is(&self.paths, &evidence.path)
    }

    pub(crate) fn report(&self, policy: &str) -> ExceptionReport {
        ExceptionReport {
            rule: format!("{policy}/{}", self.rule),
            until: self.until.to_string(),
            reason: self.reason.clone(),
            ticket: self.ticket.clone(),
            approved_by: self.approved_by.clone(),
        }
    }
}
