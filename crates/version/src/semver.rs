//! SemVer 2, read leniently: `=`, `v` and blanks before it, any count of numbers, zeros before them.

use std::cmp::Ordering;

use crate::bytes::Rule;
use crate::identifiers::{Parts, exactly};

pub(crate) struct Version<'a>(Parts<'a>);

impl<'a> Version<'a> {
    pub(crate) fn read(text: &'a str) -> Result<Self, Rule> {
        let text = text.trim_matches(' ').trim_start_matches(['=', 'v', 'V', ' ']);
        Parts::lenient(text).map(Self)
    }

    pub(crate) fn order(&self, other: &Self) -> Ordering {
        self.0.order(&other.0, exactly)
    }
}
