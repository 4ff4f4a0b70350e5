//! A verdict: what a policy says of an image, why, and until when.

use cutaway_ref::Digest;
use serde::Serialize;

use crate::exception::ExceptionReport;
use crate::judgement::{Evidence, Outcome};

/// A verdict, the form `cutaway.verdict/1`. Equal images, policies and facts give the same bytes, but
/// for `evaluated`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The form: `cutaway.verdict/1`.
    pub schema: &'static str,
    /// What the rules say together.
    pub verdict: Decision,
    /// Whether the image may go on: it passes, or what it breaks is only watched.
    pub allowed: bool,
    /// Whether a policy that is about it is enforced.
    pub enforced: bool,
    /// Whether the report that was judged is complete.
    pub complete: bool,
    /// What was judged.
    pub image: JudgedImage,
    /// The policies that are about it, in the order in which they were given.
    pub policy: Vec<PolicyName>,
    /// The database of advisories; none where no rule asked for one.
    pub database: Option<String>,
    /// When it was judged.
    pub evaluated: String,
    /// When it may come out another way for the same image and policies, if ever.
    pub valid_until: Option<String>,
    /// Every rule of these policies.
    pub rules: Vec<RuleReport>,
    /// What became of the exceptions.
    pub exceptions: Exceptions,
    /// The digest of the report that was judged.
    pub report: Digest,
}

/// What rules say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// No rule is broken, and all that was asked for is known.
    Pass,
    /// A rule that blocks is broken.
    Block,
    /// None is known to be broken, and not all is known.
    Undecided,
}

/// Which image was judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JudgedImage {
    /// The name that it was asked for by.
    pub name: String,
    /// The digest of its manifest, whatever a tag meant before or means now.
    pub digest: Option<Digest>,
    /// The digest of the index that named it.
    pub index_digest: Option<Digest>,
    /// `os/arch[/variant]`.
    pub platform: String,
}

/// A policy and the digest of its content, however it is spelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyName {
    /// Its name.
    pub name: String,
    /// The digest of its canonical form.
    pub hash: Digest,
}

/// How one rule came out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleReport {
    /// The name of the policy and that of the rule.
    pub id: String,
    /// How it came out.
    pub outcome: Outcome,
    /// `block`, `warn` or `info`.
    pub severity: &'static str,
    /// Why, in one line.
    pub message: String,
    /// How much evidence there is.
    pub evidence_total: usize,
    /// The first of it, sorted.
    pub evidence: Vec<Evidence>,
    /// What lets it be broken.
    pub exception: Option<ExceptionReport>,
    /// What would mend it.
    pub fix: Option<String>,
}

impl RuleReport {
    /// Whether it keeps the image from passing, or may.
    pub fn decides(&self) -> bool {
        self.severity == "block" && matches!(self.outcome, Outcome::Fail | Outcome::Unknown)
    }
}

/// What became of the exceptions of the policies that are about an image.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Exceptions {
    /// Those that something needed.
    pub used: Vec<ExceptionReport>,
    /// Those whose last day is over.
    pub expired: Vec<ExceptionReport>,
    /// Those that nothing needed.
    pub unused: Vec<ExceptionReport>,
}
