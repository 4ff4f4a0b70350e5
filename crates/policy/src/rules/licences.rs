//! `licences`: under which licences packages may be.

use cutaway_report::PackageReport;

use crate::choice::Choice;
use crate::error::Error;
use crate::facts::Facts;
use crate::fields::{Fields, word};
use crate::judgement::{Evidence, Judgement, told};
use crate::yaml::Node;

#[derive(Debug)]
pub(crate) struct Licences {
    choice: Choice,
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
        let choice = Choice::read(&mut fields)?;
        let words =
            [("deny", Unlicensed::Deny), ("warn", Unlicensed::Warn), ("pass", Unlicensed::Pass)];
        let unknown = fields.read("unknown", |node| word(node, &words))?;
        if choice.is_none() {
            return Err(fields.one_is_wanted("allow, deny"));
        }
        fields.end()?;
        Ok(Self { choice, unknown: unknown.unwrap_or(Unlicensed::Warn) })
    }

    pub(crate) fn judge(&self, facts: &Facts<'_>) -> Judgement {
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
        match told(messages) {
            Some(message) => Judgement::fail(message, evidence),
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
        let all = |text: &str| ids(text).iter().all(|id| self.choice.permits(&[id]));
        match expression.contains('(') {
            true => all(expression),
            false => expression.split(" OR ").any(all),
        }
    }
}
