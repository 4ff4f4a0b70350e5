//! The gate behind its doors: from a name to a verdict, from what is kept where that holds.

use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use cutaway::Serving;
use cutaway::names::{Digest, Platform};
use tokio::sync::Semaphore;
use tokio::time::timeout_at;

use crate::flights::{Ended, Flights, Work, end_of};
use crate::judge::{Asked, Depends, Failure, Judge};
use crate::kept::Kept;
use crate::metrics::{Gauges, Metrics};
use crate::verdicts::{Key, Moment, Verdicts};

/// What the gate says of an image.
#[derive(Debug, Clone)]
pub enum Answer {
    /// There is a verdict.
    Judged(Arc<Kept>),
    /// The time is over, and the judgement goes on.
    InProgress,
    /// Too many images wait.
    Busy,
    /// There is no verdict, and why.
    Failed(Arc<Failure>),
}

/// The digest that a name stands for, and whether somebody had to be asked for it.
#[derive(Debug, Clone)]
pub(crate) struct Fixed {
    pub(crate) digest: Digest,
    pub(crate) was_asked: bool,
}

/// Judges images for any number of doors. Each image is judged once, however many ask at a time, and no
/// judgement ends because those who asked for it went away.
pub struct Gate {
    pub(crate) limits: Serving,
    pub(crate) metrics: Metrics,
    platforms: Vec<Option<Platform>>,
    judge: Arc<dyn Judge>,
    depends: Depends,
    verdicts: Mutex<Verdicts>,
    flights: Flights,
    lookups: Semaphore,
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("flights", &self.flights).finish_non_exhaustive()
    }
}

impl Gate {
    /// Makes a gate over who judges. An image has to pass for every platform; for none that is that of
    /// this machine.
    pub fn new(judge: impl Judge, platforms: Vec<Platform>, limits: &Serving) -> Arc<Self> {
        let mut platforms: Vec<Option<Platform>> = platforms.into_iter().map(Some).collect();
        if platforms.is_empty() {
            platforms.push(None);
        }
        Arc::new(Self {
            limits: limits.clone(),
            metrics: Metrics::default(),
            platforms,
            depends: judge.depends(),
            judge: Arc::new(judge),
            verdicts: Mutex::new(Verdicts::new(limits)),
            flights: Flights::new(limits.scans, limits.scans_queued),
            lookups: Semaphore::new(limits.lookups.clamp(1, Semaphore::MAX_PERMITS)),
        })
    }

    /// Returns its counters.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Returns the platforms for which images have to pass.
    pub(crate) fn platforms(&self) -> &[Option<Platform>] {
        &self.platforms
    }

    /// Returns why an image may not pass whatever is in it.
    pub(crate) fn refuses(&self, asked: &Asked) -> Option<String> {
        self.judge.refuses(asked)
    }

    /// Returns the digest that a name stands for: its own, or the one that its registry says now.
    pub(crate) async fn fix(&self, asked: &Asked, end: Instant) -> Result<Fixed, Answer> {
        if let Some(digest) = asked.reference.digest() {
            return Ok(Fixed { digest: digest.clone(), was_asked: false });
        }
        let looking = async {
            // Closed by nobody.
            let _seat = self.lookups.acquire().await;
            self.judge.look_up(asked).await
        };
        match timeout_at(end.into(), looking).await {
            Ok(Ok(digest)) => Ok(Fixed { digest, was_asked: true }),
            Ok(Err(failure)) => Err(Answer::Failed(Arc::new(failure))),
            Err(_) => Err(Answer::Failed(Arc::new(Failure::passing(format!(
                "{}: the registry did not say in time what it is",
                asked.reference
            ))))),
        }
    }

    /// Returns the verdict that is kept, if it holds.
    pub(crate) fn known(&self, asked: &Asked, digest: &Digest) -> Option<Arc<Kept>> {
        let key = Key::new(digest, asked, self.depends);
        let kept = self.kept().get(&key, Moment::now())?;
        self.metrics.hits.fetch_add(1, Ordering::Relaxed);
        Some(kept)
    }

    /// Judges what a digest stands for, until a moment at which the judgement goes on without who asked.
    /// Says, too, whether the answer was there already.
    pub(crate) async fn judge(
        self: &Arc<Self>,
        asked: &Asked,
        digest: &Digest,
        end: Instant,
    ) -> (Answer, bool) {
        if let Some(kept) = self.known(asked, digest) {
            return (Answer::Judged(kept), true);
        }
        let key = Key::new(digest, asked, self.depends);
        self.metrics.misses.fetch_add(1, Ordering::Relaxed);
        let Some(ending) = self.flights.join(&key, || self.work(key.clone(), asked.clone())) else {
            return (Answer::Busy, false);
        };
        let answer = match timeout_at(end.into(), end_of(ending)).await {
            Ok(Ok(kept)) => Answer::Judged(kept),
            Ok(Err(failure)) => Answer::Failed(failure),
            Err(_) => Answer::InProgress,
        };
        (answer, false)
    }

    /// Returns the newest verdict that holds of what has this digest.
    pub fn verdict_of(&self, digest: &Digest) -> Option<Arc<Kept>> {
        self.kept().of_digest(digest, Moment::now())
    }

    pub(crate) fn gauges(&self, events_queued: usize) -> Gauges {
        let (scans, scans_queued) = self.flights.count();
        let (verdicts, verdict_bytes) = self.kept().size();
        Gauges { scans, scans_queued, events_queued, verdicts, verdict_bytes }
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Verdicts> {
        self.verdicts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(self: &Arc<Self>, key: Key, asked: Asked) -> Work {
        let gate = Arc::clone(self);
        Box::pin(async move {
            // Somebody may have landed between the look at what is kept and the start.
            if let Some(kept) = gate.kept().get(&key, Moment::now()) {
                return Ok(kept);
            }
            let begun = Instant::now();
            let judging = gate.judge.judge(&asked, &key.digest);
            let ended = tokio::time::timeout(gate.limits.scan, judging).await;
            gate.metrics.scans.count(begun.elapsed());
            gate.land(key, ended)
        })
    }

    fn land(
        &self,
        key: Key,
        ended: Result<Result<cutaway_policy::Verdict, Failure>, tokio::time::error::Elapsed>,
    ) -> Ended {
        let failed = |message: &str| Err(Arc::new(Failure::passing(message)));
        let verdict = match ended {
            Ok(Ok(verdict)) => verdict,
            Ok(Err(failure)) => return Err(Arc::new(failure)),
            Err(_) => return failed("reading the image took longer than scan_ms"),
        };
        let kept = Arc::new(Kept::new(&verdict));
        if !kept.is_of(&key.digest) {
            return failed("the verdict is about another image");
        }
        self.kept().put(key, Arc::clone(&kept), Moment::now());
        Ok(kept)
    }
}
