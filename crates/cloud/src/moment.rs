//! Moments as services and tools write them (RFC 3339). Pure.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const DAY: u64 = 86_400;

/// Reads a moment in UTC, such as `2026-01-02T03:04:05Z`; a fraction of a second is passed over.
pub(crate) fn parse(text: &str) -> Option<SystemTime> {
    let (date, time) = text.split_once('T')?;
    // Old versions of a tool wrote `UTC`.
    let time = time.strip_suffix('Z').or_else(|| time.strip_suffix("UTC"))?;
    let time = time.split_once('.').map_or(time, |(whole, _)| whole);
    let [year, month, day] = numbers(date, '-')?;
    let [hour, minute, second] = numbers(time, ':')?;
    if !(1970..=9999).contains(&year) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let seconds = days(year, month, day)?
        .checked_mul(DAY)?
        .checked_add(hour.checked_mul(3600)?)?
        .checked_add(minute.checked_mul(60)?)?
        .checked_add(second)?;
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

fn numbers(text: &str, sign: char) -> Option<[u64; 3]> {
    let mut parts = text.split(sign).map(|part| {
        let plain = part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse().ok().filter(|_| plain && part.len() <= 4)
    });
    let numbers = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(numbers)
}

/// Returns the days from 1970-01-01 to a date of the Gregorian calendar.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Years that begin in March end with the leap day, so that months need no table.
    let year = if month > 2 { year } else { year.checked_sub(1)? };
    let month = if month > 2 { month.checked_sub(3)? } else { month.checked_add(9)? };
    let of_year = month.checked_mul(153)?.checked_add(2)?.checked_div(5)?.checked_add(day)?;
    year.checked_mul(365)?
        .checked_add(year / 4)?
        .checked_sub(year / 100)?
        .checked_add(year / 400)?
        .checked_add(of_year)?
        .checked_sub(719_469)
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
