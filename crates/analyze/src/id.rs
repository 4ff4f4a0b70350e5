//! Which analyzer it is, and in which version.

use std::borrow::Cow;
use std::fmt;

/// The name of an analyzer and the version of its rules: together they say which findings the same
/// bytes give, so they are part of the key under which findings are kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AnalyzerId {
    name: Cow<'static, str>,
    version: u32,
}

impl AnalyzerId {
    /// Names an analyzer of this program. The version is raised whenever the same bytes give other findings.
    pub const fn new(name: &'static str, version: u32) -> Self {
        Self { name: Cow::Borrowed(name), version }
    }

    /// Names an analyzer whose name is known only when the program runs.
    pub fn owned(name: impl Into<String>, version: u32) -> Self {
        Self { name: Cow::Owned(name.into()), version }
    }

    /// Returns the name, in kebab-case.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the version.
    pub fn version(&self) -> u32 {
        self.version
    }
}

/// Prints `name/version`.
impl fmt::Display for AnalyzerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.name, self.version)
    }
}
