//! Versions of packages, in the order of the package manager they belong to.
//!
//! Every [`Family`] is an algorithm of its own: `1.0~rc1` is older than `1.0` to dpkg and rpm, newer to
//! pacman, and no version to apk. [`compare`] answers as the tool itself does, and [`check`] says
//! whether it reads a text at all.
//!
//! Numbers are compared by their digits, so that none is too large. Nothing is allocated while versions
//! are compared, except for an [`Error`].
//!
//! ```
//! use std::cmp::Ordering;
//!
//! use cutaway_version::{Family, compare};
//!
//! assert_eq!(compare(Family::Dpkg, "1:2.3~rc1-4", "1:2.3-4")?, Ordering::Less);
//! assert_eq!(compare(Family::Pep440, "1.0.post1", "1.0-1")?, Ordering::Equal);
//! # Ok::<(), cutaway_version::Error>(())
//! ```

mod alpm;
mod apk;
mod bytes;
mod conan;
mod cran;
mod dpkg;
mod error;
mod evr;
mod family;
mod go;
mod hackage;
mod hex;
mod identifiers;
mod maven;
mod nuget;
mod numbers;
mod packagist;
mod pep440;
mod portage;
mod pub_dev;
mod purl_type;
mod rpm;
mod rubygems;
mod semver;

pub use error::Error;
pub use family::{Family, UnknownFamily, check, compare};
