//! The families of versions, by name.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use crate::Error;

/// Makes [`Family`] of a table, so that each family stands in one place.
macro_rules! families {
    ($($(#[$doc:meta])+ $family:ident = $name:literal in $module:ident;)+) => {
        /// An order of versions, by the tool that it is the order of.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Family {
            $($(#[$doc])+ $family,)+
        }

        impl Family {
            /// Every family, sorted by name.
            pub const ALL: &[Self] = &[$(Self::$family),+];

            /// The name, such as `pep440`.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$family => $name,)+
                }
            }

            /// Compares two versions; see [`compare`](crate::compare).
            pub fn compare(self, a: &str, b: &str) -> Result<Ordering, Error> {
                match self {
                    $(Self::$family => {
                        let a = crate::$module::Version::read(a).map_err(|rule| Error::new(self, a, rule))?;
                        let b = crate::$module::Version::read(b).map_err(|rule| Error::new(self, b, rule))?;
                        Ok(a.order(&b))
                    })+
                }
            }

            /// Says whether a text is a version; see [`check`](crate::check).
            pub fn check(self, text: &str) -> Result<(), Error> {
                let read = match self {
                    $(Self::$family => crate::$module::Version::read(text).map(|_| ()),)+
                };
                read.map_err(|rule| Error::new(self, text, rule))
            }
        }
    };
}

families! {
    /// pacman of Arch Linux (libalpm): `[epoch:]pkgver[-pkgrel]`.
    Alpm = "alpm" in alpm;
    /// apk of Alpine Linux.
    Apk = "apk" in apk;
    /// Conan, of C and C++.
    Conan = "conan" in conan;
    /// CRAN, of R.
    Cran = "cran" in cran;
    /// dpkg of Debian and Ubuntu: `[epoch:]upstream[-revision]`.
    Dpkg = "dpkg" in dpkg;
    /// Go: versions of modules and of toolchains.
    Go = "go" in go;
    /// Hackage, of Haskell.
    Hackage = "hackage" in hackage;
    /// Hex, of Elixir and Erlang: strict SemVer.
    Hex = "hex" in hex;
    /// Maven, of Java; the order of Maven 3.9 and 4.
    Maven = "maven" in maven;
    /// NuGet, of .NET.
    Nuget = "nuget" in nuget;
    /// Packagist, of PHP: what Composer orders.
    Packagist = "packagist" in packagist;
    /// PEP 440, of Python.
    Pep440 = "pep440" in pep440;
    /// Portage of Gentoo.
    Portage = "portage" in portage;
    /// Pub, of Dart, in the order in which Pub prefers versions: every pre-release is older than every
    /// release. Ranges of advisories follow SemVer: [`Family::Semver`].
    Pub = "pub" in pub_dev;
    /// rpm: `[epoch:]version[-release]`.
    Rpm = "rpm" in rpm;
    /// RubyGems.
    Rubygems = "rubygems" in rubygems;
    /// SemVer 2, read leniently: npm, crates.io, Swift, Julia and others.
    Semver = "semver" in semver;
}

/// Compares two versions of one family, as its tool does.
///
/// # Errors
///
/// Where one of the two is no version of the family: the first of them, and why.
pub fn compare(family: Family, a: &str, b: &str) -> Result<Ordering, Error> {
    family.compare(a, b)
}

/// Says whether a text is a version of a family.
///
/// # Errors
///
/// Where it is none, and why.
pub fn check(family: Family, text: &str) -> Result<(), Error> {
    family.check(text)
}

/// There is no family of this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no family of versions has this name; there are {}", names())]
pub struct UnknownFamily;

impl FromStr for Family {
    type Err = UnknownFamily;

    fn from_str(name: &str) -> Result<Self, UnknownFamily> {
        Self::ALL.iter().copied().find(|family| family.name() == name).ok_or(UnknownFamily)
    }
}

impl fmt::Display for Family {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

fn names() -> String {
    Family::ALL.iter().map(|family| family.name()).collect::<Vec<_>>().join(", ")
}
