//! Hex: SemVer 2 as Elixir's `Version` reads it, strictly.

use std::cmp::Ordering;

use crate::bytes::Rule;
use crate::identifiers::{Parts, exactly, has_leading_zero, have_leading_zero};
use crate::numbers;

pub(crate) struct Version<'a>(Parts<'a>);

impl<'a> Version<'a> {
    pub(crate) fn read(text: &'a str) -> Result<Self, Rule> {
        let parts = Parts::of(text.as_bytes());
        let count = parts.numbers.split(|&byte| byte == b'.').count();
        if count != 3 || !numbers::are_dotted(parts.numbers) {
            return Err("it does not begin with three numbers");
        }
        strict(&parts).map(|()| Self(parts))
    }

    pub(crate) fn order(&self, other: &Self) -> Ordering {
        self.0.order(&other.0, exactly)
    }
}

/// What SemVer asks of numbers and identifiers beyond their form.
pub(crate) fn strict(parts: &Parts<'_>) -> Result<(), Rule> {
    if parts.numbers.split(|&byte| byte == b'.').any(has_leading_zero)
        || parts.pre.is_some_and(have_leading_zero)
    {
        return Err("a number begins with a zero");
    }
    if !parts.are_identified() {
        return Err("identifiers are letters, digits and hyphens, and none is empty");
    }
    Ok(())
}
