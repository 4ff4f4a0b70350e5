//! Portage: `number{.number}{letter}{_suffix[number]}{-rN}`, in the order of Gentoo's Package Manager
//! Specification.

use std::cmp::Ordering;

use crate::bytes::{
    Rule, by_items, by_value, cut, cut_last, digits, is_number, run, without_trailing,
};
use crate::numbers;

pub(crate) struct Version<'a> {
    numbers: &'a [u8],
    letter: Option<u8>,
    /// What follows the first `_`, if there is one.
    suffixes: Option<&'a [u8]>,
    revision: &'a [u8],
}

impl<'a> Version<'a> {
    pub(crate) fn read(text: &'a str) -> Result<Self, Rule> {
        let (version, revision) = match cut_last(text.as_bytes(), b'-') {
            (version, None) => (version, &b"0"[..]),
            (version, Some([b'r', number @ ..])) if is_number(number) => (version, number),
            _ => return Err("what follows the hyphen is no revision"),
        };
        let (version, suffixes) = cut(version, b'_');
        let (numbers, letter) = match version {
            [numbers @ .., letter @ b'a'..=b'z'] => (numbers, Some(*letter)),
            numbers => (numbers, None),
        };
        if !numbers::are_dotted(numbers) {
            return Err("it does not begin with numbers with dots between them");
        }
        if !suffixes.is_none_or(|it| each(it).all(|it| it.is_some())) {
            return Err("a suffix is none of alpha, beta, pre, rc and p");
        }
        Ok(Self { numbers, letter, suffixes, revision })
    }

    pub(crate) fn order(&self, other: &Self) -> Ordering {
        self.numbers(other)
            .then_with(|| self.letter.cmp(&other.letter))
            .then_with(|| {
                by_items(self.suffixes(), other.suffixes(), |a, b| {
                    let (a, b) = (a.unwrap_or(NONE), b.unwrap_or(NONE));
                    a.0.cmp(&b.0).then_with(|| by_value(a.1, b.1))
                })
            })
            .then_with(|| by_value(self.revision, other.revision))
    }

    /// Compares the first number by value, later ones as decimal places where one begins with a zero.
    fn numbers(&self, other: &Self) -> Ordering {
        let ((first_a, rest_a), (first_b, rest_b)) = (digits(self.numbers), digits(other.numbers));
        let list = |rest| <[u8]>::split(rest, |&byte: &u8| byte == b'.').skip(1);
        by_value(first_a, first_b).then_with(|| {
            by_items(list(rest_a), list(rest_b), |a, b| match (a, b) {
                (Some(a), Some(b)) if a.starts_with(b"0") || b.starts_with(b"0") => {
                    without_trailing(a, b'0').cmp(without_trailing(b, b'0'))
                }
                (Some(a), Some(b)) => by_value(a, b),
                (a, b) => a.is_some().cmp(&b.is_some()),
            })
        })
    }

    fn suffixes(&self) -> impl Iterator<Item = Suffix<'a>> {
        self.suffixes.into_iter().flat_map(each).flatten()
    }
}

/// The rank of a suffix, and its number.
type Suffix<'a> = (u8, &'a [u8]);

/// What a version without a suffix, or without a further one, is compared as.
const NONE: Suffix<'static> = (4, b"");

fn each(suffixes: &[u8]) -> impl Iterator<Item = Option<Suffix<'_>>> {
    suffixes.split(|&byte| byte == b'_').map(|suffix| {
        let (word, number) = run(suffix, |byte| byte.is_ascii_lowercase());
        let rank = match word {
            b"alpha" => 0,
            b"beta" => 1,
            b"pre" => 2,
            b"rc" => 3,
            b"p" => 5,
            _ => return None,
        };
        (number.is_empty() || is_number(number)).then_some((rank, number))
    })
}
