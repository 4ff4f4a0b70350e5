//! Pub: SemVer in which the build counts, too, read leniently, in the order in which Pub prefers versions
//! (`Version.prioritize`): every pre-release is older than every release, whatever their numbers.

use std::cmp::Ordering;

use crate::bytes::Rule;
use crate::identifiers::{Parts, compare, exactly};

pub(crate) struct Version<'a>(Parts<'a>);

impl<'a> Version<'a> {
    pub(crate) fn read(text: &'a str) -> Result<Self, Rule> {
        Parts::lenient(text.strip_prefix('v').unwrap_or(text)).map(Self)
    }

    pub(crate) fn order(&self, other: &Self) -> Ordering {
        let is_release = |version: &Self| version.0.pre.is_none();
        is_release(self)
            .cmp(&is_release(other))
            .then_with(|| self.0.order(&other.0, exactly))
            .then_with(|| match (self.0.build, other.0.build) {
                (Some(a), Some(b)) => compare(a, b, exactly),
                (a, b) => a.is_some().cmp(&b.is_some()),
            })
    }
}
