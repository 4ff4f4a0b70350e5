//! What all families are read with: runs of bytes, and numbers as their digits.

use std::cmp::Ordering;

/// Why a text is no version.
pub(crate) type Rule = &'static str;

/// Splits off the longest beginning of bytes that are wanted.
pub(crate) fn run(bytes: &[u8], wanted: impl Fn(u8) -> bool) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|&byte| !wanted(byte)).unwrap_or(bytes.len());
    bytes.split_at_checked(end).unwrap_or((bytes, &[]))
}

/// Splits off the digits at the beginning.
pub(crate) fn digits(bytes: &[u8]) -> (&[u8], &[u8]) {
    run(bytes, |byte| byte.is_ascii_digit())
}

/// Splits at the first byte like this one, which is dropped.
pub(crate) fn cut(bytes: &[u8], at: u8) -> (&[u8], Option<&[u8]>) {
    let mut parts = bytes.splitn(2, |&byte| byte == at);
    (parts.next().unwrap_or_default(), parts.next())
}

/// Splits at the last byte like this one, which is dropped.
pub(crate) fn cut_last(bytes: &[u8], at: u8) -> (&[u8], Option<&[u8]>) {
    let mut parts = bytes.rsplitn(2, |&byte| byte == at);
    match (parts.next(), parts.next()) {
        (Some(after), Some(before)) => (before, Some(after)),
        _ => (bytes, None),
    }
}

/// Returns whether these are digits, and at least one.
pub(crate) fn is_number(bytes: &[u8]) -> bool {
    !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit)
}

/// Compares two runs of digits as numbers; none is zero.
pub(crate) fn by_value(a: &[u8], b: &[u8]) -> Ordering {
    let (a, b) = (without_zeros(a), without_zeros(b));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// Drops zeros at the beginning.
pub(crate) fn without_zeros(digits: &[u8]) -> &[u8] {
    run(digits, |byte| byte == b'0').1
}

/// Drops every byte like this one at the end.
pub(crate) fn without_trailing(bytes: &[u8], dropped: u8) -> &[u8] {
    let kept = bytes.iter().rposition(|&byte| byte != dropped).map_or(0, |at| at.saturating_add(1));
    bytes.get(..kept).unwrap_or(bytes)
}

/// Compares two sequences item by item; a shorter one is continued with `None`.
pub(crate) fn by_items<T>(
    a: impl Iterator<Item = T>,
    b: impl Iterator<Item = T>,
    order: impl Fn(Option<T>, Option<T>) -> Ordering,
) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let (left, right) = (a.next(), b.next());
        if left.is_none() && right.is_none() {
            return Ordering::Equal;
        }
        let ordering = order(left, right);
        if ordering.is_ne() {
            return ordering;
        }
    }
}
