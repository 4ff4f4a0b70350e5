//! pacman: `[epoch:]pkgver[-pkgrel]`, as libalpm's `alpm_pkg_vercmp` orders it.
//!
//! libalpm compares `pkgrel` only where both have one, so that `1.0` equals `1.0-1` and `1.0-2`: among
//! versions of which some have none, and among those that end in separators, its order is no total one.

use std::cmp::Ordering;

use crate::bytes::{Rule, by_value, digits, run};
use crate::evr::Evr;

pub(crate) struct Version<'a>(Evr<'a>);

impl<'a> Version<'a> {
    pub(crate) fn read(text: &'a str) -> Result<Self, Rule> {
        Evr::read(text).map(Self)
    }

    pub(crate) fn order(&self, other: &Self) -> Ordering {
        by_value(self.0.epoch, other.0.epoch)
            .then_with(|| part(self.0.version, other.0.version))
            .then_with(|| match (self.0.release, other.0.release) {
                (Some(a), Some(b)) => part(a, b),
                _ => Ordering::Equal,
            })
    }
}

fn part(mut a: &[u8], mut b: &[u8]) -> Ordering {
    while !a.is_empty() && !b.is_empty() {
        let ((separators_a, text_a), (separators_b, text_b)) = (separators(a), separators(b));
        (a, b) = (text_a, text_b);
        if a.is_empty() || b.is_empty() {
            break;
        }
        let (number_a, number_b) = (digits(a).0, digits(b).0);
        let (word_a, word_b) = (letters(a).0, letters(b).0);
        let ordering = separators_a.len().cmp(&separators_b.len()).then_with(|| {
            match (number_a.is_empty(), number_b.is_empty()) {
                (false, false) => by_value(number_a, number_b),
                (true, true) => word_a.cmp(word_b),
                (a, b) => b.cmp(&a),
            }
        });
        if ordering.is_ne() {
            return ordering;
        }
        (a, b) = (segment(a), segment(b));
    }
    showdown(a, b)
}

/// Drops the run of digits or letters at the beginning.
fn segment(bytes: &[u8]) -> &[u8] {
    match digits(bytes) {
        ([], _) => letters(bytes).1,
        (_, rest) => rest,
    }
}

fn separators(bytes: &[u8]) -> (&[u8], &[u8]) {
    run(bytes, |byte| !byte.is_ascii_alphanumeric())
}

fn letters(bytes: &[u8]) -> (&[u8], &[u8]) {
    run(bytes, |byte| byte.is_ascii_alphabetic())
}

/// Decides when one has ended: letters that are left make it older, anything else newer.
fn showdown(a: &[u8], b: &[u8]) -> Ordering {
    let rank = |rest: &[u8]| match rest.first() {
        None => 1,
        Some(byte) if byte.is_ascii_alphabetic() => 0,
        Some(_) => 2,
    };
    rank(a).cmp(&rank(b))
}
