//! Times as people write them.

use std::time::Duration;

/// Reads `500ms`, `20s`, `5m` or `2h`; a bare number is seconds.
///
/// # Errors
///
/// Returns the rule that the text breaks.
pub fn parse_duration(text: &str) -> Result<Duration, &'static str> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end).unwrap_or((text, ""));
    let number: u64 =
        number.parse().map_err(|_| "a time is a number and ms, s, m or h, such as 20s")?;
    let millis: u64 = match unit {
        "ms" => 1,
        "" | "s" => 1000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err("the unit of a time is ms, s, m or h"),
    };
    if number == 0 {
        return Err("a time is longer than nothing");
    }
    number.checked_mul(millis).map(Duration::from_millis).ok_or("the time is too long")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, millis) in
            [("500ms", 500), ("20s", 20_000), ("5m", 300_000), ("7", 7000), ("1h", 3_600_000)]
        {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        let long = ["99999999999999999999s", "18446744073709551615h"];
        for bad in ["", "s", "0", "0s", "5 s", "-1s", "5d"].into_iter().chain(long) {
            assert!(parse_duration(bad).is_err(), "{bad}");
        }
    }
}
