//! Whose packages they are.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The ecosystem of a package: the *type* of its package URL, such as `deb` or `npm`. The set is open.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ecosystem(Cow<'static, str>);

impl Ecosystem {
    /// Arch Linux's pacman, whose library is called alpm.
    pub const ALPM: Self = Self::of("alpm");
    /// Alpine's apk.
    pub const APK: Self = Self::of("apk");
    /// Debian's dpkg.
    pub const DEB: Self = Self::of("deb");
    /// rpm.
    pub const RPM: Self = Self::of("rpm");

    /// Returns the ecosystem with this package URL type.
    pub const fn of(purl_type: &'static str) -> Self {
        Self(Cow::Borrowed(purl_type))
    }

    /// Returns the ecosystem with a package URL type that is known only when the program runs.
    pub fn owned(purl_type: impl Into<String>) -> Self {
        Self(Cow::Owned(purl_type.into()))
    }

    /// Returns the package URL type.
    pub fn name(&self) -> &str {
        &self.0
    }

    pub(crate) fn heap(&self) -> usize {
        match &self.0 {
            Cow::Borrowed(_) => 0,
            Cow::Owned(text) => text.len(),
        }
    }
}

/// Prints the package URL type.
impl fmt::Display for Ecosystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
