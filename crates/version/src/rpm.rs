//! rpm: `[epoch:]version[-release]`, as `rpm.vercmp` orders it.
//!
//! rpm reads every text that is not empty. A missing epoch is 0; a missing release is older than any.

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
                (a, b) => a.is_some().cmp(&b.is_some()),
            })
    }
}

/// What a part of a version goes on with, oldest first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    Tilde,
    End,
    Caret,
    Letters,
    Digits,
}

fn part(mut a: &[u8], mut b: &[u8]) -> Ordering {
    loop {
        let ((next_a, run_a, rest_a), (next_b, run_b, rest_b)) = (segment(a), segment(b));
        let ordering = next_a.cmp(&next_b).then_with(|| match next_a {
            Next::Digits => by_value(run_a, run_b),
            _ => run_a.cmp(run_b),
        });
        if ordering.is_ne() || next_a == Next::End {
            return ordering;
        }
        (a, b) = (rest_a, rest_b);
    }
}

/// Splits off the next run, after what only separates.
fn segment(bytes: &[u8]) -> (Next, &[u8], &[u8]) {
    let is_separator = |byte: u8| !byte.is_ascii_alphanumeric() && byte != b'~' && byte != b'^';
    match run(bytes, is_separator).1 {
        [] => (Next::End, &[], &[]),
        [b'~', rest @ ..] => (Next::Tilde, &[], rest),
        [b'^', rest @ ..] => (Next::Caret, &[], rest),
        bytes @ [b'0'..=b'9', ..] => {
            let (number, rest) = digits(bytes);
            (Next::Digits, number, rest)
        }
        bytes => {
            let (letters, rest) = run(bytes, |byte| byte.is_ascii_alphabetic());
            (Next::Letters, letters, rest)
        }
    }
}
