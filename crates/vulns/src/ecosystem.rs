//! Ecosystems as OSV writes them: a name and, where there are several releases, a suffix. Each has an
//! order of versions and a rule by which names are the same.

use cutaway_version::Family;

/// One string such as `Debian:12`, `Red Hat:enterprise_linux:9::baseos` or `PyPI`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ecosystem {
    text: String,
    family: Family,
    names: Names,
}

/// When two names of packages are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Names {
    Exact,
    /// Without case (`NuGet`, Packagist).
    Caseless,
    /// Addresses of repositories, without scheme and end (Swift).
    Address,
    /// PEP 503: without case, and runs of `-`, `_` and `.` are one hyphen.
    Python,
}

/// The ecosystems that can be matched, and how each orders versions.
const KNOWN: &[(&str, Family, Names)] = &[
    ("AlmaLinux", Family::Rpm, Names::Exact),
    ("Alpaquita", Family::Apk, Names::Exact),
    ("Alpine", Family::Apk, Names::Exact),
    ("Azure Linux", Family::Rpm, Names::Exact),
    ("BellSoft Hardened Containers", Family::Apk, Names::Exact),
    ("Bioconductor", Family::Semver, Names::Exact),
    ("Bitnami", Family::Semver, Names::Exact),
    ("CRAN", Family::Cran, Names::Exact),
    ("Chainguard", Family::Apk, Names::Exact),
    ("ConanCenter", Family::Conan, Names::Exact),
    ("Debian", Family::Dpkg, Names::Exact),
    ("Echo", Family::Dpkg, Names::Exact),
    ("GHC", Family::Hackage, Names::Exact),
    ("GitHub Actions", Family::Semver, Names::Caseless),
    ("Go", Family::Go, Names::Exact),
    ("Hackage", Family::Hackage, Names::Exact),
    ("Hex", Family::Hex, Names::Exact),
    ("Julia", Family::Semver, Names::Exact),
    ("Mageia", Family::Rpm, Names::Exact),
    ("Maven", Family::Maven, Names::Exact),
    ("MinimOS", Family::Apk, Names::Exact),
    ("NuGet", Family::Nuget, Names::Caseless),
    ("Packagist", Family::Packagist, Names::Caseless),
    ("Photon OS", Family::Rpm, Names::Exact),
    ("Pub", Family::Semver, Names::Exact),
    ("PyPI", Family::Pep440, Names::Python),
    ("Red Hat", Family::Rpm, Names::Exact),
    ("Rocky Linux", Family::Rpm, Names::Exact),
    ("RubyGems", Family::Rubygems, Names::Exact),
    ("SUSE", Family::Rpm, Names::Exact),
    ("SwiftURL", Family::Semver, Names::Address),
    ("Ubuntu", Family::Dpkg, Names::Exact),
    ("VSCode", Family::Semver, Names::Exact),
    ("Wolfi", Family::Apk, Names::Exact),
    ("crates.io", Family::Semver, Names::Exact),
    ("npm", Family::Semver, Names::Exact),
    ("opam", Family::Dpkg, Names::Exact),
    ("openEuler", Family::Rpm, Names::Exact),
    ("openSUSE", Family::Rpm, Names::Exact),
];

impl Ecosystem {
    /// Reads the string of a record. `None` for an ecosystem whose versions have no order here: its
    /// entries are counted and not matched.
    pub fn parse(text: &str) -> Option<Self> {
        let base = text.split_once(':').map_or(text, |(base, _)| base);
        // What Root rebuilds is ordered as what it rebuilds.
        let base = match (base, text.split(':').nth(1)) {
            ("Root", Some(of)) => of,
            _ => base,
        };
        let (_, family, names) = KNOWN.iter().find(|(name, ..)| *name == base)?;
        Some(Self { text: text.to_owned(), family: *family, names: *names })
    }

    /// Returns the string.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the string without its release.
    pub fn base(&self) -> &str {
        self.text.split_once(':').map_or(&self.text, |(base, _)| base)
    }

    /// Returns how it orders versions.
    pub fn family(&self) -> Family {
        self.family
    }

    /// Returns a package's name in the one form that is compared.
    pub fn name(&self, name: &str) -> String {
        match self.names {
            Names::Exact => name.to_owned(),
            Names::Caseless => name.to_lowercase(),
            Names::Address => {
                let bare = name.split_once("://").map_or(name, |(_, bare)| bare);
                bare.strip_suffix(".git").unwrap_or(bare).to_lowercase()
            }
            Names::Python => python(name),
        }
    }
}

/// Returns the group whose advisories lie in one file: all releases of a distribution, with the rebuilds of it.
pub(crate) fn group(ecosystem: &str) -> &str {
    let bare = ecosystem.strip_prefix("Root:").unwrap_or(ecosystem);
    bare.split_once(':').map_or(bare, |(group, _)| group)
}

fn python(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    for letter in name.chars() {
        match letter {
            '-' | '_' | '.' if plain.ends_with('-') => {}
            '-' | '_' | '.' => plain.push('-'),
            other => plain.extend(other.to_lowercase()),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings() {
        for (text, family) in [
            ("Debian:12", Some(Family::Dpkg)),
            ("Ubuntu:Pro:22.04:LTS", Some(Family::Dpkg)),
            ("Alpine:v3.18", Some(Family::Apk)),
            ("Red Hat:rhel_eus:9.4::baseos", Some(Family::Rpm)),
            ("Packagist:https://packages.drupal.org/8", Some(Family::Packagist)),
            ("Root:Alpine:3.18", Some(Family::Apk)),
            ("Root:PyPI", Some(Family::Pep440)),
            ("Root", None),
            ("kubernetes", None),
            ("DHI", None),
            ("debian:12", None),
            ("", None),
        ] {
            assert_eq!(Ecosystem::parse(text).map(|it| it.family()), family, "{text}");
        }
    }

    #[test]
    fn names() {
        for (ecosystem, name, expected) in [
            ("PyPI", "Flask_-.Cors", "flask-cors"),
            ("Root:PyPI", "A.B", "a-b"),
            ("SwiftURL", "https://github.com/Apple/swift-nio.git", "github.com/apple/swift-nio"),
            ("NuGet", "Newtonsoft.Json", "newtonsoft.json"),
            ("Packagist", "Drupal/Core", "drupal/core"),
            ("Go", "github.com/Azure/x", "github.com/Azure/x"),
            ("Debian:12", "glibc", "glibc"),
        ] {
            assert_eq!(Ecosystem::parse(ecosystem).unwrap().name(name), expected);
        }
    }
}
