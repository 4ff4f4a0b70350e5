//! `etc/alpine-release`: the version of an Alpine Linux, and nothing else.
//!
//! ```text
//! 3.18.4
//! ```

use cutaway_analyze::{Analyzer, AnalyzerId, Distro, File, Findings, Interest, Outcome};

use crate::line::{lines, without_mark};
use crate::reporter::Reporter;

/// The reader of `etc/alpine-release`.
#[derive(Debug)]
pub(crate) struct AlpineRelease;

impl Analyzer for AlpineRelease {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("alpine-release", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().files(["etc/alpine-release"])
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        let mut reporter = Reporter::new(findings);
        match first_line(file.start()) {
            Some(version) => {
                reporter.findings().set_distro(Distro {
                    id: "alpine".to_owned(),
                    version_id: Some(version),
                    stated: true,
                    ..Distro::default()
                });
            }
            None => reporter
                .warning("release-file-unreadable", "the file has no version in its first line"),
        }
        reporter.finish();
        Outcome::Done
    }
}

/// Returns the first line of a release file without blanks around it, if it has one of sane length.
pub(crate) fn first_line(content: &[u8]) -> Option<String> {
    let content = without_mark(content);
    let line = lines(content).next()?;
    // No release file has a first line of more than a few dozen characters.
    let text = line.text.trim_ascii();
    if text.is_empty() || text.len() > 1024 {
        return None;
    }
    Some(String::from_utf8_lossy(text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::first_line;

    #[test]
    fn first_lines() {
        let table: &[(&[u8], Option<&str>)] = &[
            (b"3.18.4\n", Some("3.18.4")),
            (b"3.18.4", Some("3.18.4")),
            (b"\xef\xbb\xbf 3.18.4\r\nmore", Some("3.18.4")),
            (b"", None),
            (b"\n3.18", None),
            (&[b'x'; 2000], None),
        ];
        for (content, expected) in table {
            assert_eq!(first_line(content).as_deref(), *expected, "{}", content.escape_ascii());
        }
    }
}
