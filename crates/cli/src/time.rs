//! Times as people write and read them: UTC, in the calendar of ISO 8601.

/// Writes seconds since 1970 as `2026-01-31 12:00:00`.
pub(crate) fn utc(seconds: i64) -> String {
    const DAY: i64 = 86_400;
    let (days, of_day) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
    let (year, month, day) = civil(days);
    let (hour, minute, second) =
        (of_day.div_euclid(3600), of_day.div_euclid(60).rem_euclid(60), of_day.rem_euclid(60));
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
}

/// Reads `2026-01-31`, `2026-01-31T12:00:00Z`, the same with a blank, or seconds since 1970.
pub(crate) fn seconds(text: &str) -> Result<i64, String> {
    if let Ok(seconds) = text.parse() {
        return Ok(seconds);
    }
    let wrong =
        || format!("\"{text}\" is neither 2026-01-31, 2026-01-31T12:00:00Z nor seconds since 1970");
    let (date, time) = text.split_once(['T', ' ']).unwrap_or((text, "00:00:00"));
    let numbers = |text: &str, by: char| -> Option<[i64; 3]> {
        let numbers: Vec<i64> = text.split(by).map(str::parse).collect::<Result<_, _>>().ok()?;
        numbers.try_into().ok()
    };
    let [year, month, day] = numbers(date, '-').ok_or_else(wrong)?;
    let [hour, minute, second] = numbers(time.trim_end_matches('Z'), ':').ok_or_else(wrong)?;
    let sane = (0..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..=60).contains(&second);
    if !sane {
        return Err(wrong());
    }
    let of_day = [hour.saturating_mul(3600), minute.saturating_mul(60), second];
    let days = days(year, month, day).saturating_mul(86_400);
    Ok(of_day.into_iter().fold(days, i64::saturating_add))
}

/// The civil date of a day since 1970 (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days.saturating_add(719_468);
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let minus = |a: i64, b: i64| a.saturating_sub(b);
    let leaps = minus(
        minus(of_era.div_euclid(1460).saturating_neg(), of_era.div_euclid(146_096)),
        of_era.div_euclid(36_524).saturating_neg(),
    );
    let year = of_era.saturating_add(leaps).div_euclid(365);
    let before = year
        .saturating_mul(365)
        .saturating_add(year.div_euclid(4))
        .saturating_sub(year.div_euclid(100));
    let of_year = minus(of_era, before);
    let shifted_month = of_year.saturating_mul(5).saturating_add(2).div_euclid(153);
    let first = shifted_month.saturating_mul(153).saturating_add(2).div_euclid(5);
    let day = minus(of_year, first).saturating_add(1);
    let month =
        if shifted_month < 10 { shifted_month.saturating_add(3) } else { minus(shifted_month, 9) };
    let year = year.saturating_add(era.saturating_mul(400));
    (if month <= 2 { year.saturating_add(1) } else { year }, month, day)
}

/// The day since 1970 of a civil date; the inverse of [`civil`].
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year.saturating_sub(1) } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let shifted_month = if month > 2 { month.saturating_sub(3) } else { month.saturating_add(9) };
    let of_year = shifted_month.saturating_mul(153).saturating_add(2).div_euclid(5);
    let of_year = of_year.saturating_add(day).saturating_sub(1);
    let leaps = of_era.div_euclid(4).saturating_sub(of_era.div_euclid(100));
    let of_era = of_era.saturating_mul(365).saturating_add(leaps).saturating_add(of_year);
    era.saturating_mul(146_097).saturating_add(of_era).saturating_sub(719_468)
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
            assert_eq!(seconds(text), Ok(seconds_since), "{text}");
        }
        assert_eq!(seconds("1970-01-02"), Ok(86_400));
        assert_eq!(seconds("1970-01-01T00:00:01Z"), Ok(1));
        assert_eq!(seconds("-5"), Ok(-5));
        for bad in ["", "yesterday", "2026-13-01", "2026-1", "2026-01-01T25:00:00Z", "2026-01-01T"]
        {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }
}
