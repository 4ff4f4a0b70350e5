//! When a failed request is tried again. Pure: times and chance are passed in.
//!
//! What matters is progress: a blob that breaks off ten times but moves on each time is read to
//! its end, one that stands still is given up after a few tries or after its time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use reqwest::Url;

use crate::clock::Clock;
use crate::failure::Failure;
use crate::{Error, Kind, RetryPolicy};

/// The state of one request, or of one blob over its requests.
#[derive(Debug)]
pub(crate) struct Retry {
    policy: RetryPolicy,
    /// The time that the server has taken since the last progress.
    pub(crate) clock: Clock,
    /// Failures since the last progress.
    failures: u32,
    /// Bytes since the last failure that counted.
    new_bytes: u64,
    attempts: u32,
    asked_to_wait: Duration,
    limit: Option<&'static str>,
    /// Why the try before the present one failed, where there was no progress since.
    before: Option<String>,
}

impl Retry {
    pub(crate) fn new(policy: &RetryPolicy) -> Self {
        Self {
            policy: policy.clone(),
            clock: Clock::new(policy.patience),
            failures: 0,
            new_bytes: 0,
            attempts: 1,
            asked_to_wait: Duration::ZERO,
            limit: None,
            before: None,
        }
    }

    /// Returns how many tries there were, the present one included.
    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Returns the name of the limit that has ended the tries.
    pub(crate) fn limit(&self) -> Option<&'static str> {
        self.limit
    }

    /// Ends the tries at the limit `name`.
    pub(crate) fn end(&mut self, name: &'static str) {
        self.limit = Some(name);
    }

    /// Notes bytes that had not come before.
    pub(crate) fn moved(&mut self, bytes: u64) {
        self.new_bytes = self.new_bytes.saturating_add(bytes);
        if self.new_bytes >= self.policy.progress_bytes {
            self.new_bytes = 0;
            self.failures = 0;
            self.before = None;
            self.clock.restart();
        }
    }

    /// Notes a failure. Returns how long to wait before the next try, or `None` to give up: after the last
    /// try, and where the time would be over before the next one.
    ///
    /// `chance` is any number; it varies the wait, so that many clients do not come back at once.
    pub(crate) fn failed(
        &mut self,
        retry_after: Option<Duration>,
        chance: u64,
    ) -> Option<Duration> {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= self.policy.tries {
            self.limit = Some("tries");
            return None;
        }
        let wait = match retry_after {
            Some(asked) => asked.min(self.policy.longest_retry_after),
            None => self.wait(chance),
        };
        if wait >= self.clock.left() {
            self.limit = Some("patience_ms");
            return None;
        }
        Some(wait)
    }

    /// Returns the failure that ends the tries. One of a try that we have cut short says what came before it:
    /// how little time was left for the last try is our doing, and the server's is what used up the rest.
    pub(crate) fn last(&self, failure: Failure) -> Failure {
        match (&failure.kind, &self.before) {
            (Kind::Interrupted(reason), Some(before)) if failure.cut => {
                Failure { kind: Kind::Interrupted(format!("{reason}, after: {before}")), ..failure }
            }
            _ => failure,
        }
    }

    /// Makes the error of a request that is given up, with what its tries tell.
    pub(crate) fn given_up(&self, url: &Url, kind: Kind) -> Error {
        let kind = match kind {
            Kind::Status { status, body, .. } => {
                Kind::Status { status, body, waited: self.asked_to_wait }
            }
            kind => kind,
        };
        let mut error = Error::new(url, self.attempts(), kind);
        error.tries.limit = self.limit;
        error
    }

    /// Notes that the next try begins, since one failed for `reason`, and after a wait of `asked` where the
    /// server asked for one.
    pub(crate) fn begin(&mut self, reason: String, asked: Option<Duration>) {
        self.before = Some(reason);
        self.attempts = self.attempts.saturating_add(1);
        self.asked_to_wait = self.asked_to_wait.saturating_add(asked.unwrap_or_default());
    }

    /// Returns the wait after the failures up to now, where the server asks for none.
    fn wait(&self, chance: u64) -> Duration {
        let doublings = self.failures.saturating_sub(1).min(20);
        let factor = 2_u32.saturating_pow(doublings);
        let wait = self.policy.first_wait.saturating_mul(factor).min(self.policy.longest_wait);
        varied(wait, chance)
    }
}

/// Returns whether a status says that the same request may succeed later.
pub(crate) fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502 | 503 | 504)
}

/// Parses `Retry-After`: seconds, or a date (RFC 9110, section 10.2.3). A date in the past is no wait.
pub(crate) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit mean the longest wait, which is cut where it is used.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::from(u32::MAX))));
    }
    let date = UNIX_EPOCH.checked_add(Duration::from_secs(http_date(value)?))?;
    Some(date.duration_since(now).unwrap_or(Duration::ZERO))
}

/// Parses `Sun, 06 Nov 1994 08:49:37 GMT` to seconds since 1970. Which day of the week it was is not asked.
fn http_date(text: &str) -> Option<u64> {
    let (_, date) = text.split_once(", ")?;
    let date = DateTime::strptime("%d %b %Y %H:%M:%S GMT", date).ok()?;
    u64::try_from(TimeZone::UTC.to_timestamp(date).ok()?.as_second()).ok()
}

/// Varies `wait` by up to a quarter either way.
fn varied(wait: Duration, chance: u64) -> Duration {
    let step = u32::try_from(chance % 1000).unwrap_or(0);
    let part = |parts: u32| wait.checked_div(4000).unwrap_or_default().saturating_mul(parts);
    part(3000).saturating_add(part(step.saturating_mul(2)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn retry_after_values() {
        // 1994-11-06T08:49:37Z
        let now = UNIX_EPOCH + Duration::from_secs(784_111_777);
        for (value, seconds) in [
            ("0", Some(0)),
            ("1", Some(1)),
            (" 120 ", Some(120)),
            ("1000000000", Some(1_000_000_000)),
            ("99999999999999999999999999", Some(u64::from(u32::MAX))),
            ("-1", None),
            ("1.5", None),
            ("", None),
            ("soon", None),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(0)),
            ("Sun, 06 Nov 1994 08:50:37 GMT", Some(60)),
            ("Sun, 06 Nov 1994 07:00:00 GMT", Some(0)),
            ("Wed, 01 Mar 1995 00:00:00 GMT", Some(9_904_223)),
            ("Thu, 29 Feb 1996 00:00:00 GMT", Some(41_440_223)),
            ("Sun, 06 Nox 1994 08:49:37 GMT", None),
            ("Sun, 06 Nov 1994 08:49:37 PST", None),
            ("Sun, 06 Nov 1994 25:49:37 GMT", None),
            ("Sunday, 06-Nov-94 08:49:37 GMT", None),
        ] {
            assert_eq!(retry_after(value, now), seconds.map(Duration::from_secs), "{value:?}");
        }
    }

    #[test]
    fn standing_still_ends() {
        let mut retry = Retry::new(&RetryPolicy::default());
        let tries = std::iter::from_fn(|| {
            retry.failed(None, 500).inspect(|_| retry.begin(String::new(), None))
        });
        let waits: Vec<_> = tries.take(100).collect();
        assert_eq!(waits, [200, 400, 800, 1600].map(Duration::from_millis));
        assert_eq!((retry.attempts(), retry.limit()), (5, Some("tries")));
    }

    #[test]
    fn moving_on_does_not_end() {
        let mut retry = Retry::new(&RetryPolicy::default());
        for _ in 0..1000 {
            retry.clock.add(Duration::from_secs(100));
            assert!(retry.failed(None, 0).is_some());
            retry.moved(64 << 10);
        }
        // Fewer bytes at a time are no progress, unless they add up.
        let mut retry = Retry::new(&RetryPolicy::default());
        let tries = std::iter::repeat_with(|| {
            retry.moved(1000);
            retry.failed(None, 0)
        });
        assert_eq!(tries.take_while(Option::is_some).take(100).count(), 4);
    }

    #[test]
    fn patience_ends() {
        let mut retry = Retry::new(&RetryPolicy::default());
        retry.clock.add(Duration::from_secs(119));
        assert!(retry.failed(None, 0).is_some());
        // A wait that would use up the rest is not begun.
        assert!(retry.failed(Some(Duration::from_secs(1)), 0).is_none());
        assert_eq!(retry.limit(), Some("patience_ms"));
        retry.clock.add(Duration::from_secs(1));
        assert!(retry.failed(Some(Duration::ZERO), 0).is_none());
    }

    #[test]
    fn what_used_up_the_time_is_said() {
        let reason = |retry: &Retry, failure| retry.last(failure).kind.to_string();
        let cut = || Failure::cut("nothing new came for 0.3 s (patience_ms)".to_owned());
        let mut retry = Retry::new(&RetryPolicy::default());
        assert_eq!(reason(&retry, cut()), "nothing new came for 0.3 s (patience_ms)");
        retry.begin("HTTP status 503".to_owned(), None);
        let said = "nothing new came for 0.3 s (patience_ms), after: HTTP status 503";
        assert_eq!(reason(&retry, cut()), said);
        // What the server itself did in the last try is the reason.
        assert_eq!(reason(&retry, Failure::interrupted("reset".to_owned())), "reset");
        retry.moved(64 << 10);
        assert_eq!(reason(&retry, cut()), "nothing new came for 0.3 s (patience_ms)");
    }

    /// A server that stalls, says nothing or crawls is left within three minutes.
    #[test]
    fn defaults_end_within_three_minutes() {
        let times = crate::Times::default();
        let silent = times.connect.saturating_add(times.idle);
        for (name, time_of_a_try) in [
            ("no headers", silent),
            ("silence in the middle", times.idle),
            ("crawling", times.floor_window),
            // What crawls may be silent once more before it is judged.
            ("the slowest that is waited for", silent + times.floor_window + times.idle),
        ] {
            let policy = RetryPolicy::default();
            let mut retry = Retry::new(&policy);
            let mut total = Duration::ZERO;
            loop {
                // No try outlasts what is left of the patience: the clock ends it.
                let tried = time_of_a_try.min(retry.clock.left());
                retry.clock.add(tried);
                total += tried;
                let Some(wait) = retry.failed(None, 999) else { break };
                retry.clock.add(wait);
                total += wait;
            }
            assert!(total <= Duration::from_secs(125), "{name}: {total:?}");
            // A try is never cut so short that a slow start could not be told from silence.
            assert!(total >= time_of_a_try, "{name}: {total:?}");
            assert!(retry.limit().is_some(), "{name}");
        }
        assert!(times.connect + times.idle < RetryPolicy::default().patience);
    }

    #[test]
    fn servers_cannot_ask_for_more_than_a_minute() {
        let mut retry = Retry::new(&RetryPolicy::default());
        for (asked, waited) in [(1, 1), (1_000_000_000, 60)] {
            let wait = retry.failed(Some(Duration::from_secs(asked)), 0);
            assert_eq!(wait, Some(Duration::from_secs(waited)));
            retry.begin(String::new(), wait);
        }
        assert_eq!(retry.asked_to_wait, Duration::from_secs(61));
    }

    #[test]
    fn waits_vary_by_a_quarter() {
        let wait = Duration::from_secs(4);
        assert_eq!(varied(wait, 0), Duration::from_secs(3));
        assert_eq!(varied(wait, 500), wait);
        assert!(varied(wait, 999) < Duration::from_secs(5));
    }

    proptest! {
        /// Whatever a server does, the tries end: each either fails, or brings new bytes of a blob that has an end.
        #[test]
        fn tries_end(size in 0_u64..10_000_000, steps in proptest::collection::vec(0_u64..200_000, 1..50)) {
            let mut retry = Retry::new(&RetryPolicy::default());
            let (mut left, mut tries) = (size, 0_u64);
            for step in steps.iter().cycle() {
                let step = (*step).min(left);
                left = left.saturating_sub(step);
                retry.moved(step);
                tries = tries.saturating_add(1);
                if left == 0 || retry.failed(None, left).is_none() {
                    break;
                }
            }
            let stretches = size.div_ceil(64 << 10).saturating_add(1);
            prop_assert!(tries <= stretches.saturating_mul(5));
        }

        #[test]
        fn waits_are_bounded(value in "[ -~]{0,40}", chance in any::<u64>()) {
            let mut retry = Retry::new(&RetryPolicy::default());
            let wait = retry.failed(retry_after(&value, SystemTime::now()), chance).unwrap();
            prop_assert!(wait <= Duration::from_secs(60));
        }
    }
}
