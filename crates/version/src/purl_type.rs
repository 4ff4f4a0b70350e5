//! Which order the versions of a kind of packages have.

use crate::Family;

/// Types of package URLs, and the names that stand for package managers without one.
const TYPES: &[(&str, Family)] = &[
    ("alpm", Family::Alpm),
    ("apk", Family::Apk),
    ("cargo", Family::Semver),
    ("composer", Family::Packagist),
    ("conan", Family::Conan),
    ("cran", Family::Cran),
    ("deb", Family::Dpkg),
    ("gem", Family::Rubygems),
    ("golang", Family::Go),
    ("hackage", Family::Hackage),
    ("hex", Family::Hex),
    ("julia", Family::Semver),
    ("maven", Family::Maven),
    ("npm", Family::Semver),
    ("nuget", Family::Nuget),
    ("opkg", Family::Dpkg),
    ("otp", Family::Hex),
    ("portage", Family::Portage),
    ("pub", Family::Pub),
    ("pypi", Family::Pep440),
    ("rpm", Family::Rpm),
    ("swift", Family::Semver),
];

impl Family {
    /// Returns the order of the versions of packages with this type of package URL, where it is known.
    pub fn of_type(purl_type: &str) -> Option<Self> {
        TYPES.iter().find(|(name, _)| *name == purl_type).map(|(_, family)| *family)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_have_families() {
        assert_eq!(Family::of_type("deb"), Some(Family::Dpkg));
        assert_eq!(Family::of_type("golang"), Some(Family::Go));
        assert_eq!(Family::of_type("generic"), None);
    }
}
