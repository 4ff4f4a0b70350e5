//! The small words of a policy: names, durations, sizes and dates.

use jiff::civil::Date;

use crate::error::Error;
use crate::fields::{scalar, text};
use crate::yaml::Node;

/// Reads the name of a policy, a rule or a key: `[a-z0-9-]{1,63}`.
pub(crate) fn name(node: &Node) -> Result<String, Error> {
    let name = text(node)?;
    check_name(&name).map_err(|message| Error::new(node.place, message))?;
    Ok(name)
}

/// Refuses what is no name.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    match (1..=63).contains(&name.len()) && name.bytes().all(is_part) {
        true => Ok(()),
        false => Err(format!("\"{name}\" is no name: 1 to 63 of a-z, 0-9 and -")),
    }
}

/// Reads a duration, `48h` or `90d`, as seconds.
pub(crate) fn duration(node: &Node) -> Result<u64, Error> {
    let units = [("h", 3_600), ("d", 86_400)];
    measured(node, &units, "a duration such as 48h or 90d")
}

/// Reads a size, `500MiB`, as bytes.
pub(crate) fn size(node: &Node) -> Result<u64, Error> {
    let units = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("B", 1)];
    measured(node, &units, "a size such as 500MiB (B, KiB, MiB, GiB)")
}

fn measured(node: &Node, units: &[(&str, u64)], what: &str) -> Result<u64, Error> {
    let text = &scalar(node)?.text;
    let wrong = || Error::new(node.place, format!("\"{text}\" is not {what}"));
    let found = units.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)));
    let (number, factor) = found.ok_or_else(wrong)?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = number.parse().ok().filter(|_| is_number).ok_or_else(wrong)?;
    number.checked_mul(*factor).ok_or_else(wrong)
}

/// Reads a date, `2026-12-31`.
pub(crate) fn date(node: &Node) -> Result<Date, Error> {
    let text = &scalar(node)?.text;
    let is_date = text.len() == 10 && text.bytes().all(|it| it.is_ascii_digit() || it == b'-');
    text.parse()
        .ok()
        .filter(|_| is_date)
        .ok_or_else(|| Error::new(node.place, format!("\"{text}\" is no date such as 2026-12-31")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    #[test]
    fn durations_sizes_and_dates() {
        let node = |text: &str| yaml::read(text).unwrap();
        for (text, seconds) in [("48h", 172_800), ("90d", 7_776_000), ("0d", 0)] {
            assert_eq!(duration(&node(text)), Ok(seconds));
        }
        for text in ["90", "d", "1.5d", "-1d", "90 d", "90days", "3w", "99999999999999999999d"] {
            assert!(duration(&node(text)).is_err(), "{text}");
        }
        for (text, bytes) in [("500MiB", 524_288_000), ("1B", 1), ("2GiB", 2_147_483_648)] {
            assert_eq!(size(&node(text)), Ok(bytes));
        }
        for text in ["500", "500MB", "500mib", "MiB", "1.5GiB", "18446744073709551615GiB"] {
            assert!(size(&node(text)).is_err(), "{text}");
        }
        assert_eq!(date(&node("2026-12-31")).unwrap().to_string(), "2026-12-31");
        for text in ["2026-02-30", "31.12.2026", "2026-1-1", "20261231", "2026-12-31T00:00:00Z"] {
            assert!(date(&node(text)).is_err(), "{text}");
        }
        for text in ["a_b", "A", "a b", "ä"] {
            assert!(name(&node(text)).is_err(), "{text}");
        }
    }
}
