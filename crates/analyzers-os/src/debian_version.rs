//! `etc/debian_version`: the point release of a Debian, or its code name before the release.
//!
//! ```text
//! 10.9
//! ```
//!
//! Derivatives ship it too (Ubuntu with Debian's code name), so it ranks below every other file.

use cutaway_analyze::{Analyzer, AnalyzerId, Distro, File, Findings, Interest, Outcome};

use crate::alpine_release::first_line;
use crate::reporter::Reporter;

/// The reader of `etc/debian_version`.
#[derive(Debug)]
pub(crate) struct DebianVersion;

impl Analyzer for DebianVersion {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("debian-version", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().files(["etc/debian_version"])
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        let mut reporter = Reporter::new(findings);
        match first_line(file.start()) {
            Some(line) => reporter.findings().set_distro(distro(line)),
            None => reporter
                .warning("release-file-unreadable", "the file has no version in its first line"),
        }
        reporter.finish();
        Outcome::Done
    }
}

fn distro(line: String) -> Distro {
    let mut distro = Distro { id: "debian".to_owned(), stated: true, ..Distro::default() };
    if line.starts_with(|character: char| character.is_ascii_digit()) {
        distro.version_id = Some(line);
    } else {
        // `bookworm/sid`: what will be bookworm, or unstable; neither has a number yet.
        distro.codename = line.split('/').next().map(str::to_owned);
    }
    distro
}

#[cfg(test)]
mod tests {
    use super::distro;

    #[test]
    fn versions_and_code_names() {
        for (line, version, codename) in [
            ("10.9", Some("10.9"), None),
            ("bookworm/sid", None, Some("bookworm")),
            ("sid", None, Some("sid")),
        ] {
            let found = distro(line.to_owned());
            assert_eq!(
                (found.version_id.as_deref(), found.codename.as_deref()),
                (version, codename),
                "{line}"
            );
        }
    }
}
