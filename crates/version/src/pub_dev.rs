//! Pub: SemVer in which the build counts, too, read leniently, in the order in which Pub prefers versions
//! (`Version.prioritize`): every pre-release is older than every release, whatever their numbers.

use std::cmp::Ordering;

use crate::bytes::Rule;
use crate::identifiers::{Parts, compare, exactly, pre_releases};
use crate::numbers;

pub(crate) struct Version<'a>(Parts<'a>);

impl<'a> Version<'a> {
    pub(crate) fn read(text: &'a str) -> Result<Self, Rule> {
        let parts = Parts::of(text.strip_prefix('v').unwrap_or(text).as_bytes());
        if !numbers::are_dotted(parts.numbers) {
            return Err("it does not begin with numbers with dots between them");
        }
        if !parts.are_identified() {
            return Err("identifiers are letters, digits and hyphens, and none is empty");
        }
        Ok(Self(parts))
    }

    pub(crate) fn order(&self, other: &Self) -> Ordering {
        let is_release = |version: &Self| version.0.pre.is_none();
        is_release(self)
            .cmp(&is_release(other))
            .then_with(|| numbers::padded(self.0.numbers, other.0.numbers))
            .then_with(|| pre_releases(self.0.pre, other.0.pre, exactly))
            .then_with(|| match (self.0.build, other.0.build) {
                (Some(a), Some(b)) => compare(a, b, exactly),
                (a, b) => a.is_some().cmp(&b.is_some()),
            })
    }
}
