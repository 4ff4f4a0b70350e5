//! Conan: parts with dots between them, then `-` and a pre-release, then `+` and a build, as `Version` of
//! Conan 2 takes them apart. Any text is read.
//!
//! Conan compares a number and a word by their characters, so that its `9`, `10` and `1a` go in a circle.
//! Here a word is compared by the number that it begins with, and then by its characters: the same
//! answer, except where such numbers differ in length.

use std::cmp::Ordering;

use crate::bytes::{Rule, by_items, by_value, cut_last, digits};

pub(crate) struct Version<'a> {
    version: &'a [u8],
    build: Option<&'a [u8]>,
}

impl<'a> Version<'a> {
    pub(crate) fn read(text: &'a str) -> Result<Self, Rule> {
        if text.is_empty() {
            return Err("it is empty");
        }
        let (version, build) = cut_last(text.as_bytes(), b'+');
        Ok(Self { version, build })
    }

    pub(crate) fn order(&self, other: &Self) -> Ordering {
        nested(self.version, other.version).then_with(|| match (self.build, other.build) {
            (Some(a), Some(b)) => nested(a, b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        })
    }
}

/// Compares a version, its pre-release, which is a version again, and so on: one more is older.
fn nested(a: &[u8], b: &[u8]) -> Ordering {
    let each = |bytes| <[u8]>::split(bytes, |&byte: &u8| byte == b'-');
    by_items(each(a), each(b), |a, b| match (a, b) {
        (Some(a), Some(b)) => lists(a, b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    })
}

/// Compares part by part, without zeros at the end; a longer list is newer.
fn lists(a: &[u8], b: &[u8]) -> Ordering {
    by_items(parts(a), parts(b), |a, b| match (a, b) {
        (Some(a), Some(b)) => part(a, b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    })
}

fn parts(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut kept = list;
    while let (before, Some(last)) = cut_last(kept, b'.')
        && is_zero(last)
    {
        kept = before;
    }
    let is_nothing = is_zero(kept);
    kept.split(|&byte| byte == b'.').filter(move |_| !is_nothing)
}

fn is_zero(part: &[u8]) -> bool {
    !part.is_empty() && part.iter().all(|&byte| byte == b'0')
}

fn part(a: &[u8], b: &[u8]) -> Ordering {
    let ((number_a, rest_a), (number_b, rest_b)) = (digits(a), digits(b));
    if number_a.is_empty() || number_b.is_empty() {
        return a.cmp(b);
    }
    let raw = || match rest_a.is_empty() {
        true => Ordering::Equal,
        false => a.cmp(b),
    };
    by_value(number_a, number_b).then_with(|| rest_a.cmp(rest_b)).then_with(raw)
}
