//! What one rule says of one image.

use cutaway_report::{PackageReport, Report};
use jiff::Timestamp;
use serde::Serialize;

/// How a rule came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The image is as the rule wants it.
    Pass,
    /// It is not.
    Fail,
    /// A fact that the rule needs is not known.
    Unknown,
    /// It is not, and exceptions say that it may.
    Excepted,
    /// The rule is not about this image.
    NotApplicable,
}

/// What shows that an image is not as a rule wants it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Evidence {
    /// The URL of a package.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// The file that says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What is found where it is no package.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The layer, from 0 on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<usize>,
    /// The digest of the layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer_digest: Option<String>,
    /// The step of the build that made the layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
}

impl Evidence {
    /// A package of a report and the layer that brought it.
    pub(crate) fn of_package(package: &PackageReport, report: &Report) -> Self {
        let layer = report.layers.get(package.layer);
        Self {
            package: Some(package.purl.clone()),
            path: Some(package.database.clone()),
            value: None,
            layer: Some(package.layer),
            layer_digest: layer.map(|layer| layer.digest.to_string()),
            created_by: layer.and_then(|layer| layer.created_by.clone()),
        }
    }

    /// Anything else.
    pub(crate) fn of_value(value: impl Into<String>) -> Self {
        Self { value: Some(value.into()), ..Self::default() }
    }
}

/// What one rule says, before exceptions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Judgement {
    pub(crate) outcome: Outcome,
    pub(crate) message: String,
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) fix: Option<String>,
    /// When it may come out another way without another image or policy.
    pub(crate) flips: Option<Timestamp>,
}

impl Judgement {
    pub(crate) fn pass(message: impl Into<String>) -> Self {
        Self::new(Outcome::Pass, message)
    }

    pub(crate) fn unknown(message: impl Into<String>) -> Self {
        Self::new(Outcome::Unknown, message)
    }

    pub(crate) fn not_applicable(message: impl Into<String>) -> Self {
        Self::new(Outcome::NotApplicable, message)
    }

    /// A rule that is broken, and by what.
    pub(crate) fn fail(message: impl Into<String>, evidence: Vec<Evidence>) -> Self {
        Self { evidence, ..Self::new(Outcome::Fail, message) }
    }

    pub(crate) fn until(self, flips: Option<Timestamp>) -> Self {
        Self { flips, ..self }
    }

    pub(crate) fn mended_by(self, fix: impl Into<String>) -> Self {
        Self { fix: Some(fix.into()), ..self }
    }

    fn new(outcome: Outcome, message: impl Into<String>) -> Self {
        Self { outcome, message: message.into(), evidence: Vec::new(), fix: None, flips: None }
    }
}

/// Returns the first of some messages and how many more there are; nothing where there is none.
pub(crate) fn told(messages: impl IntoIterator<Item = String>) -> Option<String> {
    let mut messages: Vec<String> = messages.into_iter().collect();
    messages.sort();
    let first = messages.first()?;
    Some(match messages.len().saturating_sub(1) {
        0 => first.clone(),
        more => format!("{first}, and {more} more"),
    })
}
