//! `etc/apk/repositories`: where apk gets its packages from, which tells the distribution of an image
//! that has no other word of it.
//!
//! ```text
//! https://dl-cdn.alpinelinux.org/alpine/v3.18/main
//! @testing https://dl-cdn.alpinelinux.org/alpine/edge/testing
//! ```
//!
//! A line is an address or a path, after a tag (`@testing`: only packages that ask for it come from
//! there) or, in apk-tools 3, after a form (`v3`), which has components behind the address. Nothing of an
//! address is repeated in a diagnostic, since it may hold a password. Format: apk-repositories(5).

use std::collections::BTreeSet;

use cutaway_analyze::{Analyzer, AnalyzerId, Distro, File, Findings, Interest, Outcome, Place};

use crate::line::{Line, lines, without_mark};
use crate::reporter::Reporter;

/// The reader of apk's repositories.
#[derive(Debug)]
pub(crate) struct ApkRepositories;

impl Analyzer for ApkRepositories {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("apk-repositories", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default()
            .files(["etc/apk/repositories"])
            .at(Place::ending_in("etc/apk/repositories.d", ".list"))
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        let mut reporter = Reporter::new(findings);
        let content = without_mark(file.start());
        let mut told = Told::default();
        lines(content).filter_map(Repository::parse).for_each(|line| told.add(line));
        if let Some(distro) = told.distro(&mut reporter) {
            reporter.findings().set_distro(distro);
        }
        reporter.finish();
        Outcome::Done
    }
}

/// What the address of a repository tells.
#[derive(Debug, PartialEq, Eq)]
struct Repository {
    /// Whether only packages that ask for it come from there.
    tagged: bool,
    /// The ID of the distribution.
    id: &'static str,
    release: Option<Release>,
}

/// A release; the one that apk prefers is the greatest, since its packages are the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Release {
    Numbered(u32, u32),
    /// What is going to be the next one.
    Edge,
}

/// What all repositories of a file tell.
#[derive(Debug, Default)]
struct Told {
    of_all: Distros,
    of_tagged: Distros,
}

/// Distributions, and of each the greatest release.
#[derive(Debug, Default)]
struct Distros(Vec<(&'static str, Option<Release>, bool)>);

impl Told {
    fn add(&mut self, line: Repository) {
        if line.tagged {
            // A tag does not say which release the other packages are of.
            self.of_tagged.add(line.id, None);
        } else {
            self.of_all.add(line.id, line.release);
        }
    }

    /// Returns the distribution. Of one and what it was made of, as of postmarketOS and Alpine, it is the
    /// former; of two that have nothing in common, none.
    fn distro(self, reporter: &mut Reporter<'_>) -> Option<Distro> {
        let found = if self.of_all.0.is_empty() { self.of_tagged.0 } else { self.of_all.0 };
        let distro = |id: &str| Distro { id: id.to_owned(), ..Distro::default() };
        let is_all = |id: &str| found.iter().all(|(other, ..)| distro(id).is_like(other));
        let Some(&(id, release, several)) = found.iter().find(|(id, ..)| is_all(id)) else {
            if !found.is_empty() {
                let names: BTreeSet<&str> = found.iter().map(|(id, ..)| *id).collect();
                let names = names.into_iter().collect::<Vec<_>>().join(", ");
                reporter.warning(
                    "repositories-disagree",
                    format_args!("the repositories are those of several distributions: {names}"),
                );
            }
            return None;
        };
        if let (Some(release), true) = (release, several) {
            reporter.warning(
                "repositories-disagree",
                format_args!(
                    "the repositories are those of several releases: {}, which is taken, and older ones",
                    release.version_id(id)
                ),
            );
        }
        Some(Distro { version_id: release.map(|it| it.version_id(id)), ..distro(id) })
    }
}

impl Distros {
    fn add(&mut self, id: &'static str, release: Option<Release>) {
        match self.0.iter_mut().find(|(known, ..)| *known == id) {
            Some((_, known, several)) => {
                *several |= known.is_some() && release.is_some() && *known != release;
                *known = (*known).max(release);
            }
            None => self.0.push((id, release, false)),
        }
    }
}

impl Repository {
    fn parse(line: Line<'_>) -> Option<Self> {
        // No address is as long as this.
        let text = std::str::from_utf8(line.text).ok().filter(|text| text.len() <= 4096)?;
        let text = text.trim().to_ascii_lowercase();
        let mut words = text.split_ascii_whitespace().peekable();
        let tagged = words.next_if(|word| word.starts_with('@')).is_some();
        words.next_if(|word| matches!(*word, "ndx" | "v2" | "v3"));
        let address = words.next().filter(|word| !word.starts_with('#') && word.contains('/'))?;
        let (host, path) = match address.split_once("://") {
            Some((_, rest)) => rest.split_once('/')?,
            None => ("", address),
        };
        let host = host.rsplit('@').next().unwrap_or_default();
        let parts: Vec<&str> = path.split('/').filter(|it| !it.is_empty()).chain(words).collect();
        let (id, release) = of_parts(host, &parts)?;
        Some(Self { tagged, id, release })
    }
}

/// Hosts of repositories, and names in them, that are one distribution's; Alpine's is last, since
/// others serve it beside their own.
const NAMES: &[(&str, &str)] = &[
    ("wolfi", "wolfi"),
    ("chainguard", "chainguard"),
    ("cgr.dev", "chainguard"),
    ("postmarketos", "postmarketos"),
    ("adelie", "adelie"),
    ("openwrt", "openwrt"),
    ("alpine", "alpine"),
];

fn of_parts(host: &str, parts: &[&str]) -> Option<(&'static str, Option<Release>)> {
    let of_text = |text: &str| NAMES.iter().find(|(part, _)| text.contains(part));
    // What the path says is nearer to the repository than its host: a mirror may have several.
    let in_path = parts.iter().find_map(|part| of_text(part));
    let releases = || parts.iter().enumerate().rev();
    let found = match in_path.or_else(|| of_text(host)) {
        Some((_, "alpine")) => {
            let plain = |at: usize| {
                let before = at.checked_sub(1).and_then(|at| parts.get(at));
                before.is_some_and(|part| part.contains("alpine"))
            };
            let release = releases().find_map(|(at, part)| alpine_release(part, plain(at)));
            ("alpine", release)
        }
        Some((_, "postmarketos")) => {
            let is_edge = parts.iter().any(|part| matches!(*part, "master" | "edge"));
            let numbered = releases().find_map(|(_, part)| alpine_release(part, false));
            ("postmarketos", numbered.or(is_edge.then_some(Release::Edge)))
        }
        Some((_, id)) => (*id, None),
        // `https://mirror.example/v3.18/main`: what Alpine's own mirrors have below their root.
        None => {
            let is_main = |at: usize| {
                let next = at.checked_add(1).and_then(|at| parts.get(at));
                next.is_some_and(|part| matches!(*part, "main" | "community"))
            };
            let mut own = releases().filter(|(at, _)| is_main(*at));
            let release = own.find_map(|(_, part)| alpine_release(part, false));
            ("alpine", Some(release.filter(|it| matches!(it, Release::Numbered(3, _)))?))
        }
    };
    Some(found)
}

/// Reads `v3.18`, or `3.18` where it may be `plain`, or `edge`.
fn alpine_release(part: &str, plain: bool) -> Option<Release> {
    if part == "edge" {
        return Some(Release::Edge);
    }
    let number = part.strip_prefix('v').or(plain.then_some(part))?;
    let (major, minor) = number.split_once('.')?;
    let parse = |text: &str| {
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
    };
    Some(Release::Numbered(parse(major)?, parse(minor)?))
}

impl Release {
    /// Returns the `VERSION_ID` that the release has in os-release.
    fn version_id(self, id: &str) -> String {
        match self {
            Self::Numbered(year, month) if id == "postmarketos" => format!("v{year}.{month:02}"),
            Self::Numbered(major, minor) => format!("{major}.{minor}"),
            Self::Edge => "edge".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use cutaway_layerfs::EntryPath;

    use super::*;

    /// `id version` of what a file tells, and the codes of its diagnostics.
    fn read(content: &str) -> (String, Vec<String>) {
        let path = EntryPath::clean(b"etc/apk/repositories").unwrap();
        let mut findings = Findings::default();
        let _ = ApkRepositories.analyze(&File::new(&path, content.as_bytes()), &mut findings);
        let distro = findings.distro().map(|it| {
            assert!(!it.stated);
            [it.id.as_str(), it.version_id.as_deref().unwrap_or("-")].join(" ")
        });
        let messages = findings.diagnostics().iter().map(|it| it.message.clone());
        (distro.unwrap_or_default(), messages.collect())
    }

    #[test]
    fn one_line() {
        for (line, expected) in [
            ("https://dl-cdn.alpinelinux.org/alpine/v3.18/main", "alpine 3.18"),
            ("http://dl-5.alpinelinux.org/alpine/v3.7/community", "alpine 3.7"),
            ("ftp://mirror.example/pub/alpine/v2.7/main/", "alpine 2.7"),
            ("rsync://mirror.example/alpine//v3.21//main", "alpine 3.21"),
            ("/srv/mirror/alpine/v3.19/main", "alpine 3.19"),
            ("file:///srv/mirror/alpine/v3.19/main", "alpine 3.19"),
            ("HTTPS://DL-CDN.AlpineLinux.org/Alpine/V3.18/Main", "alpine 3.18"),
            ("https://mirrors.example/alpine/edge/main", "alpine edge"),
            ("https://mirrors.example/alpine/latest-stable/main", "alpine -"),
            ("https://u:p@nexus.example/repository/alpine-proxy/v3.18/main", "alpine 3.18"),
            ("https://alpine.mirror.example/v3.18/main", "alpine 3.18"),
            ("https://mirror.example/v3.18/main", "alpine 3.18"),
            ("https://mirror.example:8080/os/v3.18/community", "alpine 3.18"),
            ("https://packages.example/v1.2/stable", ""),
            ("https://packages.example/alpine/3.18/prod", "alpine 3.18"),
            ("https://nginx.example/v1.9/alpine/v3.18/main", "alpine 3.18"),
            ("v3 https://mirror.example/alpine/v3.22 main community", "alpine 3.22"),
            ("@edge v2 http://mirror.example/alpine/edge/main", "alpine -"),
            ("@edge http://mirror.example/alpine/edge/main", "alpine -"),
            ("https://packages.wolfi.dev/os", "wolfi -"),
            ("https://packages.cgr.dev/extras", "chainguard -"),
            ("https://apk.cgr.dev/chainguard", "chainguard -"),
            ("https://mirror.example/postmarketos/v23.06", "postmarketos v23.06"),
            ("https://mirror.postmarketos.org/postmarketos/master", "postmarketos edge"),
            ("https://downloads.openwrt.org/releases/24.10.0/packages/x86_64/base", "openwrt -"),
            ("  \t https://mirror.example/alpine/v3.18/main  # the first one", "alpine 3.18"),
            ("#https://mirror.example/alpine/v3.18/main", ""),
            ("# https://mirror.example/alpine/v3.18/main", ""),
            ("/media/cdrom/apks", ""),
            ("set mirror=https://mirror.example/alpine", ""),
            ("https://", ""),
            ("@", ""),
            ("", ""),
        ] {
            assert_eq!(read(line), (expected.to_owned(), vec![]), "{line}");
            assert_eq!(read(&format!("\u{feff}\r\n{line}\r\n")).0, expected, "{line}");
        }
    }

    #[test]
    fn several_lines() {
        let of = |paths: &[&str]| -> String {
            paths.iter().map(|path| format!("https://mirror.example/{path}\n")).collect()
        };
        let tagged = format!("@x {}{}", of(&["alpine/edge/main"]), of(&["alpine/v3.18/main"]));
        for (content, expected, warning) in [
            (of(&["alpine/v3.18/main", "alpine/v3.18/community"]), "alpine 3.18", None),
            (tagged, "alpine 3.18", None),
            (of(&["alpine/v3.9/main", "alpine/v3.18/community"]), "alpine 3.18", Some("releases")),
            (of(&["alpine/edge/testing", "alpine/v3.18/main"]), "alpine edge", Some("releases")),
            (of(&["alpine/v3.18/main", "alpine/latest-stable/main"]), "alpine 3.18", None),
            (of(&["postmarketos/v23.06", "alpine/v3.18/main"]), "postmarketos v23.06", None),
            (of(&["wolfi/os", "chainguard/extras"]), "chainguard -", None),
            (of(&["wolfi/os", "alpine/v3.18/main"]), "", Some("distributions")),
            (of(&["ours/x", "alpine/v3.18/main"]), "alpine 3.18", None),
        ] {
            let (found, said) = read(&content);
            assert_eq!(found, expected, "{content}");
            assert_eq!(said.len(), usize::from(warning.is_some()), "{content} {said:?}");
            assert!(warning.is_none_or(|it| said[0].contains(it)), "{content} {said:?}");
            assert!(said.iter().all(|it| !it.contains("mirror")), "{said:?}");
        }
    }
}
