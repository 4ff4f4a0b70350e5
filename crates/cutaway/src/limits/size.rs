//! Numbers with units of two to the tenth.

/// Reads a number with an optional unit: `512MiB`, `4k`, `100`.
///
/// # Errors
///
/// Returns the rule that the text breaks.
pub fn parse_size(text: &str) -> Result<u64, &'static str> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end).unwrap_or((text, ""));
    let number: u64 =
        number.parse().map_err(|_| "a limit is a number, perhaps with KiB, MiB or GiB")?;
    let factor: u64 =
        match unit.trim_end_matches("iB").trim_end_matches('B').to_ascii_lowercase().as_str() {
            "" => 1,
            "k" => 1 << 10,
            "m" => 1 << 20,
            "g" => 1 << 30,
            _ => return Err("the unit of a limit is KiB, MiB or GiB"),
        };
    number.checked_mul(factor).ok_or("the limit is too large")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, count) in
            [("100", 100), ("4k", 4096), ("4KiB", 4096), ("512MiB", 512 << 20), ("1G", 1 << 30)]
        {
            assert_eq!(parse_size(text), Ok(count), "{text}");
        }
        for bad in ["", "MiB", "4X", "-1", "99999999999999999999", "18446744073709551615k"] {
            assert!(parse_size(bad).is_err(), "{bad}");
        }
    }
}
