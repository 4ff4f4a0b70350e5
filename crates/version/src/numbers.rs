//! Numbers with something between them: `1.2.3`.

use std::cmp::Ordering;

use crate::bytes::{by_items, by_value, is_number, run, without_trailing};

/// Returns whether these are numbers with separators between them, and at least one.
pub(crate) fn are(bytes: &[u8], is_separator: impl Fn(u8) -> bool) -> bool {
    bytes.split(|&byte| is_separator(byte)).all(is_number)
}

/// Returns whether these are numbers with dots between them, and at least one.
pub(crate) fn are_dotted(bytes: &[u8]) -> bool {
    are(bytes, |byte| byte == b'.')
}

/// Splits off the numbers with dots between them at the beginning, as many as there are.
pub(crate) fn dotted_run(bytes: &[u8]) -> (&[u8], &[u8]) {
    let (dotted, _) = run(bytes, |byte| byte.is_ascii_digit() || byte == b'.');
    // A number ends where two dots follow each other, and before a dot without a number.
    let doubled = dotted.windows(2).position(|pair| pair == b"..").unwrap_or(dotted.len());
    let end = dotted.get(..doubled).map_or(0, |it| without_trailing(it, b'.').len());
    match bytes.split_at_checked(end) {
        Some((numbers, rest)) if are_dotted(numbers) => (numbers, rest),
        _ => (&[], bytes),
    }
}

/// Compares numbers one by one; those that are missing are zero.
pub(crate) fn padded(a: &[u8], b: &[u8]) -> Ordering {
    by_items(dotted(a), dotted(b), |a, b| by_value(a.unwrap_or_default(), b.unwrap_or_default()))
}

/// Compares numbers one by one; where all are equal, more of them are newer.
pub(crate) fn listed(a: &[u8], b: &[u8], is_separator: impl Fn(u8) -> bool) -> Ordering {
    let list = |bytes| <[u8]>::split(bytes, |&byte: &u8| is_separator(byte));
    by_items(list(a), list(b), |a, b| match (a, b) {
        (Some(a), Some(b)) => by_value(a, b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    })
}

fn dotted(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|&byte| byte == b'.')
}
