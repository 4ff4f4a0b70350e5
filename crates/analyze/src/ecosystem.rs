//! Whose packages they are.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// The ecosystem of a package, such as `deb` or `npm`: the *type* of its package URL, where that has one, else
/// the name of the package manager. The set is open.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ecosystem(Cow<'static, str>);

/// Types of package URLs of what languages install.
const LANGUAGES: &[&str] = &[
    "cargo",
    "clojars",
    "cocoapods",
    "composer",
    "conan",
    "conda",
    "cpan",
    "cran",
    "gem",
    "golang",
    "hackage",
    "hex",
    "julia",
    "luarocks",
    "maven",
    "npm",
    "nuget",
    "opam",
    "otp",
    "pub",
    "pypi",
    "swift",
];

impl Ecosystem {
    /// Arch Linux's pacman, whose library is called alpm.
    pub const ALPM: Self = Self::of("alpm");
    /// Alpine's apk.
    pub const APK: Self = Self::of("apk");
    /// Bitnami's components.
    pub const BITNAMI: Self = Self::of("bitnami");
    /// What Container-Optimized OS is made of.
    pub const COS: Self = Self::of("cos");
    /// Debian's dpkg.
    pub const DEB: Self = Self::of("deb");
    /// Flatpak.
    pub const FLATPAK: Self = Self::of("flatpak");
    /// Homebrew.
    pub const HOMEBREW: Self = Self::of("homebrew");
    /// Nix.
    pub const NIX: Self = Self::of("nix");
    /// OpenWrt's and Yocto's opkg.
    pub const OPKG: Self = Self::of("opkg");
    /// Gentoo's portage.
    pub const PORTAGE: Self = Self::of("portage");
    /// rpm.
    pub const RPM: Self = Self::of("rpm");
    /// Snaps.
    pub const SNAP: Self = Self::of("snap");

    /// Those of package managers that bring whole systems: names are unique in each, with what stands
    /// before them.
    pub const OF_SYSTEMS: [Self; 8] = [
        Self::ALPM,
        Self::APK,
        Self::COS,
        Self::DEB,
        Self::NIX,
        Self::OPKG,
        Self::PORTAGE,
        Self::RPM,
    ];

    /// Those that have no type of package URL of their own: theirs is `generic`, and the name of the
    /// ecosystem stands in front of what stands before the name.
    pub const WITHOUT_TYPE: [Self; 7] = [
        Self::COS,
        Self::FLATPAK,
        Self::HOMEBREW,
        Self::NIX,
        Self::OPKG,
        Self::PORTAGE,
        Self::SNAP,
    ];

    /// Returns the ecosystem with this package URL type.
    pub const fn of(purl_type: &'static str) -> Self {
        Self(Cow::Borrowed(purl_type))
    }

    /// Returns the ecosystem with a package URL type that is known only when the program runs.
    pub fn owned(purl_type: impl Into<String>) -> Self {
        Self(Cow::Owned(purl_type.into()))
    }

    /// Returns whether packages of this type are installed by the tools of a language, and not by the
    /// package manager of a system.
    pub fn is_of_language(&self) -> bool {
        LANGUAGES.contains(&self.name())
    }

    /// Returns whether it is one that some reader of ours finds, or that has a type of package URL for a
    /// language.
    pub fn is_known(&self) -> bool {
        self.is_of_language()
            || Self::OF_SYSTEMS.contains(self)
            || Self::WITHOUT_TYPE.contains(self)
            || [Self::BITNAMI, Self::of("generic")].contains(self)
    }

    /// Returns its name: the package URL type, where it has one.
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

/// Prints the name.
impl fmt::Display for Ecosystem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
