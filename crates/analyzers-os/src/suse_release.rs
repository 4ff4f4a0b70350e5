//! `etc/SuSE-release`: what SUSE's distributions said before os-release.
//!
//! ```text
//! SUSE Linux Enterprise Server 11 (x86_64)
//! VERSION = 11
//! PATCHLEVEL = 4
//! ```

use cutaway_analyze::{Analyzer, AnalyzerId, Distro, File, Findings, Interest, Outcome};

use crate::alpine_release::first_line;
use crate::line::lines;
use crate::reporter::Reporter;

/// The reader of `etc/SuSE-release`.
#[derive(Debug)]
pub(crate) struct SuseRelease;

impl Analyzer for SuseRelease {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("suse-release", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().files(["etc/SuSE-release"])
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        let mut reporter = Reporter::new(findings);
        match distro(file.start()) {
            Some(distro) => reporter.findings().set_distro(distro),
            None => reporter
                .warning("release-file-unreadable", "the first line names no SUSE distribution"),
        }
        reporter.finish();
        Outcome::Done
    }
}

fn distro(content: &[u8]) -> Option<Distro> {
    let title = first_line(content)?;
    let lower = title.to_ascii_lowercase();
    let id = match () {
        () if lower.starts_with("opensuse") => "opensuse",
        () if lower.starts_with("suse linux enterprise desktop") => "sled",
        () if lower.starts_with("suse linux enterprise") => "sles",
        () if lower.starts_with("suse") => "suse",
        () => return None,
    };
    let version = value(content, "VERSION");
    // The minor number of an enterprise release is its service pack, as in its later VERSION_ID.
    let pack = value(content, "PATCHLEVEL").filter(|pack| pack != "0");
    let version_id = match (version, pack) {
        (Some(version), Some(pack)) => Some(format!("{version}.{pack}")),
        (version, _) => version,
    };
    Some(Distro {
        id: id.to_owned(),
        version_id,
        codename: value(content, "CODENAME"),
        pretty_name: Some(title),
        ..Distro::default()
    })
}

fn value(content: &[u8], key: &str) -> Option<String> {
    // The file has four lines; a longer one is none of SUSE's.
    lines(content).take(16).find_map(|line| {
        let text = std::str::from_utf8(line.text.get(..1024).unwrap_or(line.text)).ok()?;
        let (found, value) = text.split_once('=')?;
        let value = value.trim();
        (found.trim() == key && !value.is_empty()).then(|| value.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::distro;

    #[test]
    fn releases() {
        for (content, id, version, codename) in [
            (
                "SUSE Linux Enterprise Server 11 (x86_64)\nVERSION = 11\nPATCHLEVEL = 4\n",
                "sles",
                Some("11.4"),
                None,
            ),
            (
                "SUSE Linux Enterprise Server 12 (x86_64)\nVERSION = 12\nPATCHLEVEL = 0\n",
                "sles",
                Some("12"),
                None,
            ),
            (
                "openSUSE 13.2 (x86_64)\nVERSION = 13.2\nCODENAME = Harlequin",
                "opensuse",
                Some("13.2"),
                Some("Harlequin"),
            ),
            ("SUSE LINUX 10.0 (i586)\n", "suse", None, None),
        ] {
            let found = distro(content.as_bytes()).unwrap();
            assert_eq!(
                (found.id.as_str(), found.version_id.as_deref(), found.codename.as_deref()),
                (id, version, codename)
            );
        }
        assert_eq!(distro(b"Slackware 15\n"), None);
    }
}
