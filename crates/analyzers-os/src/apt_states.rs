//! What apt installed because something needed it: `var/lib/apt/extended_states`.
//!
//! ```text
//! Package: libcurl4
//! Architecture: amd64
//! Auto-Installed: 1
//! ```
//!
//! Everything else that is installed counts as asked for, as `apt-mark showmanual` says. A package for all
//! architectures is listed with the one of the system. Format: apt's `pkgDepCache::readStateFile`.

use cutaway_analyze::{
    Analyzer, AnalyzerId, Ecosystem, File, Findings, InstallReason, Interest, NamedReason, Outcome,
    Reasons,
};

use crate::line::{lines, without_mark};
use crate::reporter::Reporter;

/// The reader of apt's states.
#[derive(Debug)]
pub(crate) struct AptStates;

/// One paragraph.
#[derive(Debug, Default)]
struct Paragraph {
    name: Option<String>,
    arch: Option<String>,
    automatic: bool,
}

impl Analyzer for AptStates {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("apt-states", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().files(["var/lib/apt/extended_states"])
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        let mut reporter = Reporter::new(findings);
        let (mut named, mut now) = (Vec::new(), Paragraph::default());
        for line in lines(without_mark(file.start())) {
            if line.is_too_long() {
                reporter.error("line-over-limit", line.too_long());
                continue;
            }
            let text = String::from_utf8_lossy(line.text);
            if text.trim().is_empty() {
                named.extend(std::mem::take(&mut now).reason());
                continue;
            }
            let Some((field, value)) = text.split_once(':').filter(|_| !text.starts_with('#'))
            else {
                continue;
            };
            let value = Some(value.trim()).filter(|value| !value.is_empty());
            if field.eq_ignore_ascii_case("Package") {
                now.name = value.map(str::to_owned);
            } else if field.eq_ignore_ascii_case("Architecture") {
                now.arch = value.map(str::to_owned);
            } else if field.eq_ignore_ascii_case("Auto-Installed") {
                now.automatic =
                    value.and_then(|it| it.parse::<i64>().ok()).is_some_and(|it| it > 0);
            }
            if !line.ended {
                reporter.warning(
                    "apt-states-cut",
                    format_args!("the file ends in line {}, without a newline", line.number),
                );
            }
        }
        named.extend(now.reason());
        reporter.findings().set_reasons(Reasons {
            ecosystem: Ecosystem::DEB,
            others: Some(InstallReason::Explicit),
            named,
        });
        reporter.finish();
        Outcome::Done
    }
}

impl Paragraph {
    fn reason(self) -> Option<NamedReason> {
        Some(NamedReason {
            name: self.name.filter(|_| self.automatic)?,
            arch: self.arch,
            reason: Some(InstallReason::Dependency),
            repository: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package_outline::read;

    #[test]
    fn paragraphs() {
        for (content, expected, codes) in [
            (
                "Package: a\nArchitecture: amd64\nAuto-Installed: 1\n\nPackage: b\nAuto-Installed: 1\n",
                "a:amd64 b",
                0,
            ),
            ("Package: a\nAuto-Installed: 0\n\n\nPackage: b\n\n", "", 0),
            ("Auto-Installed: 1\r\npackage: a\r\n\r\n", "a", 0),
            ("Auto-Installed: 1\n\nPackage: a\n", "", 0),
            ("# Package: a\nno field\nPackage:\nAuto-Installed: 1\n", "", 0),
            ("Package: a\nAuto-Installed: 1", "a", 1),
            ("", "", 0),
        ] {
            let findings = read(&AptStates, "var/lib/apt/extended_states", content.as_bytes());
            let reasons = findings.reasons().unwrap();
            let of = |it: &NamedReason| match &it.arch {
                Some(arch) => format!("{}:{arch}", it.name),
                None => it.name.clone(),
            };
            let names: Vec<String> = reasons.named.iter().map(of).collect();
            assert_eq!(
                (names.join(" "), findings.diagnostics().len()),
                (expected.into(), codes),
                "{content}"
            );
        }
    }
}
