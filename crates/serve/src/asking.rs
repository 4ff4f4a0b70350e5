//! All images of one request: looked up, judged at the same time, and put together.

use std::sync::Arc;
use std::time::Instant;

use cutaway::names::{Digest, Platform, Reference};
use cutaway_policy::Decision;
use tokio::task::JoinSet;

use crate::admission::Denial;
use crate::gate::{Answer, Fixed, Gate};
use crate::judge::{Asked, Failure};
use crate::text;

/// How many images a message is about.
const IMAGES_TOLD: usize = 3;

/// One image of a request and what is said of it.
#[derive(Debug)]
pub(crate) struct Asking {
    pub(crate) image: String,
    /// What it stands for, where that is known.
    pub(crate) digest: Option<Digest>,
    /// One answer for each platform, or one for all.
    pub(crate) answers: Vec<Answer>,
    /// Whether nobody was asked and nothing was read.
    pub(crate) is_cached: bool,
}

/// Judges images by their names, all at once; each of them once.
pub(crate) async fn ask(
    gate: &Arc<Gate>,
    images: impl IntoIterator<Item = String>,
    namespace: Option<&str>,
    end: Instant,
) -> Vec<Asking> {
    let mut images: Vec<String> = images.into_iter().collect();
    images.sort();
    images.dedup();
    let (mut tasks, mut asked) = (JoinSet::new(), Vec::new());
    for image in images {
        // What is known needs no turn of its own among all that waits.
        if let Some(asking) = known(gate, &image, namespace) {
            asked.push(asking);
            continue;
        }
        let (gate, namespace) = (Arc::clone(gate), namespace.map(str::to_owned));
        tasks.spawn(async move { one(&gate, image, namespace, end).await });
    }
    while let Some(done) = tasks.join_next().await {
        match done {
            Ok(asking) => asked.push(asking),
            Err(_) => asked.push(Asking::failed(String::new(), "the judgement broke off")),
        }
    }
    asked.sort_by(|one, other| one.image.cmp(&other.image));
    asked
}

/// Reads the name of an image, as Kubernetes and Docker do.
pub(crate) fn reference(image: &str) -> Result<Reference, Failure> {
    cutaway::reference(image).map_err(|error| {
        let message = format!("\"{}\" is no image: {error}", text::cut(image, 300));
        Failure { may_pass: false, message: text::line(&message) }
    })
}

/// Answers for an image that is named by its digest, where all verdicts on it are kept.
fn known(gate: &Gate, image: &str, namespace: Option<&str>) -> Option<Asking> {
    let (reference, namespace) = (reference(image).ok()?, namespace.map(str::to_owned));
    let digest = reference.digest()?.clone();
    let asked = Asked { reference, namespace, platform: None };
    let answer = |platform: &Option<Platform>| {
        let asked = Asked { platform: platform.clone(), ..asked.clone() };
        Some(Answer::Judged(gate.known(&asked, &digest)?))
    };
    let answers: Vec<Answer> = gate.platforms().iter().map(answer).collect::<Option<_>>()?;
    Some(Asking { image: image.to_owned(), digest: Some(digest), answers, is_cached: true })
}

async fn one(gate: &Arc<Gate>, image: String, namespace: Option<String>, end: Instant) -> Asking {
    let reference = match reference(&image) {
        Ok(reference) => reference,
        Err(failure) => return Asking::failed(image, &failure.message),
    };
    let platform = gate.platforms().first().cloned().flatten();
    let asked = Asked { reference, namespace, platform };
    if let Some(why) = gate.refuses(&asked) {
        return Asking::failed(image, &format!("block: {why}"));
    }
    let Fixed { digest, was_asked } = match gate.fix(&asked, end).await {
        Ok(fixed) => fixed,
        Err(answer) => {
            return Asking { image, digest: None, answers: vec![answer], is_cached: false };
        }
    };
    let mut tasks = JoinSet::new();
    for platform in gate.platforms() {
        let asked = Asked { platform: platform.clone(), ..asked.clone() };
        let (gate, digest) = (Arc::clone(gate), digest.clone());
        tasks.spawn(async move { gate.judge(&asked, &digest, end).await });
    }
    let (mut answers, mut is_cached) = (Vec::new(), !was_asked);
    while let Some(done) = tasks.join_next().await {
        let (answer, is_kept) = done.unwrap_or_else(|_| {
            (Answer::Failed(Arc::new(Failure::passing("the judgement broke off"))), false)
        });
        answers.push(answer);
        is_cached &= is_kept;
    }
    Asking { image, digest: Some(digest), answers, is_cached }
}

impl Asking {
    fn failed(image: String, message: &str) -> Self {
        let failure = Failure { may_pass: false, message: message.to_owned() };
        let answers = vec![Answer::Failed(Arc::new(failure))];
        Self { image, digest: None, answers, is_cached: false }
    }

    /// Returns why it may not pass; none where it may. No answer at all would be no pass.
    pub(crate) fn denial(&self) -> Option<Denial> {
        let told = |what: &str| text::line(&format!("{}: {what}", text::cut(&self.image, 300)));
        let mut denials: Vec<Denial> = self
            .answers
            .iter()
            .filter_map(|answer| match answer {
                Answer::Judged(kept) if kept.allowed => None,
                Answer::Judged(kept) => Some((false, kept.message.as_str())),
                Answer::InProgress => Some((true, "analysis in progress, retry")),
                Answer::Busy => Some((true, "too many images wait (scans_queued), retry")),
                Answer::Failed(failure) => Some((false, failure.message.as_str())),
            })
            .map(|(is_for_now, what)| Denial { is_for_now, message: told(what) })
            .collect();
        if self.answers.is_empty() {
            denials.push(Denial { is_for_now: false, message: told("there is no answer") });
        }
        denials.sort_by_key(|denial| denial.is_for_now);
        denials.into_iter().next()
    }

    /// Counts what was said of it.
    pub(crate) fn count(&self, gate: &Gate, door: &'static str) {
        for answer in &self.answers {
            let (word, reason) = match answer {
                Answer::Judged(kept) => match (kept.decision, kept.complete) {
                    (Decision::Undecided, true) => (kept.word(), Some("fact")),
                    (Decision::Undecided, false) => (kept.word(), Some("incomplete")),
                    _ => (kept.word(), None),
                },
                Answer::InProgress => ("undecided", Some("time")),
                Answer::Busy => ("undecided", Some("busy")),
                Answer::Failed(_) => ("undecided", Some("unavailable")),
            };
            gate.metrics.verdicts.count([door, word]);
            if let Some(reason) = reason {
                gate.metrics.undecided.count([door, reason]);
            }
        }
    }

    /// Returns what should be known though it passes.
    pub(crate) fn warnings(&self) -> impl Iterator<Item = &str> {
        self.answers
            .iter()
            .flat_map(|answer| match answer {
                Answer::Judged(kept) => kept.warnings.as_slice(),
                _ => &[],
            })
            .map(String::as_str)
    }

    /// Returns one line for a log: the image and what was said.
    pub(crate) fn line(&self) -> String {
        match self.denial() {
            None => {
                let digest = self.digest.as_ref().map(ToString::to_string).unwrap_or_default();
                text::line(&format!("{}: pass: {digest}", text::cut(&self.image, 300)))
            }
            Some(denial) => denial.message,
        }
    }
}

/// Puts the denials of several images together: what is final goes before what may change by itself.
pub(crate) fn denial_of(asked: &[Asking]) -> Option<Denial> {
    let mut denials: Vec<Denial> = asked.iter().filter_map(Asking::denial).collect();
    denials.sort_by_key(|denial| denial.is_for_now);
    let is_for_now = denials.first()?.is_for_now;
    let mut lines: Vec<String> =
        denials.iter().take(IMAGES_TOLD).map(|denial| denial.message.clone()).collect();
    if denials.len() > IMAGES_TOLD {
        lines.push(format!("and {} more images", denials.len().saturating_sub(IMAGES_TOLD)));
    }
    Some(Denial { is_for_now, message: lines.join(" | ") })
}
