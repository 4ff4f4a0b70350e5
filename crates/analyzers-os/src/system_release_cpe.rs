//! `etc/system-release-cpe`: the distribution as a CPE name, in the family of Red Hat.
//!
//! ```text
//! cpe:/o:centos:linux:6:GA
//! ```
//!
//! Format: NISTIR 7695, as a URI (`cpe:/`) or as a formatted string (`cpe:2.3:`).

use cutaway_analyze::{
    Analyzer, AnalyzerId, Distro, File, Findings, Interest, KnownDistro, Outcome,
};

use crate::alpine_release::first_line;
use crate::reporter::{Reporter, quote};

/// The reader of `etc/system-release-cpe`.
#[derive(Debug)]
pub(crate) struct SystemReleaseCpe;

impl Analyzer for SystemReleaseCpe {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("system-release-cpe", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().files(["etc/system-release-cpe"])
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        let mut reporter = Reporter::new(findings);
        let line = first_line(file.start()).unwrap_or_default();
        match distro(&line) {
            Some(distro) => reporter.findings().set_distro(distro),
            None => reporter.warning(
                "release-file-unreadable",
                format_args!("{} is no CPE name of an operating system", quote(line.as_bytes())),
            ),
        }
        reporter.finish();
        Outcome::Done
    }
}

fn distro(line: &str) -> Option<Distro> {
    let rest = line.strip_prefix("cpe:/").or_else(|| line.strip_prefix("cpe:2.3:"))?;
    let mut parts = rest.split(':');
    let (part, vendor, _product, version) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next());
    if part != "o" || vendor.is_empty() {
        return None;
    }
    // A vendor is no ID: one that is not known may be called otherwise in os-release.
    let known = KnownDistro::of_vendor(vendor);
    let version_id = version.filter(|version| !matches!(*version, "" | "*" | "-"));
    Some(Distro {
        id: known.map_or(vendor, |known| known.id).to_owned(),
        stated: known.is_some(),
        version_id: version_id.map(str::to_owned),
        cpe: Some(line.to_owned()),
        ..Distro::default()
    })
}

#[cfg(test)]
mod tests {
    use super::distro;

    #[test]
    fn names() {
        for (line, expected) in [
            ("cpe:/o:centos:linux:6:GA", Some(("centos", Some("6")))),
            ("cpe:/o:redhat:enterprise_linux:7.6:GA:server", Some(("rhel", Some("7.6")))),
            ("cpe:2.3:o:amazon:amazon_linux:2", Some(("amzn", Some("2")))),
            ("cpe:/o:fedoraproject:fedora:34", Some(("fedora", Some("34")))),
            ("cpe:/o:oracle:linux", Some(("ol", None))),
            ("cpe:/a:centos:linux:6", None),
            ("cpe:/o:", None),
            ("CentOS", None),
        ] {
            let found = distro(line);
            let found =
                found.as_ref().map(|distro| (distro.id.as_str(), distro.version_id.as_deref()));
            assert_eq!(found, expected, "{line}");
        }
    }
}
