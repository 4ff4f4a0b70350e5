//! SemVer 2, read leniently: `=`, `v` and blanks before it, any count of numbers, zeros before them.

use std::cmp::Ordering;

use crate::bytes::Rule;
use crate::identifiers::{Parts, exactly, pre_releases};
use crate::numbers;

pub(crate) struct Version<'a>(Parts<'a>);

impl<'a> Version<'a> {
    pub(crate) fn read(text: &'a str) -> Result<Self, Rule> {
        let text = text.trim_matches(' ').trim_start_matches(['=', 'v', 'V', ' ']);
        let parts = Parts::of(text.as_bytes());
        if !numbers::are_dotted(parts.numbers) {
            return Err("it does not begin with numbers with dots between them");
        }
        if !parts.are_identified() {
            return Err("identifiers are letters, digits and hyphens, and none is empty");
        }
        Ok(Self(parts))
    }

    pub(crate) fn order(&self, other: &Self) -> Ordering {
        numbers::padded(self.0.numbers, other.0.numbers)
            .then_with(|| pre_releases(self.0.pre, other.0.pre, exactly))
    }
}
