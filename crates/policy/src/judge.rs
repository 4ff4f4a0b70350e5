//! From policies and facts to a verdict. It fails closed: what is not known is no pass.

use cutaway_ref::{Algorithm, Digest};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::exception::Exception;
use crate::facts::Facts;
use crate::judgement::{Evidence, Judgement, Outcome};
use crate::policy::{NoMatch, Policy, Unknown};
use crate::rule::{Rule, Severity};
use crate::rules::day_after;
use crate::verdict::{Decision, Exceptions, JudgedImage, PolicyName, RuleReport, Verdict};

/// How much evidence a verdict has of one rule.
const MAX_EVIDENCE: usize = 20;

/// Judges an image by all policies that are about it: one that is broken blocks.
///
/// Pure: the time is one of the facts.
pub fn judge(policies: &[Policy], facts: &Facts<'_>) -> Verdict {
    let mut judged = Judged::default();
    let about: Vec<&Policy> = policies.iter().filter(|it| it.about.fits(facts)).collect();
    for policy in &about {
        judged.policy(policy, facts);
    }
    if about.is_empty() {
        judged.nobody(policies, facts);
    }
    if !facts.report.complete {
        judged.is_open = true;
    }
    let enforced = about.iter().any(|policy| !policy.is_audit) || about.is_empty();
    let decision = match (judged.is_broken || judged.is_watched, judged.is_open) {
        (true, _) => Decision::Block,
        (false, true) => Decision::Undecided,
        (false, false) => Decision::Pass,
    };
    let flips = judged.flips.into_iter().filter(|time| *time > facts.now).min();
    Verdict {
        schema: "cutaway.verdict/1",
        verdict: decision,
        allowed: !judged.is_broken && !judged.is_open,
        enforced,
        complete: facts.report.complete,
        image: JudgedImage {
            name: facts.report.image.name.clone(),
            digest: facts.report.image.digest.clone(),
            index_digest: facts.index_digest.clone(),
            platform: facts.platform(),
        },
        policy: about
            .iter()
            .map(|policy| PolicyName { name: policy.name.clone(), hash: policy.hash.clone() })
            .collect(),
        database: None,
        evaluated: seconds(facts.now),
        valid_until: flips.map(seconds),
        rules: judged.rules,
        exceptions: judged.exceptions,
        report: digest_of(facts),
    }
}

/// What rules have said so far.
#[derive(Default)]
struct Judged {
    rules: Vec<RuleReport>,
    exceptions: Exceptions,
    flips: Vec<Timestamp>,
    /// Whether a rule is broken that blocks.
    is_broken: bool,
    /// Whether one is broken that would block, and is only watched.
    is_watched: bool,
    /// Whether something is not known that has to be.
    is_open: bool,
}

impl Judged {
    fn policy(&mut self, policy: &Policy, facts: &Facts<'_>) {
        let today = TimeZone::UTC.to_datetime(facts.now).date();
        let mut used = vec![false; policy.exceptions.len()];
        for rule in &policy.rules {
            self.rule(rule, policy, facts, today, &mut used);
        }
        for (exception, used) in policy.exceptions.iter().zip(used) {
            let report = exception.report(&policy.name);
            match (used, exception.until < today) {
                (true, _) => {
                    self.flips.extend(day_after(exception.until));
                    self.exceptions.used.push(report);
                }
                (false, true) => self.exceptions.expired.push(report),
                (false, false) => self.exceptions.unused.push(report),
            }
        }
    }

    fn rule(
        &mut self,
        rule: &Rule,
        policy: &Policy,
        facts: &Facts<'_>,
        today: Date,
        used: &mut [bool],
    ) {
        let mut judgement = match rule.applies_to.fits(facts) {
            true => rule.kind.judge(facts, policy.allows_scratch),
            false => Judgement::not_applicable("the rule is not about this image"),
        };
        let mut exception = None;
        if judgement.outcome == Outcome::Fail {
            let counts = |it: &Exception| it.rule == rule.id && it.until >= today;
            judgement.evidence.retain(|evidence| {
                let mut known = policy.exceptions.iter().enumerate();
                let found = known.find(|(_, it)| counts(it) && it.covers(evidence, facts));
                if let Some((at, found)) = found {
                    used.get_mut(at).into_iter().for_each(|used| *used = true);
                    exception.get_or_insert_with(|| found.report(&policy.name));
                }
                found.is_none()
            });
            if judgement.evidence.is_empty() && exception.is_some() {
                judgement.outcome = Outcome::Excepted;
            }
        }
        self.count(rule, policy, judgement.outcome);
        self.flips.extend(judgement.flips);
        let mut evidence: Vec<Evidence> = judgement.evidence;
        evidence.sort();
        evidence.dedup();
        let evidence_total = evidence.len();
        evidence.truncate(MAX_EVIDENCE);
        let is_broken = judgement.outcome == Outcome::Fail;
        self.rules.push(RuleReport {
            id: format!("{}/{}", policy.name, rule.id),
            outcome: judgement.outcome,
            severity: rule.severity.name(),
            message: rule.message.clone().filter(|_| is_broken).unwrap_or(judgement.message),
            evidence_total,
            evidence,
            exception,
            fix: judgement.fix.filter(|_| is_broken),
        });
    }

    /// Counts how a rule came out. One that does not block decides nothing.
    fn count(&mut self, rule: &Rule, policy: &Policy, outcome: Outcome) {
        if rule.severity != Severity::Block {
            return;
        }
        match (outcome, policy.is_audit || rule.is_audit) {
            (Outcome::Fail, false) => self.is_broken = true,
            (Outcome::Fail, true) => self.is_watched = true,
            (Outcome::Unknown, _) if policy.unknown == Unknown::Deny => self.is_open = true,
            _ => {}
        }
    }

    /// Says what an image gets that no policy is about: the strictest of what they say.
    fn nobody(&mut self, policies: &[Policy], facts: &Facts<'_>) {
        let strictest = policies.iter().map(|policy| policy.no_match).min();
        let (outcome, severity) = match strictest.unwrap_or(NoMatch::Deny) {
            NoMatch::Deny => (Outcome::Fail, Severity::Block),
            NoMatch::Warn => (Outcome::Fail, Severity::Warn),
            NoMatch::Allow => (Outcome::NotApplicable, Severity::Info),
        };
        self.is_broken = severity == Severity::Block;
        self.rules.push(RuleReport {
            id: "no-match".to_owned(),
            outcome,
            severity: severity.name(),
            message: format!("no policy is about {}", facts.image()),
            evidence_total: 0,
            evidence: Vec::new(),
            exception: None,
            fix: None,
        });
    }
}

/// Returns a time with whole seconds.
fn seconds(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second()).unwrap_or(time).to_string()
}

/// Returns the digest of the report, as it is written.
fn digest_of(facts: &Facts<'_>) -> Digest {
    let mut hasher = Algorithm::Sha256.hasher();
    // A hasher takes all that is written.
    let _ = cutaway_report::write_json(facts.report, &mut hasher);
    hasher.finish()
}
