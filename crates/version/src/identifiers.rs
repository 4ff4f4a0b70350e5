//! SemVer: numbers, then `-` and identifiers of a pre-release, then `+` and those of a build.

use std::cmp::Ordering;

use crate::bytes::{Rule, by_items, by_value, cut, is_number};
use crate::numbers;

/// A version taken apart at its first `+`, and at the first `-` before that.
pub(crate) struct Parts<'a> {
    pub(crate) numbers: &'a [u8],
    pub(crate) pre: Option<&'a [u8]>,
    pub(crate) build: Option<&'a [u8]>,
}

impl<'a> Parts<'a> {
    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        let (version, build) = cut(bytes, b'+');
        let (numbers, pre) = cut(version, b'-');
        Self { numbers, pre, build }
    }

    /// Takes a version apart whose numbers are any count, and have any zeros before them.
    pub(crate) fn lenient(text: &'a str) -> Result<Self, Rule> {
        let parts = Self::of(text.as_bytes());
        if !numbers::are_dotted(parts.numbers) {
            return Err("it does not begin with numbers with dots between them");
        }
        if !parts.are_identified() {
            return Err("identifiers are letters, digits and hyphens, and none is empty");
        }
        Ok(parts)
    }

    /// Compares the numbers, and then the pre-releases; what is built does not count.
    pub(crate) fn order(&self, other: &Self, words: impl Fn(&[u8], &[u8]) -> Ordering) -> Ordering {
        numbers::padded(self.numbers, other.numbers)
            .then_with(|| pre_releases(self.pre, other.pre, words))
    }

    /// Returns whether pre-release and build, where there are any, are identifiers.
    pub(crate) fn are_identified(&self) -> bool {
        [self.pre, self.build].into_iter().flatten().all(are)
    }
}

/// Returns whether these are identifiers with dots between them, and at least one.
pub(crate) fn are(bytes: &[u8]) -> bool {
    each(bytes).all(|identifier| {
        let is_known = |&byte: &u8| byte.is_ascii_alphanumeric() || byte == b'-';
        !identifier.is_empty() && identifier.iter().all(is_known)
    })
}

/// Returns whether a number among the identifiers begins with a zero that is not all of it.
pub(crate) fn have_leading_zero(bytes: &[u8]) -> bool {
    each(bytes).any(|it| is_number(it) && has_leading_zero(it))
}

/// Returns whether a number begins with a zero that is not all of it.
pub(crate) fn has_leading_zero(number: &[u8]) -> bool {
    matches!(number, [b'0', _, ..])
}

/// Compares pre-releases: none is newer than any.
pub(crate) fn pre_releases(
    a: Option<&[u8]>,
    b: Option<&[u8]>,
    words: impl Fn(&[u8], &[u8]) -> Ordering,
) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => compare(a, b, words),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

/// Compares identifiers one by one: numbers by value, and older than words; more are newer.
pub(crate) fn compare(a: &[u8], b: &[u8], words: impl Fn(&[u8], &[u8]) -> Ordering) -> Ordering {
    by_items(each(a), each(b), |a, b| match (a, b) {
        (Some(a), Some(b)) => match (is_number(a), is_number(b)) {
            (true, true) => by_value(a, b),
            (false, false) => words(a, b),
            (a, b) => b.cmp(&a),
        },
        (a, b) => a.is_some().cmp(&b.is_some()),
    })
}

/// Compares words by their bytes.
pub(crate) fn exactly(a: &[u8], b: &[u8]) -> Ordering {
    a.cmp(b)
}

fn each(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|&byte| byte == b'.')
}
