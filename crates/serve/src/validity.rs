//! When a certificate ends: the one thing that is read of its DER here.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// Returns when a certificate ends, in seconds since the epoch; none where it has no such form (RFC 5280,
/// 4.1).
pub(crate) fn end_of(certificate: &[u8]) -> Option<i64> {
    let (_, certificate, _) = element(certificate)?;
    let (_, mut fields, _) = element(certificate)?;
    // The version is there or not; serial number, algorithm and issuer always.
    let (tag, _, rest) = element(fields)?;
    if tag == 0xa0 {
        fields = rest;
    }
    for _ in 0..3 {
        (_, _, fields) = element(fields)?;
    }
    let (_, validity, _) = element(fields)?;
    let (_, _, rest) = element(validity)?;
    let (tag, text, _) = element(rest)?;
    time(tag, std::str::from_utf8(text).ok()?)
}

/// Takes one element of DER: its tag, its content, and what comes behind.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, first], mut rest) = bytes.split_first_chunk::<2>()?;
    let mut length = usize::from(first);
    if first >= 0x80 {
        let count = usize::from(first & 0x7f);
        if !(1..=4).contains(&count) {
            return None;
        }
        let (digits, behind) = rest.split_at_checked(count)?;
        length = digits.iter().try_fold(0_usize, |length, digit| {
            length.checked_mul(256)?.checked_add(usize::from(*digit))
        })?;
        rest = behind;
    }
    let (content, behind) = rest.split_at_checked(length)?;
    Some((tag, content, behind))
}

/// Reads a UTCTime or a GeneralizedTime as certificates have them: to the second, in UTC.
fn time(tag: u8, text: &str) -> Option<i64> {
    let text = match (tag, text.len()) {
        // Two digits of the year: 50 to 99 are of the last century.
        (0x17, 13) if text.get(..1)? >= "5" => format!("19{text}"),
        (0x17, 13) => format!("20{text}"),
        (0x18, 15) => text.to_owned(),
        _ => return None,
    };
    let time = DateTime::strptime("%Y%m%d%H%M%SZ", &text).ok()?;
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_two_forms() {
        for (tag, text, expected) in [
            (0x17, "700101000001Z", Some(1)),
            (0x17, "491231235959Z", Some(2_524_607_999)),
            (0x18, "20500101000000Z", Some(2_524_608_000)),
            (0x18, "20501301000000Z", None),
            (0x17, "7001010000Z", None),
            (0x0c, "700101000001Z", None),
        ] {
            assert_eq!(time(tag, text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_certificate_has_no_end() {
        for bytes in
            [&b""[..], &[0x30], &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff], &[0x30, 0x80], &[0; 64]]
        {
            assert_eq!(end_of(bytes), None, "{bytes:?}");
        }
    }
}
