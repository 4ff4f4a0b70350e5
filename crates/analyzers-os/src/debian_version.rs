//! `etc/debian_version`: the point release of a Debian, or its code name before the release.
//!
//! ```text
//! 10.9
//! ```
//!
//! Derivatives ship it too (Ubuntu with Debian's code name), so it ranks below every other file.

use cutaway_analyze::{Analyzer, Distro, Findings, Input, Location};

use crate::alpine_release::first_line;
use crate::reporter::Reporter;

/// The reader of `etc/debian_version`.
#[derive(Debug)]
pub(crate) struct DebianVersion;

impl Analyzer for DebianVersion {
    fn name(&self) -> &'static str {
        "debian-version"
    }

    fn version(&self) -> u32 {
        1
    }

    fn locations(&self) -> &'static [Location] {
        &[Location::File("etc/debian_version")]
    }

    fn analyze(&self, input: &Input<'_>, findings: &mut Findings) {
        let mut reporter = Reporter::new(findings);
        match first_line(input.content) {
            Some(line) => reporter.findings().distro = Some(distro(line)),
            None => reporter
                .warning("release-file-unreadable", "the file has no version in its first line"),
        }
        reporter.finish();
    }
}

fn distro(line: String) -> Distro {
    let mut distro = Distro { id: "debian".to_owned(), ..Distro::default() };
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
