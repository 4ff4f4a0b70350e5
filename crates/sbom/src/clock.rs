//! The time that a document states.

use cutaway_report::{Report, parse_time, utc};

use crate::options::Clock;

/// A time, and where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stated {
    /// Seconds since 1970.
    pub(crate) seconds: i64,
    /// `image`, `epoch` or `now`.
    pub(crate) origin: &'static str,
}

/// The first second after 1980: build tools write earlier times where they mean none.
const AFTER_1980: i64 = 347_155_200;

/// Returns the time of a document about this report.
pub(crate) fn time(report: &Report, clock: Clock) -> Option<Stated> {
    match clock {
        Clock::Epoch(seconds) => Some(Stated { seconds, origin: "epoch" }),
        Clock::Now(seconds) => Some(Stated { seconds, origin: "now" }),
        Clock::Image => {
            let created = report.created.as_deref().filter(|text| text.contains('T'))?;
            let seconds = parse_time(created).ok().filter(|seconds| *seconds >= AFTER_1980)?;
            Some(Stated { seconds, origin: "image" })
        }
    }
}

/// Writes seconds since 1970 as `2026-01-31T12:00:00Z`.
pub(crate) fn rfc3339(seconds: i64) -> String {
    format!("{}Z", utc(seconds).replacen(' ', "T", 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn times() {
        let of = |created: Option<&str>, clock| {
            let mut report = sample::report();
            report.created = created.map(str::to_owned);
            time(&report, clock).map(|it| (rfc3339(it.seconds), it.origin))
        };
        let text = |text: &str, origin| Some((text.to_owned(), origin));
        for (created, clock, expected) in [
            (
                Some("2024-01-27T00:30:48.624602109Z"),
                Clock::Image,
                text("2024-01-27T00:30:48Z", "image"),
            ),
            (
                Some("2024-01-27T01:30:48+01:00"),
                Clock::Image,
                text("2024-01-27T00:30:48Z", "image"),
            ),
            (Some("1970-01-01T00:00:00Z"), Clock::Image, None),
            (Some("1980-01-01T00:00:00Z"), Clock::Image, None),
            (Some("0001-01-01T00:00:00Z"), Clock::Image, None),
            (Some("99999999999"), Clock::Image, None),
            (Some("yesTerday"), Clock::Image, None),
            (None, Clock::Image, None),
            (None, Clock::Epoch(0), text("1970-01-01T00:00:00Z", "epoch")),
            (Some("2024-01-27T00:30:48Z"), Clock::Now(86_400), text("1970-01-02T00:00:00Z", "now")),
        ] {
            assert_eq!(of(created, clock), expected, "{created:?} {clock:?}");
        }
    }
}
