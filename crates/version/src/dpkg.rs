//! dpkg: `[epoch:]upstream[-revision]`, as `dpkg --compare-versions` reads and orders it.
//!
//! dpkg warns of characters that its policy does not know, and orders them. Those beyond ASCII it
//! orders differently from machine to machine, so they are refused here.

use std::cmp::Ordering;

use crate::bytes::{Rule, by_value, cut, cut_last, digits, is_number, run};

/// The largest epoch, as in dpkg.
const EPOCH: &[u8] = b"2147483647";

pub(crate) struct Version<'a> {
    epoch: &'a [u8],
    upstream: &'a [u8],
    revision: &'a [u8],
}

impl<'a> Version<'a> {
    pub(crate) fn read(text: &'a str) -> Result<Self, Rule> {
        let text = text.trim_matches([' ', '\t']);
        if text.is_empty() {
            return Err("it is empty");
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("it has other characters than those of printable ASCII");
        }
        let (epoch, rest) = match cut(text.as_bytes(), b':') {
            (rest, None) => (&b""[..], rest),
            // Read as C reads numbers.
            ([b'+', epoch @ ..], Some(rest))
                if is_number(epoch) && by_value(epoch, EPOCH).is_le() =>
            {
                (epoch, rest)
            }
            (epoch, Some(_)) if !is_number(epoch) => return Err("the epoch is no number"),
            (epoch, Some(_)) if by_value(epoch, EPOCH).is_gt() => {
                return Err("the epoch is too large");
            }
            (epoch, Some(rest)) => (epoch, rest),
        };
        let (upstream, revision) = cut_last(rest, b'-');
        if upstream.is_empty() {
            return Err("there is no upstream version");
        }
        if revision.is_some_and(<[u8]>::is_empty) {
            return Err("the revision is empty");
        }
        Ok(Self { epoch, upstream, revision: revision.unwrap_or_default() })
    }

    pub(crate) fn order(&self, other: &Self) -> Ordering {
        by_value(self.epoch, other.epoch)
            .then_with(|| part(self.upstream, other.upstream))
            .then_with(|| part(self.revision, other.revision))
    }
}

/// Compares in turns what is not digits, and digits.
fn part(mut a: &[u8], mut b: &[u8]) -> Ordering {
    while !a.is_empty() || !b.is_empty() {
        let ((text_a, rest_a), (text_b, rest_b)) = (text(a), text(b));
        let ((number_a, rest_a), (number_b, rest_b)) = (digits(rest_a), digits(rest_b));
        let ordering = words(text_a, text_b).then_with(|| by_value(number_a, number_b));
        if ordering.is_ne() {
            return ordering;
        }
        (a, b) = (rest_a, rest_b);
    }
    Ordering::Equal
}

fn text(bytes: &[u8]) -> (&[u8], &[u8]) {
    run(bytes, |byte| !byte.is_ascii_digit())
}

/// Compares bytes: `~`, the end, letters, everything else.
fn words(a: &[u8], b: &[u8]) -> Ordering {
    let rank = |byte: Option<&u8>| match byte {
        Some(b'~') => (0, 0),
        None => (1, 0),
        Some(&byte) if byte.is_ascii_alphabetic() => (2, byte),
        Some(&byte) => (3, byte),
    };
    crate::bytes::by_items(a.iter(), b.iter(), |a, b| rank(a).cmp(&rank(b)))
}
