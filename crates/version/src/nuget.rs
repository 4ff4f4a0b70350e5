//! NuGet: one to four numbers, a pre-release as in SemVer but without case, and metadata that do not count.

use std::cmp::Ordering;

use crate::bytes::Rule;
use crate::identifiers::Parts;
use crate::numbers;

pub(crate) struct Version<'a>(Parts<'a>);

impl<'a> Version<'a> {
    pub(crate) fn read(text: &'a str) -> Result<Self, Rule> {
        let parts = Parts::of(text.trim_ascii().as_bytes());
        let count = parts.numbers.split(|&byte| byte == b'.').count();
        if count > 4 || !numbers::are_dotted(parts.numbers) {
            return Err("it does not begin with one to four numbers");
        }
        if !parts.are_identified() {
            return Err("labels are letters, digits and hyphens, and none is empty");
        }
        Ok(Self(parts))
    }

    pub(crate) fn order(&self, other: &Self) -> Ordering {
        self.0.order(&other.0, in_capitals)
    }
}

fn in_capitals(a: &[u8], b: &[u8]) -> Ordering {
    a.iter().map(u8::to_ascii_uppercase).cmp(b.iter().map(u8::to_ascii_uppercase))
}
