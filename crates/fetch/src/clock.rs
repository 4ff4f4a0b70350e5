//! The time that a server has taken since there was progress, and the end of it.
//!
//! Only the server's time counts: waits for a slot, for a quiet registry or for a slow reader are not
//! its fault, and a blob that was left lying for an hour has all its time still before it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::failure::Failure;

/// The clock of one request, or of one blob over its requests.
#[derive(Debug)]
pub(crate) struct Clock {
    patience: Duration,
    /// Microseconds.
    taken: AtomicU64,
}

impl Clock {
    pub(crate) fn new(patience: Duration) -> Self {
        Self { patience, taken: AtomicU64::new(0) }
    }

    /// Returns what is left of the time without progress.
    pub(crate) fn left(&self) -> Duration {
        self.patience.saturating_sub(Duration::from_micros(self.taken.load(Ordering::Relaxed)))
    }

    /// Adds time that the server has taken.
    pub(crate) fn add(&self, time: Duration) {
        let time = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        // More than an `u64` of microseconds is no time that anybody waits.
        let _ = self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |taken| {
            Some(taken.saturating_add(time))
        });
    }

    /// Begins anew: there was progress.
    pub(crate) fn restart(&self) {
        self.taken.store(0, Ordering::Relaxed);
    }

    /// Waits for a step of the server's, and counts its time.
    pub(crate) async fn count<T>(&self, step: impl Future<Output = T>) -> T {
        let started = Instant::now();
        let done = step.await;
        self.add(started.elapsed());
        done
    }

    /// Waits for a step of the server's as long as there is time left, and counts it.
    pub(crate) async fn bound<T>(
        &self,
        step: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let bounded = self.count(tokio::time::timeout(self.left(), step)).await;
        bounded.unwrap_or_else(|_| {
            let patience = self.patience.as_secs_f32();
            let reason = format!("nothing new came for {patience:.1} s (patience_ms)");
            Err(Failure::cut(reason))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn steps_end_with_the_time() {
        let clock = Clock::new(Duration::from_millis(50));
        assert!(clock.bound(async { Ok(1) }).await.is_ok());
        let silence = std::future::pending::<Result<(), Failure>>();
        let failure = clock.bound(silence).await.unwrap_err();
        assert!(failure.passing && failure.kind.to_string().contains("patience_ms"));
        assert_eq!(clock.left(), Duration::ZERO);
        clock.restart();
        assert_eq!(clock.left(), Duration::from_millis(50));
        clock.add(Duration::MAX);
        assert_eq!(clock.left(), Duration::ZERO);
    }
}
