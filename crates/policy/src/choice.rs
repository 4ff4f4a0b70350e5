//! `allow` and `deny`: what may be, and what may not whatever else is said.

use crate::error::Error;
use crate::fields::{Fields, list};
use crate::glob::{Glob, any};

/// Patterns of what is allowed and of what is not; without the former, all is allowed.
#[derive(Debug)]
pub(crate) struct Choice {
    allow: Option<Vec<Glob>>,
    deny: Option<Vec<Glob>>,
}

impl Choice {
    /// Takes both keys of a mapping; either may be missing.
    pub(crate) fn read(fields: &mut Fields<'_>) -> Result<Self, Error> {
        let globs = |node| list(node, Glob::read);
        Ok(Self { allow: fields.read("allow", globs)?, deny: fields.read("deny", globs)? })
    }

    /// Returns whether neither key is there.
    pub(crate) fn is_none(&self) -> bool {
        self.allow.is_none() && self.deny.is_none()
    }

    /// Returns whether something may be that is known under these names.
    pub(crate) fn permits(&self, names: &[&str]) -> bool {
        let is = |globs: &Vec<Glob>| names.iter().any(|name| any(globs, name));
        !self.deny.as_ref().is_some_and(is) && self.allow.as_ref().is_none_or(is)
    }
}
