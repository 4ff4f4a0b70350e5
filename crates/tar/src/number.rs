//! Numbers as tar writes them: octal text, GNU's base 256, and the decimals of PAX records.

use crate::ErrorKind;

/// The largest octal that the twelve bytes of a size field hold.
pub(crate) const OCTAL_MAX: u64 = 0o77_777_777_777;

/// Reads a numeric header field as Go does: base 256 where the top bit is set, which may be
/// negative, else octal text.
pub(crate) fn signed(field: &'static str, bytes: &[u8]) -> Result<i64, ErrorKind> {
    if bytes.first().is_some_and(|first| first & 0x80 != 0) {
        return base_256(field, bytes);
    }
    octal(field, bytes)
}

/// Reads octal text, which may have blanks and NULs around it, as old writers padded either side.
///
/// What stands after a NUL behind the digits does not count; see [`has_tail`].
pub(crate) fn octal(field: &'static str, bytes: &[u8]) -> Result<i64, ErrorKind> {
    let text = trim(bytes);
    let digits = text.split(|&byte| byte == 0).next().unwrap_or_default();
    digits.iter().try_fold(0_i64, |value, digit| match digit {
        b'0'..=b'7' => value
            .checked_mul(8)
            .and_then(|value| value.checked_add(i64::from(digit.wrapping_sub(b'0'))))
            .ok_or(ErrorKind::OutOfRange { field }),
        _ => Err(ErrorKind::Number { field }),
    })
}

/// Returns whether octal text has something after a NUL, which other readers may refuse.
pub(crate) fn has_tail(bytes: &[u8]) -> bool {
    bytes.first().is_none_or(|first| first & 0x80 == 0) && trim(bytes).contains(&0)
}

/// Returns the low 32 bits of a number, which are what a system call takes of it, and whether that
/// is all of it.
pub(crate) fn low_32(value: i64) -> (u32, bool) {
    let [a, b, c, d, ..] = value.to_le_bytes();
    let low = u32::from_le_bytes([a, b, c, d]);
    (low, i64::from(low) == value)
}

/// Reads a numeric header field that counts something.
pub(crate) fn unsigned(field: &'static str, bytes: &[u8]) -> Result<u64, ErrorKind> {
    u64::try_from(signed(field, bytes)?).map_err(|_| ErrorKind::OutOfRange { field })
}

fn trim(bytes: &[u8]) -> &[u8] {
    let is_pad = |byte: &u8| *byte == b' ' || *byte == 0;
    let start = bytes.iter().position(|byte| !is_pad(byte)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|byte| !is_pad(byte)).map_or(start, |at| at.saturating_add(1));
    bytes.get(start..end).unwrap_or_default()
}

/// Two's complement, big-endian, with the top bit of the first byte as the mark of the form.
fn base_256(field: &'static str, bytes: &[u8]) -> Result<i64, ErrorKind> {
    let negative = bytes.first().is_some_and(|first| first & 0x40 != 0);
    let flip = if negative { 0xff } else { 0 };
    let mut value = 0_i64;
    for (at, byte) in bytes.iter().enumerate() {
        let digit = (byte ^ flip) & if at == 0 { 0x7f } else { 0xff };
        value = value
            .checked_mul(256)
            .and_then(|value| value.checked_add(i64::from(digit)))
            .ok_or(ErrorKind::OutOfRange { field })?;
    }
    Ok(if negative { !value } else { value })
}

/// Reads a decimal that fits 64 bits, with any sign and any leading zeros, as Go's
/// `strconv.ParseInt` does; none if it is anything else.
pub(crate) fn integer(text: &[u8]) -> Option<i64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Reads such a decimal that is not below zero.
pub(crate) fn decimal(text: &[u8]) -> Option<u64> {
    u64::try_from(integer(text)?).ok()
}

/// Reads a PAX time, `[sign]digits[.digits]`, as whole seconds rounded down and nanoseconds after
/// them.
pub(crate) fn time(text: &[u8]) -> Option<(i64, u32)> {
    let negative = text.first() == Some(&b'-');
    let dot = text.iter().position(|&byte| byte == b'.');
    let (whole, fraction) = match dot {
        Some(dot) => (text.get(..dot)?, text.get(dot.checked_add(1)?..)?),
        None => (text, &b""[..]),
    };
    let seconds = integer(whole)?;
    let mut nanos = 0_u32;
    let mut unit = 100_000_000_u32;
    for digit in fraction {
        if !digit.is_ascii_digit() {
            return None;
        }
        // Digits after the ninth are below a nanosecond: the unit is zero by then.
        nanos = nanos.checked_add(u32::from(digit.wrapping_sub(b'0')).checked_mul(unit)?)?;
        unit = unit.checked_div(10)?;
    }
    if negative && nanos > 0 {
        // At the very least of seconds Go wraps around; no clock is there.
        return Some((seconds.wrapping_sub(1), 1_000_000_000_u32.checked_sub(nanos)?));
    }
    Some((seconds, nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_header_numbers() {
        for (bytes, value) in [
            (&b"00000000017\0"[..], Some(0o17)),
            (b"        17 \0", Some(0o17)),
            (b"\0\0\0\0", Some(0)),
            (b"    ", Some(0)),
            (b"777", Some(0o777)),
            (b"\x80\0\0\0\0\0\0\0\0\0\x02\0", Some(512)),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff", Some(-1)),
            (b"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", Some(i64::MAX)),
            (b"\x80\0\0\0\x80\0\0\0\0\0\0\0", None),
            (b"\xbf\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", None),
            (b"abc", None),
            (b"12a", None),
            (b"-1", None),
            (b"12 34", None),
            (b"+1", None),
            (b"12\0 34", Some(0o12)),
            (b"12\0x", Some(0o12)),
            (b" \0 12 \0", Some(0o12)),
            (b"9", None),
        ] {
            assert_eq!(signed("size", bytes).ok(), value, "{bytes:?}");
        }
        assert_eq!(unsigned("size", b"\xff\xff"), Err(ErrorKind::OutOfRange { field: "size" }));
    }

    #[test]
    fn reads_decimals() {
        for (text, value) in [
            ("0", Some(0)),
            ("9223372036854775807", Some(i64::MAX.unsigned_abs())),
            ("9223372036854775808", None),
            ("", None),
            ("1e3", None),
            ("+1", Some(1)),
            ("-0", Some(0)),
            ("0000000000000000000000000000007", Some(7)),
            ("1_0", None),
            ("+", None),
            ("-1", None),
            ("1 ", None),
        ] {
            assert_eq!(decimal(text.as_bytes()), value, "{text}");
        }
    }

    #[test]
    fn reads_times() {
        for (text, value) in [
            ("1", Some((1, 0))),
            ("1.5", Some((1, 500_000_000))),
            ("1.123456789987", Some((1, 123_456_789))),
            ("-1.5", Some((-2, 500_000_000))),
            ("-2", Some((-2, 0))),
            ("-0.5", Some((-1, 500_000_000))),
            ("+1.5", Some((1, 500_000_000))),
            ("-9223372036854775808", Some((i64::MIN, 0))),
            ("1.", Some((1, 0))),
            ("NaN", None),
            ("", None),
            (".5", None),
            ("1.x", None),
        ] {
            assert_eq!(time(text.as_bytes()), value, "{text}");
        }
    }
}
