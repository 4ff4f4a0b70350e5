//! Times as people write and read them: UTC.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

/// Writes seconds since 1970 as `2026-01-31 12:00:00`; those of a year that has no four digits as they are.
pub fn utc(seconds: i64) -> String {
    match Timestamp::from_second(seconds) {
        Ok(time) => Offset::UTC.to_datetime(time).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => format!("{seconds} seconds since 1970"),
    }
}

/// Reads `2026-01-31`, `2026-01-31T12:00:00Z`, the same with a blank, or seconds since 1970.
///
/// # Errors
///
/// Returns a line that says what a time looks like.
pub fn parse_time(text: &str) -> Result<i64, String> {
    let wrong =
        || format!("\"{text}\" is neither 2026-01-31, 2026-01-31T12:00:00Z nor seconds since 1970");
    if let Ok(seconds) = text.parse() {
        return Ok(seconds);
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time.as_second());
    }
    let time: DateTime = text.parse().map_err(|_| wrong())?;
    Ok(TimeZone::UTC.to_timestamp(time).map_err(|_| wrong())?.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, seconds_since) in [
            ("1970-01-01 00:00:00", 0),
            ("1969-12-31 23:59:59", -1),
            ("2000-02-29 12:34:56", 951_827_696),
            ("2026-11-24 05:17:18", 1_795_497_438),
            ("2100-03-01 00:00:00", 4_107_542_400),
            ("1900-02-28 00:00:00", -2_203_977_600),
        ] {
            assert_eq!(utc(seconds_since), text);
            assert_eq!(parse_time(text), Ok(seconds_since), "{text}");
        }
        assert_eq!(utc(i64::MAX), "9223372036854775807 seconds since 1970");
        assert_eq!(parse_time("1970-01-02"), Ok(86_400));
        assert_eq!(parse_time("1970-01-01T00:00:01Z"), Ok(1));
        assert_eq!(parse_time("1970-01-01T01:00:01+01:00"), Ok(1));
        assert_eq!(parse_time("-5"), Ok(-5));
        for bad in [
            "",
            "yesterday",
            "2026-13-01",
            "2026-02-30",
            "2026-1",
            "2026-01-01T25:00:00Z",
            "2026-01-01T",
        ] {
            assert!(parse_time(bad).is_err(), "{bad}");
        }
    }
}
