//! Release files whose first line is a title: `NAME release VERSION (CODENAME)`.
//!
//! ```text
//! CentOS Linux release 7.6.1810 (Core)
//! ```
//!
//! A distribution of Red Hat's family ships its own file and, for old programs, `redhat-release`,
//! often as a link; so the specific files rank first. Photon's title has no word `release`. A title is
//! no ID: derivatives keep another one's, so it contradicts no file that states an ID.

use cutaway_analyze::{
    Analyzer, AnalyzerId, Distro, File, Findings, Interest, KnownDistro, Outcome,
};

use crate::alpine_release::first_line;
use crate::reporter::{Reporter, quote};

/// The reader of `etc/NAME-release`.
#[derive(Debug)]
pub(crate) struct NamedRelease;

impl Analyzer for NamedRelease {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("named-release", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().files([
            "etc/oracle-release",
            "etc/rocky-release",
            "etc/almalinux-release",
            "etc/centos-release",
            "etc/fedora-release",
            "usr/lib/fedora-release",
            "etc/photon-release",
            "etc/system-release",
            "usr/lib/system-release",
            "etc/redhat-release",
        ])
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        let mut reporter = Reporter::new(findings);
        let title = first_line(file.start()).unwrap_or_default();
        match distro(&title) {
            Some(distro) => reporter.findings().set_distro(distro),
            None => reporter.warning(
                "release-file-unreadable",
                format_args!("{} names no distribution and version", quote(title.as_bytes())),
            ),
        }
        reporter.finish();
        Outcome::Done
    }
}

fn distro(title: &str) -> Option<Distro> {
    let (name, rest) = match title.split_once(" release ") {
        Some(parts) => parts,
        // `VMware Photon OS 4.0`
        None => title
            .rsplit_once(' ')
            .filter(|(_, version)| version.starts_with(|it: char| it.is_ascii_digit()))?,
    };
    let version = rest.split_ascii_whitespace().next().map(str::to_owned);
    let codename = rest
        .split_once('(')
        .and_then(|(_, rest)| rest.split_once(')'))
        .map(|(codename, _)| codename);
    Some(Distro {
        id: id(name)?,
        version_id: version.filter(|version| version.starts_with(|it: char| it.is_ascii_digit())),
        codename: codename.filter(|codename| !codename.is_empty()).map(str::to_owned),
        pretty_name: Some(title.to_owned()),
        ..Distro::default()
    })
}

/// Returns the ID of the distribution that has this title. One that is not known keeps its words, with no
/// blanks between them, as IDs have none.
pub(crate) fn id(name: &str) -> Option<String> {
    let words = || name.trim().to_ascii_lowercase().replace(' ', "-");
    let id = KnownDistro::of_title(name).map_or_else(words, |known| known.id.to_owned());
    (!id.is_empty()).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::distro;

    #[test]
    fn titles() {
        for (title, expected) in [
            (
                "CentOS Linux release 7.6.1810 (Core)",
                Some(("centos", Some("7.6.1810"), Some("Core"))),
            ),
            ("CentOS Stream release 8", Some(("centos", Some("8"), None))),
            (
                "AlmaLinux release 8.4 (Electric Cheetah)",
                Some(("almalinux", Some("8.4"), Some("Electric Cheetah"))),
            ),
            ("Oracle Linux Server release 7.6", Some(("ol", Some("7.6"), None))),
            (
                "Red Hat Enterprise Linux Server release 7.9 (Maipo)",
                Some(("rhel", Some("7.9"), Some("Maipo"))),
            ),
            ("Red Hat Linux release 6.2 (Zoot)", Some(("rhel", Some("6.2"), Some("Zoot")))),
            (
                "Rocky Linux release 8.4 (Green Obsidian)",
                Some(("rocky", Some("8.4"), Some("Green Obsidian"))),
            ),
            ("Fedora release 34 (Thirty Four)", Some(("fedora", Some("34"), Some("Thirty Four")))),
            ("Fedora release Rawhide (Rawhide)", Some(("fedora", None, Some("Rawhide")))),
            ("Amazon Linux AMI release 2018.03", Some(("amzn", Some("2018.03"), None))),
            ("Amazon Linux release 2 (Karoo)", Some(("amzn", Some("2"), Some("Karoo")))),
            ("VMware Photon OS 4.0", Some(("photon", Some("4.0"), None))),
            ("VMware Photon Linux 1.0", Some(("photon", Some("1.0"), None))),
            ("Some New OS release 1 ()", Some(("some-new-os", Some("1"), None))),
            (" release 8", None),
            ("Fedora", None),
            ("", None),
        ] {
            let found = distro(title);
            let found = found.as_ref().map(|distro| {
                (distro.id.as_str(), distro.version_id.as_deref(), distro.codename.as_deref())
            });
            assert_eq!(found, expected, "{title}");
        }
    }
}
