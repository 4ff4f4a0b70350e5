//! Which ecosystems of a database are those of a distribution's release.

use cutaway_report::DistroReport;
use cutaway_version::Family;

use crate::Ecosystem;
use crate::db::Database;

/// A release, and what a database has for it.
#[derive(Debug)]
pub(super) struct Release {
    /// What people call it; nothing where no distribution is known.
    name: Option<String>,
    parts: Vec<Part>,
    /// All ecosystems that the database has, those of languages among them.
    all: Vec<Ecosystem>,
}

/// An ecosystem of a release.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) ecosystem: Ecosystem,
    /// The line of updates that it belongs to: what one line has fixed is fixed for whoever follows it.
    pub(super) line: Line,
}

/// A line of updates.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Line {
    /// The release's own.
    Main,
    /// Rebuilds of its packages by somebody else (Root).
    Rebuilt,
    /// Ubuntu's, for those who pay.
    Pro,
    /// Red Hat's, of a minor release such as `9.4`: a product, and the release.
    Minor(String, String),
}

/// Red Hat's products whose lines are of minor releases.
const MINOR: &[&str] = &["rhel_eus", "rhel_aus", "rhel_e4s", "rhel_tus", "rhel_eus_long_life"];

impl Release {
    /// Finds what a database has for a distribution.
    pub(super) fn of(distro: Option<&DistroReport>, database: &Database) -> Self {
        let sources = database.sources();
        let all: Vec<Ecosystem> =
            sources.filter_map(|(source, _)| Ecosystem::parse(&source.ecosystem)).collect();
        let Some(distro) = distro else { return Self { name: None, parts: Vec::new(), all } };
        let version = distro.version_id.as_deref();
        let name = match version {
            Some(version) => format!("{} {version}", distro.id),
            None => distro.id.clone(),
        };
        let mut parts: Vec<Part> = Vec::new();
        let exact = exact(distro, version.unwrap_or_default());
        for ecosystem in &all {
            let text = ecosystem.as_str();
            let line = match exact.iter().find(|(known, _)| known == text) {
                Some((_, line)) => Some(line.clone()),
                None => by_pattern(distro, version.unwrap_or_default(), text),
            };
            parts.extend(line.map(|line| Part { ecosystem: ecosystem.clone(), line }));
        }
        Self { name: Some(name), parts, all }
    }

    /// Returns the ecosystems of a language: by the name that all of them have, and rebuilds where they count.
    pub(super) fn of_language(&self, base: &str, rebuilt: bool) -> Vec<Ecosystem> {
        let is_of = |it: &&Ecosystem| {
            it.base() == base || (rebuilt && it.as_str().strip_prefix("Root:") == Some(base))
        };
        self.all.iter().filter(is_of).cloned().collect()
    }

    /// Returns the ecosystems for packages whose versions are ordered so.
    pub(super) fn parts(&self, family: Family) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(move |part| part.ecosystem.family() == family)
    }

    /// Says that there is no source for packages of a kind.
    pub(super) fn lacking(&self, kind: &str) -> String {
        match &self.name {
            Some(name) => format!("the database has no advisories for {kind} packages of {name}"),
            None => format!("no distribution is known, so {kind} packages have no advisories"),
        }
    }
}

/// Returns the ecosystems that a distribution is called by.
fn exact(distro: &DistroReport, version: &str) -> Vec<(String, Line)> {
    let main = |text: String| vec![(text, Line::Main)];
    let major = version.split('.').next().unwrap_or_default();
    let two: Vec<&str> = version.split('.').take(2).collect();
    let two = two.join(".");
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    let with = |name: &str| {
        if version.is_empty() { Vec::new() } else { main(format!("{name}:{version}")) }
    };
    match distro.id.to_ascii_lowercase().as_str() {
        "debian" if is_number(major) => main(format!("Debian:{major}")),
        "ubuntu" => ubuntu(&two),
        "alpine" if version.split('.').all(is_number) => main(format!("Alpine:v{two}")),
        "alpaquita" => with("Alpaquita"),
        "bellsoft-hardened-containers" => with("BellSoft Hardened Containers"),
        "wolfi" => main("Wolfi".into()),
        "chainguard" => main("Chainguard".into()),
        "minimos" => main("MinimOS".into()),
        "echo" => main("Echo".into()),
        "almalinux" | "alma" if is_number(major) => main(format!("AlmaLinux:{major}")),
        "rocky" if is_number(major) => main(format!("Rocky Linux:{major}")),
        "opensuse-leap" | "opensuse.leap" => {
            let leap = format!("openSUSE:Leap {version}");
            vec![(format!("{leap} NonFree"), Line::Main), (leap, Line::Main)]
        }
        "opensuse-tumbleweed" | "opensuse.tumbleweed" => main("openSUSE:Tumbleweed".into()),
        "opensuse-leap-micro" => main(format!("openSUSE:Leap Micro {version}")),
        "openeuler" => main(format!("openEuler:{}", open_euler(distro, version))),
        "mageia" => with("Mageia"),
        "photon" => with("Photon OS"),
        "azurelinux" if is_number(major) => main(format!("Azure Linux:{major}")),
        _ => Vec::new(),
    }
}

/// Ubuntu calls every second April's release one of long support, and has a line of its own for it.
fn ubuntu(version: &str) -> Vec<(String, Line)> {
    let year = version.strip_suffix(".04").and_then(|year| year.parse::<u32>().ok());
    let is_long = year.is_some_and(|year| year.is_multiple_of(2));
    if version.is_empty() {
        return Vec::new();
    }
    if !is_long {
        return vec![(format!("Ubuntu:{version}"), Line::Main)];
    }
    let pro = format!("Ubuntu:Pro:{version}:LTS");
    vec![(format!("Ubuntu:{version}:LTS"), Line::Main), (pro, Line::Pro)]
}

/// `24.03 (LTS-SP1)` in the title is `24.03-LTS-SP1`.
fn open_euler(distro: &DistroReport, version: &str) -> String {
    let title = distro.pretty_name.as_deref().unwrap_or_default();
    let inner = title.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
    inner.map_or_else(|| version.to_owned(), |(inner, _)| format!("{version}-{inner}"))
}

/// Finds the ecosystems of which a release has any number.
fn by_pattern(distro: &DistroReport, version: &str, ecosystem: &str) -> Option<Line> {
    let (base, rest) = ecosystem.split_once(':')?;
    let title = distro.pretty_name.as_deref().unwrap_or_default();
    match (base, distro.id.to_ascii_lowercase().as_str()) {
        ("Red Hat", "rhel" | "redhat") => red_hat(version, rest),
        // Its stream is ahead of what notices are about.
        ("Red Hat", "centos") if !title.contains("Stream") => red_hat(version, rest),
        ("Root", id) => root(id, version, rest).then_some(Line::Rebuilt),
        ("SUSE", "sles" | "sled" | "sles_sap" | "sle_hpc" | "sle-hpc") => {
            suse(version, rest).then_some(Line::Main)
        }
        _ => None,
    }
}

/// `enterprise_linux:9::baseos` is of every 9; `rhel_eus:9.4::baseos` is a line of 9.4.
fn red_hat(version: &str, rest: &str) -> Option<Line> {
    let major = version.split('.').next().filter(|major| !major.is_empty())?;
    let mut fields = rest.split(':');
    let (product, release) = (fields.next()?, fields.next().unwrap_or_default());
    if release.split('.').next() != Some(major) {
        return None;
    }
    match product {
        "enterprise_linux" => Some(Line::Main),
        minor if MINOR.contains(&minor) => Some(Line::Minor(minor.to_owned(), release.to_owned())),
        _ => None,
    }
}

/// `Alpine:3.18` is of every 3.18; `Debian:12` of every 12.
fn root(id: &str, version: &str, rest: &str) -> bool {
    let (name, release) = rest.split_once(':').unwrap_or((rest, ""));
    let release = release.trim_start_matches('v').trim_end_matches(":LTS");
    let behind = version.strip_prefix(release);
    !release.is_empty()
        && name.eq_ignore_ascii_case(id)
        && behind.is_some_and(|it| it.is_empty() || it.starts_with('.'))
}

/// Base packages stand in modules, and every product of a service pack may have some.
fn suse(version: &str, product: &str) -> bool {
    let (major, pack) = version.split_once('.').unwrap_or((version, ""));
    let words = match pack {
        "" | "0" => major.to_owned(),
        pack => format!("{major} SP{pack}"),
    };
    let name = ["-LTSS", "-ESPOS"].iter().find_map(|end| product.strip_suffix(end));
    let name = name.unwrap_or(product);
    let behind = name.strip_suffix(words.as_str());
    !major.is_empty() && behind.is_some_and(|it| it.ends_with(' ')) && !product.contains("Micro")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distro(id: &str, version: &str, title: &str) -> DistroReport {
        let version = Some(version.into()).filter(|it: &String| !it.is_empty());
        DistroReport { pretty_name: Some(title.into()), ..DistroReport::named(id, version) }
    }

    #[test]
    fn releases() {
        for (id, version, title, expected) in [
            ("debian", "12", "", &["Debian:12"][..]),
            ("debian", "12.5", "", &["Debian:12"]),
            ("debian", "", "Debian GNU/Linux trixie/sid", &[]),
            ("ubuntu", "24.04", "", &["Ubuntu:24.04:LTS", "Ubuntu:Pro:24.04:LTS"]),
            ("ubuntu", "25.04", "", &["Ubuntu:25.04"]),
            ("ubuntu", "25.10", "", &["Ubuntu:25.10"]),
            ("alpine", "3.20.3", "", &["Alpine:v3.20"]),
            ("alpine", "3.21_alpha20240807", "", &[]),
            ("wolfi", "20230201", "", &["Wolfi"]),
            ("rocky", "9.3", "", &["Rocky Linux:9"]),
            ("openEuler", "24.03", "openEuler 24.03 (LTS-SP1)", &["openEuler:24.03-LTS-SP1"]),
            ("openEuler", "22.03", "openEuler 22.03", &["openEuler:22.03"]),
            ("photon", "5.0", "", &["Photon OS:5.0"]),
            ("azurelinux", "3.0", "", &["Azure Linux:3"]),
            ("amzn", "2023", "", &[]),
            ("fedora", "40", "", &[]),
        ] {
            let found = exact(&distro(id, version, title), version);
            let found: Vec<&str> = found.iter().map(|(text, _)| text.as_str()).collect();
            assert_eq!(found, expected, "{id} {version}");
        }
    }

    #[test]
    fn products() {
        let eus = Line::Minor("rhel_eus".into(), "9.4".into());
        for (id, version, title, ecosystem, expected) in [
            ("rhel", "9.4", "", "Red Hat:enterprise_linux:9::baseos", Some(Line::Main)),
            ("rhel", "9.4", "", "Red Hat:rhel_eus:9.4::baseos", Some(eus)),
            ("rhel", "9.4", "", "Red Hat:enterprise_linux:8::baseos", None),
            ("rhel", "9.4", "", "Red Hat:satellite:6.9::el9", None),
            ("rhel", "9.4", "", "Red Hat:openshift:4.9::el9", None),
            ("centos", "8", "CentOS Linux 8", "Red Hat:enterprise_linux:8::crb", Some(Line::Main)),
            ("centos", "9", "CentOS Stream 9", "Red Hat:enterprise_linux:9::crb", None),
            ("alpine", "3.18.4", "", "Root:Alpine:3.18", Some(Line::Rebuilt)),
            ("alpine", "3.1.4", "", "Root:Alpine:3.18", None),
            ("ubuntu", "22.04", "", "Root:Ubuntu:22.04", Some(Line::Rebuilt)),
            ("debian", "12", "", "Root:Ubuntu:12", None),
            ("almalinux", "9.4", "", "Red Hat:enterprise_linux:9::baseos", None),
            (
                "sles",
                "15.6",
                "",
                "SUSE:Linux Enterprise Module for Basesystem 15 SP6",
                Some(Line::Main),
            ),
            ("sles", "15.6", "", "SUSE:Linux Enterprise Server 15 SP6-LTSS", Some(Line::Main)),
            ("sles", "15.6", "", "SUSE:Linux Enterprise Server 15 SP5", None),
            ("sles", "15.6", "", "SUSE:Linux Enterprise Micro 15 SP6", None),
            ("sles", "15", "", "SUSE:Linux Enterprise Server 15 SP6", None),
            ("sles", "15", "", "SUSE:Linux Enterprise Server 15", Some(Line::Main)),
        ] {
            assert_eq!(
                by_pattern(&distro(id, version, title), version, ecosystem),
                expected,
                "{id} {ecosystem}"
            );
        }
    }
}
