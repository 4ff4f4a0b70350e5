//! `licences`: under which licences packages may be.

use cutaway_report::PackageReport;

use crate::error::Error;
use crate::facts::Facts;
use crate::fields::{Fields, list, word};
use crate::glob::{Glob, any};
use crate::judgement::{Evidence, Judgement};
use crate::yaml::Node;

#[derive(Debug)]
pub(crate) struct Licences {
    allow: Option<Vec<Glob>>,
    deny: Option<Vec<Glob>>,
    unknown: Unlicensed,
}

/// What a package without a licence that is known means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unlicensed {
    Deny,
    Warn,
    Pass,
}

impl Licences {
    pub(crate) fn read(node: &Node) -> Result<Self, Error> {
        let mut fields = Fields::of(node, "licences")?;
        let globs = |node| list(node, Glob::read);
        let (allow, deny) = (fields.read("allow", globs)?, fields.read("deny", globs)?);
        let words =
            [("deny", Unlicensed::Deny), ("warn", Unlicensed::Warn), ("pass", Unlicensed::Pass)];
        let unknown = fields.read("unknown", |node| word(node, &words))?;
        if allow.is_none() && deny.is_none() {
            return Err(fields.one_is_wanted("allow, deny"));
        }
        fields.end()?;
        Ok(Self { allow, deny, unknown: unknown.unwrap_or(Unlicensed::Warn) })
    }

    pub(crate) fn judge(&self, facts: &Facts<'_>, scratch_is_known: bool) -> Judgement {
        if facts.is_scratch() && !scratch_is_known {
            return Judgement::unknown(
                "the image has no package and no distribution that are known",
            );
        }
        let report = facts.report;
        let (mut evidence, mut messages, mut unlicensed) = (Vec::new(), Vec::new(), 0_u64);
        for package in report.installed() {
            let complaint = match package.licenses.is_empty() {
                true if self.unknown == Unlicensed::Deny => {
                    Some(format!("the licence of {} is not known", package.name))
                }
                true => {
                    unlicensed = unlicensed.saturating_add(1);
                    None
                }
                false => self.complaint(package),
            };
            if let Some(complaint) = complaint {
                messages.push(complaint);
                evidence.push(Evidence::of_package(package, report));
            }
        }
        messages.sort();
        match messages.first() {
            Some(first) => {
                let others = messages.len().saturating_sub(1);
                let more = if others > 0 { format!(", and {others} more") } else { String::new() };
                Judgement::fail(format!("{first}{more}"), evidence)
            }
            None if unlicensed > 0 && self.unknown == Unlicensed::Warn => Judgement::pass(format!(
                "no licence is against it; those of {unlicensed} packages are not known"
            )),
            None => Judgement::pass("no licence is against it"),
        }
    }

    fn complaint(&self, package: &PackageReport) -> Option<String> {
        let broken = package.licenses.iter().find(|text| !self.permits(text))?;
        Some(format!("{} is under {broken}", package.name))
    }

    /// Returns whether an expression is permitted: all of what stands between `AND`, and one of what
    /// stands between `OR`. One with brackets is permitted where all of it is.
    fn permits(&self, expression: &str) -> bool {
        let ids = |text: &str| -> Vec<String> {
            let words = text.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')'));
            let ids = words.filter(|it| !["", "AND", "OR", "WITH", "and", "or"].contains(it));
            ids.map(str::to_owned).collect()
        };
        let all = |text: &str| ids(text).iter().all(|id| self.permits_one(id));
        match expression.contains('(') {
            true => all(expression),
            false => expression.split(" OR ").any(all),
        }
    }

    fn permits_one(&self, id: &str) -> bool {
        let denied = self.deny.as_ref().is_some_and(|deny| any(deny, id));
        !denied && self.allow.as_ref().is_none_or(|allow| any(allow, id))
    }
}
