//! A verdict as it is kept: what doors ask of it, and its JSON.

use std::fmt::Write as _;

use cutaway::names::Digest;
use cutaway_policy::{Decision, Outcome, Verdict};
use jiff::Timestamp;

use crate::text;

/// How many rules a door's message names.
const RULES_TOLD: usize = 3;
/// How many warnings go with an answer.
const WARNINGS: usize = 5;
/// The most characters of a warning: Kubernetes cuts more.
const WARNING: usize = 120;

/// A verdict that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Whether the image may go on.
    pub allowed: bool,
    /// What the rules say together.
    pub decision: Decision,
    /// Whether the whole image was read.
    pub complete: bool,
    /// The digest of what was judged.
    pub digest: Option<Digest>,
    /// That of the index that named it.
    pub index_digest: Option<Digest>,
    /// In one line, what a door says.
    pub message: String,
    /// What somebody should know though the image may go on.
    pub warnings: Vec<String>,
    /// When it was made.
    pub evaluated: Timestamp,
    /// When it may come out another way.
    pub valid_until: Option<Timestamp>,
    /// The verdict, `cutaway.verdict/1`.
    pub json: Vec<u8>,
}

impl Kept {
    /// Takes what doors need of a verdict.
    pub fn new(verdict: &Verdict) -> Self {
        let time = |text: &String| text.parse::<Timestamp>().ok();
        let evaluated = time(&verdict.evaluated).unwrap_or(Timestamp::UNIX_EPOCH);
        // What cannot be read would be a time that has passed.
        let until = |text| time(text).unwrap_or(Timestamp::UNIX_EPOCH);
        Self {
            allowed: verdict.allowed,
            decision: verdict.verdict,
            complete: verdict.complete,
            digest: verdict.image.digest.clone(),
            index_digest: verdict.image.index_digest.clone(),
            message: message(verdict),
            warnings: warnings(verdict),
            evaluated,
            valid_until: verdict.valid_until.as_ref().map(until),
            // A value of plain texts and numbers is always written.
            json: serde_json::to_vec(verdict).unwrap_or_default(),
        }
    }

    /// Whether it is about what has this digest.
    pub fn is_of(&self, digest: &Digest) -> bool {
        [&self.digest, &self.index_digest].into_iter().flatten().any(|it| it == digest)
    }

    /// Returns the word of its decision.
    pub fn word(&self) -> &'static str {
        word(self.decision)
    }

    /// Returns about how many bytes it takes.
    pub(crate) fn bytes(&self) -> usize {
        let warnings: usize = self.warnings.iter().map(String::len).sum();
        let texts = [self.json.len(), self.message.len(), warnings, 512];
        texts.into_iter().fold(0, usize::saturating_add)
    }
}

fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Pass => "pass",
        Decision::Block => "block",
        Decision::Undecided => "undecided",
    }
}

fn message(verdict: &Verdict) -> String {
    let digest = verdict.image.index_digest.as_ref().or(verdict.image.digest.as_ref());
    let digest = digest.map(ToString::to_string).unwrap_or_default();
    let mut text = format!("{}: {digest}", word(verdict.verdict));
    if !verdict.complete {
        text.push_str(": the image was not read whole");
    }
    let deciding: Vec<_> = verdict.rules.iter().filter(|rule| rule.decides()).collect();
    for rule in deciding.iter().take(RULES_TOLD) {
        // Writing to a String cannot fail.
        let _ = write!(text, "; {}: {}", rule.id, rule.message);
    }
    if deciding.len() > RULES_TOLD {
        let _ = write!(text, "; and {} more", deciding.len().saturating_sub(RULES_TOLD));
    }
    if !verdict.allowed {
        let _ = write!(text, "; all of it: /v1/verdicts/{digest}");
    }
    text::line(&text)
}

fn warnings(verdict: &Verdict) -> Vec<String> {
    let told = |outcome| matches!(outcome, Outcome::Fail | Outcome::Unknown);
    let rules = verdict.rules.iter().filter(|rule| {
        told(rule.outcome) && rule.severity != "info" && (verdict.allowed || !rule.decides())
    });
    let line = |text: String| text::cut(&text::line(&text), WARNING);
    rules.take(WARNINGS).map(|rule| line(format!("{}: {}", rule.id, rule.message))).collect()
}
