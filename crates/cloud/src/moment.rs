//! Moments as services and tools write them (RFC 3339). Pure.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Reads a moment in UTC, such as `2026-01-02T03:04:05Z`; a fraction of a second is passed over.
pub(crate) fn parse(text: &str) -> Option<SystemTime> {
    // Old versions of a tool wrote `UTC`.
    let local = text.strip_suffix('Z').or_else(|| text.strip_suffix("UTC"))?;
    let (whole, _) = local.split_once('.').unwrap_or((local, ""));
    let moment = DateTime::strptime("%Y-%m-%dT%H:%M:%S", whole).ok()?;
    let moment = TimeZone::UTC.to_timestamp(moment).ok()?;
    UNIX_EPOCH.checked_add(Duration::from_secs(u64::try_from(moment.as_second()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments() {
        for (text, wanted) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2000-02-28T23:59:59Z", Some(951_782_399)),
            ("2000-02-29T00:00:00Z", Some(951_782_400)),
            ("2015-08-30T12:36:00Z", Some(1_440_938_160)),
            ("2024-02-29T00:00:00.123456789Z", Some(1_709_164_800)),
            ("2026-12-31T23:59:59UTC", Some(1_798_761_599)),
            ("2100-03-01T00:00:00Z", Some(4_107_542_400)),
            ("2026-12-31", None),
            ("2026-12-31T23:59:59+01:00", None),
            ("2026-13-01T00:00:00Z", None),
            ("1969-12-31T00:00:00Z", None),
            ("2026-1x-01T00:00:00Z", None),
            ("99999999999999999999-01-01T00:00:00Z", None),
            ("", None),
        ] {
            let wanted = wanted.map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds));
            assert_eq!(parse(text), wanted, "{text}");
        }
    }
}
