//! Package URLs (the purl specification, types `alpm`, `apk`, `bitnami`, `deb`, `rpm` and, for package managers
//! without a type, `generic`).
//!
//! The qualifiers `distro` and `upstream` are those that vulnerability matchers read: `distro` is
//! `ID-VERSION_ID`, `upstream` the source package. A deb keeps its epoch in the version, an rpm has
//! a qualifier of its own.

use cutaway_analyze::{Distro, Ecosystem, Package, Source};
use packageurl::PackageUrl;

use crate::purl_of_language;

/// Returns the package URL of `package` in an image of `distro`.
pub fn purl(package: &Package, distro: Option<&Distro>) -> String {
    if let Some(purl) = purl_of_language::purl(package) {
        return purl;
    }
    let without_type = Ecosystem::WITHOUT_TYPE.contains(&package.ecosystem);
    let kind = if without_type { "generic" } else { package.ecosystem.name() };
    let version = match package.epoch {
        Some(epoch) if package.ecosystem == Ecosystem::RPM => {
            package.version.strip_prefix(&format!("{epoch}:")).unwrap_or(&package.version)
        }
        _ => &package.version,
    };
    // Names of these types are in lower case; the crate does so for deb alone.
    let lower = [Ecosystem::ALPM, Ecosystem::APK, Ecosystem::BITNAMI];
    let lower = lower.contains(&package.ecosystem);
    let name = if lower { package.name.to_lowercase() } else { package.name.clone() };
    let Ok(mut purl) = PackageUrl::new(kind.to_owned(), name) else {
        return format!("pkg:{kind}/unnamed");
    };
    // Every setter fails on an empty value only; then the part is left out.
    let _ = purl.with_version(version.to_owned());
    // What is not of the distribution's package manager is none of its packages.
    let of_bitnami = package.ecosystem == Ecosystem::BITNAMI;
    let distro = distro.filter(|distro| of_bitnami || distro.installs(&package.ecosystem));
    let namespace = match (&package.namespace, distro) {
        // Nothing of the distribution's: package managers differ in names as distributions do elsewhere.
        (own, _) if without_type => {
            let name = package.ecosystem.name();
            Some(own.as_ref().map_or_else(|| name.to_owned(), |own| format!("{name}/{own}")))
        }
        (None, _) if of_bitnami => None,
        // What the record itself has, such as Maven's group.
        (Some(own), _) => Some(own.clone()),
        (None, Some(distro)) => Some(namespace(&package.ecosystem, distro).to_lowercase()),
        // A package URL of this type has a namespace, and pacman is Arch Linux's.
        (None, None) => (package.ecosystem == Ecosystem::ALPM).then(|| "arch".to_owned()),
    };
    if let Some(namespace) = namespace {
        let _ = purl.with_namespace(namespace);
    }
    let mut qualify = |key: &'static str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            let _ = purl.add_qualifier(key, value);
        }
    };
    qualify("arch", package.arch.clone());
    qualify("distro", distro.map(release));
    qualify(
        "epoch",
        package
            .epoch
            .filter(|epoch| package.ecosystem == Ecosystem::RPM && *epoch > 0)
            .map(|e| e.to_string()),
    );
    qualify("upstream", package.source.as_ref().and_then(|source| upstream(package, source)));
    purl.to_string()
}

fn namespace(ecosystem: &Ecosystem, distro: &Distro) -> String {
    let is_rpm = *ecosystem == Ecosystem::RPM;
    match distro.id.as_str() {
        "rhel" if is_rpm => "redhat".into(),
        id if is_rpm && id.starts_with("opensuse") => "opensuse".into(),
        id => id.to_owned(),
    }
}

fn release(distro: &Distro) -> String {
    match &distro.version_id {
        Some(version) => format!("{}-{version}", distro.id),
        None => distro.id.clone(),
    }
}

/// Returns the source package, where it says more than the package itself.
fn upstream(package: &Package, source: &Source) -> Option<String> {
    match &source.version {
        Some(version) if package.ecosystem == Ecosystem::RPM => {
            Some(format!("{}-{version}.src.rpm", source.name))
        }
        Some(version) if *version != package.version => Some(format!("{}@{version}", source.name)),
        _ => (source.name != package.name).then(|| source.name.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        let package =
            |kind, name: &str, version: &str, epoch, source: Option<(&str, Option<&str>)>| {
                let mut package = Package::new(kind, name, version);
                package.epoch = epoch;
                package.arch = Some("amd64".into());
                package.source = source.map(|(name, version)| Source {
                    name: name.into(),
                    version: version.map(Into::into),
                });
                package
            };
        let mut scoped = Package::new(Ecosystem::owned("npm"), "cli", "1");
        scoped.namespace = Some("@angular".into());
        let mut skopeo = Package::new(Ecosystem::PORTAGE, "skopeo", "1");
        skopeo.namespace = Some("app-containers".into());
        let distro = |id: &str, version: &str| Distro {
            id: id.into(),
            version_id: Some(version.into()),
            ..Distro::default()
        };
        for (package, distro, expected) in [
            (
                package(
                    Ecosystem::DEB,
                    "libgcc-s1",
                    "1:12.2.0-14",
                    Some(1),
                    Some(("gcc-12", Some("12.2.0-14"))),
                ),
                Some(distro("debian", "12")),
                "pkg:deb/debian/libgcc-s1@1:12.2.0-14?arch=amd64&distro=debian-12&upstream=gcc-12@12.2.0-14",
            ),
            (
                package(Ecosystem::APK, "ssl_client", "1.30.1-r2", None, Some(("busybox", None))),
                Some(distro("alpine", "3.10")),
                "pkg:apk/alpine/ssl_client@1.30.1-r2?arch=amd64&distro=alpine-3.10&upstream=busybox",
            ),
            (
                package(Ecosystem::RPM, "vim", "2:9.0-1", Some(2), Some(("vim", Some("9.0-1")))),
                Some(distro("rhel", "9")),
                "pkg:rpm/redhat/vim@9.0-1?arch=amd64&distro=rhel-9&epoch=2&upstream=vim-9.0-1.src.rpm",
            ),
            (package(Ecosystem::DEB, "a", "1", None, None), None, "pkg:deb/a@1?arch=amd64"),
            // Neither distribution uses this package manager; nobody knows what the third uses.
            (
                package(Ecosystem::DEB, "a", "1", None, None),
                Some(distro("alpine", "3.19")),
                "pkg:deb/a@1?arch=amd64",
            ),
            (
                package(Ecosystem::RPM, "a", "1", None, None),
                Some(Distro { id_like: vec!["debian".into()], ..distro("Parrot", "6") }),
                "pkg:rpm/a@1?arch=amd64",
            ),
            (scoped, Some(distro("ours", "1")), "pkg:npm/@angular/cli@1"),
            (
                package(Ecosystem::OPKG, "libubox2", "1:2", Some(1), Some(("libubox", None))),
                Some(distro("openwrt", "23.05")),
                "pkg:generic/opkg/libubox2@1:2?arch=amd64&distro=openwrt-23.05&upstream=libubox",
            ),
            (
                package(Ecosystem::OPKG, "a", "1", None, None),
                Some(distro("debian", "12")),
                "pkg:generic/opkg/a@1?arch=amd64",
            ),
            (
                skopeo,
                Some(distro("gentoo", "2.14")),
                "pkg:generic/portage/app-containers/skopeo@1?distro=gentoo-2.14",
            ),
            (
                package(Ecosystem::COS, "a", "1", None, Some(("a", Some("2-r1")))),
                Some(distro("cos", "113")),
                "pkg:generic/cos/a@1?arch=amd64&distro=cos-113&upstream=a@2-r1",
            ),
            (
                package(Ecosystem::SNAP, "core", "16-2", None, None),
                Some(distro("ubuntu", "24.04")),
                "pkg:generic/snap/core@16-2?arch=amd64",
            ),
            (
                package(Ecosystem::RPM, "acpid", "2.0-1", None, None),
                Some(distro("bottlerocket", "1.20.0")),
                "pkg:rpm/bottlerocket/acpid@2.0-1?arch=amd64&distro=bottlerocket-1.20.0",
            ),
            (
                package(Ecosystem::BITNAMI, "Redis", "7.4.1-0", None, None),
                Some(distro("debian", "12")),
                "pkg:bitnami/redis@7.4.1-0?arch=amd64&distro=debian-12",
            ),
            (
                package(Ecosystem::RPM, "a", "1", None, None),
                Some(distro("ours", "1")),
                "pkg:rpm/ours/a@1?arch=amd64&distro=ours-1",
            ),
            (
                package(Ecosystem::ALPM, "libfoo", "1:2-3", Some(1), Some(("foo", Some("1:2-3")))),
                Some(Distro { id: "manjaro".into(), ..Distro::default() }),
                "pkg:alpm/manjaro/libfoo@1:2-3?arch=amd64&distro=manjaro&upstream=foo",
            ),
            (
                package(Ecosystem::APK, "R-Base", "1-r0", None, None),
                Some(distro("Alpine", "3.20")),
                "pkg:apk/alpine/r-base@1-r0?arch=amd64&distro=Alpine-3.20",
            ),
            (
                package(Ecosystem::RPM, "ImageMagick", "1-1", None, None),
                Some(distro("openEuler", "24.03")),
                "pkg:rpm/openeuler/ImageMagick@1-1?arch=amd64&distro=openEuler-24.03",
            ),
            (
                package(Ecosystem::DEB, "Agent", "1", None, None),
                Some(distro("Deepin", "20")),
                "pkg:deb/deepin/agent@1?arch=amd64&distro=Deepin-20",
            ),
            (
                package(Ecosystem::ALPM, "A", "1-1", None, None),
                None,
                "pkg:alpm/arch/a@1-1?arch=amd64",
            ),
        ] {
            assert_eq!(
                purl(&package, distro.as_ref()).replace("%40", "@").replace("%3A", ":"),
                expected
            );
        }
    }
}
