//! Where a package is looked up, by which names, and in which version.

use cutaway_analyze::Ecosystem as Kind;
use cutaway_report::{NameRole, PackageReport};
use cutaway_version::Family;

use crate::Ecosystem;
use crate::matching::release::{Line, Part, Release};

/// Where a package is looked up.
pub(super) enum Place {
    In(Vec<Lookup>),
    /// There is no source for packages like it; the line says so.
    Nowhere(String),
    /// Nobody publishes advisories for packages like it; the line says so.
    Never(String),
    /// Its version says nothing; the line says so.
    NoVersion(String),
}

/// One name in one ecosystem.
#[derive(Debug)]
pub(super) struct Lookup {
    pub(super) ecosystem: Ecosystem,
    pub(super) line: Line,
    pub(super) name: String,
    pub(super) role: NameRole,
    /// The version that is compared.
    pub(super) version: String,
    /// Whether epochs are left out: that of the source is not known.
    pub(super) without_epoch: bool,
    pub(super) notes: Vec<String>,
}

/// Kinds of packages of languages, and their ecosystems.
const LANGUAGES: &[(&str, &str)] = &[
    ("bitnami", "Bitnami"),
    ("cargo", "crates.io"),
    ("composer", "Packagist"),
    ("conan", "ConanCenter"),
    ("cran", "CRAN"),
    ("gem", "RubyGems"),
    ("githubactions", "GitHub Actions"),
    ("golang", "Go"),
    ("hackage", "Hackage"),
    ("hex", "Hex"),
    ("julia", "Julia"),
    ("maven", "Maven"),
    ("npm", "npm"),
    ("nuget", "NuGet"),
    ("opam", "opam"),
    ("otp", "Hex"),
    ("pub", "Pub"),
    ("pypi", "PyPI"),
    ("swift", "SwiftURL"),
];

/// Returns the order in which packages are looked up.
pub(super) fn sort_key(package: &PackageReport) -> (&Kind, &str, &PackageReport) {
    let source = package.source.as_ref().map_or(package.name.as_str(), |source| &source.name);
    (&package.kind, source, package)
}

/// Finds where a package is looked up.
pub(super) fn place(package: &PackageReport, release: &Release) -> Place {
    let family = match package.kind.name() {
        "deb" => Family::Dpkg,
        "apk" => Family::Apk,
        "rpm" => Family::Rpm,
        // Systems whose advisories nobody publishes in this form.
        kind if Kind::OF_SYSTEMS.contains(&package.kind) => {
            return Place::Nowhere(release.lacking(kind));
        }
        kind => return of_language(package, kind, release),
    };
    let mut lookups: Vec<Lookup> = Vec::new();
    for part in release.parts(family) {
        names(package, part, &mut lookups);
    }
    match lookups.is_empty() {
        true => Place::Nowhere(release.lacking(package.kind.name())),
        false => Place::In(lookups),
    }
}

/// Adds the names of a system's package in one ecosystem.
fn names(package: &PackageReport, part: &Part, lookups: &mut Vec<Lookup>) {
    let source = package.source.as_ref();
    let mut add = |name: &str, role, version: &str, without_epoch, notes: Vec<String>| {
        let (ecosystem, line) = (part.ecosystem.clone(), part.line.clone());
        let (name, version) = (ecosystem.name(name), version.to_owned());
        lookups.push(Lookup { ecosystem, line, name, role, version, without_epoch, notes });
    };
    let own = package.version.as_str();
    let of_source = source.map_or(package.name.as_str(), |source| &source.name);
    match part.ecosystem.base() {
        "Root" if !is_rebuilt(package) => {}
        "Root" => {
            add(&package.name, NameRole::Binary, own, false, Vec::new());
            if of_source != package.name {
                add(of_source, NameRole::Source, own, false, Vec::new());
            }
        }
        "Debian" | "Ubuntu" | "Echo" => {
            let version = source.and_then(|it| it.version.as_deref()).unwrap_or(own);
            add(of_source, NameRole::Source, version, false, Vec::new());
        }
        "Alpine" => add(of_source, NameRole::Source, own, false, Vec::new()),
        "Red Hat" | "Photon OS" => add(&package.name, NameRole::Binary, own, false, Vec::new()),
        _ if part.ecosystem.family() == Family::Apk => {
            add(&package.name, NameRole::Binary, own, false, Vec::new());
            if of_source != package.name {
                add(of_source, NameRole::Source, own, false, Vec::new());
            }
        }
        base => {
            if matches!(base, "AlmaLinux" | "Rocky Linux") {
                add(&package.name, NameRole::Binary, own, false, Vec::new());
                if of_source == package.name {
                    return;
                }
            }
            // The name of a source rpm has no epoch: it is that of the binary where the rest is the same.
            let bare = own.split_once(':').map_or(own, |(_, bare)| bare);
            let stated = source.and_then(|it| it.version.as_deref());
            match stated.filter(|stated| *stated != bare && *stated != own) {
                None => add(of_source, NameRole::Source, own, false, Vec::new()),
                Some(stated) => {
                    let notes = vec!["epoch-unknown".to_owned()];
                    add(of_source, NameRole::Source, stated, true, notes);
                }
            }
        }
    }
}

fn of_language(package: &PackageReport, kind: &str, release: &Release) -> Place {
    let Some((_, base)) = LANGUAGES.iter().find(|(known, _)| *known == kind) else {
        return Place::Never(format!("nobody publishes advisories for {kind} packages"));
    };
    // Repositories beside the main one are ecosystems of their own, and so are rebuilds.
    let ecosystems = release.of_language(base, is_rebuilt(package));
    if ecosystems.is_empty() {
        return Place::Nowhere(format!("the database has no advisories for {kind} packages"));
    }
    let mut version = package.version.as_str();
    let mut notes = Vec::new();
    if kind == "golang" {
        // A toolchain says after a blank how it was built.
        version = version.split(' ').next().unwrap_or_default();
        if version.is_empty() || version == "(devel)" || version.contains("+dirty") {
            let name = &package.name;
            let message =
                format!("{name} {version}: built from a working tree, so its version is not known");
            return Place::NoVersion(message);
        }
        if is_pseudo(version) {
            notes.push("pseudo-version".to_owned());
        }
    }
    if kind == "bitnami" {
        let revision = version.rsplit_once('-');
        let revision = revision.filter(|(_, it)| it.bytes().all(|it| it.is_ascii_digit()));
        version = revision.map_or(version, |(before, _)| before);
    }
    let lookup = |ecosystem: Ecosystem| Lookup {
        name: ecosystem.name(&package.name),
        line: if ecosystem.base() == "Root" { Line::Rebuilt } else { Line::Main },
        ecosystem,
        role: NameRole::Component,
        version: version.to_owned(),
        without_epoch: false,
        notes: notes.clone(),
    };
    Place::In(ecosystems.into_iter().map(lookup).collect())
}

/// Tells whether somebody else has rebuilt a package, and says so in its name or version (Root).
fn is_rebuilt(package: &PackageReport) -> bool {
    let revision = package.version.rsplit_once("-r1007").map(|(_, revision)| revision);
    package.name.contains("rootio")
        || package.version.contains("root.io")
        || revision.is_some_and(|it| it.len() == 1 && it.bytes().all(|it| it.is_ascii_digit()))
}

/// Tells whether a version of Go's names a commit: 14 digits of a time, a hyphen, 12 of a hash.
fn is_pseudo(version: &str) -> bool {
    let version = version.split('+').next().unwrap_or_default();
    let Some((before, hash)) = version.rsplit_once('-') else { return false };
    let time = before.rsplit(['-', '.']).next().unwrap_or_default();
    time.len() == 14
        && time.bytes().all(|it| it.is_ascii_digit())
        && hash.len() == 12
        && hash.bytes().all(|it| it.is_ascii_hexdigit())
}
