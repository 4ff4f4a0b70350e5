//! `os-release`, where every current distribution says what it is. It lists no packages.
//!
//! ```text
//! ID=alpine
//! VERSION_ID=3.18.4
//! PRETTY_NAME="Alpine Linux v3.18"
//! ```
//!
//! Format: os-release(5).

use cutaway_analyze::{Analyzer, AnalyzerId, Distro, File, Findings, Interest, Outcome};

use crate::assignment;
use crate::reporter::Reporter;

/// How many words of `ID_LIKE` are kept.
const LIKE_MAX: usize = 64;

/// The reader of `os-release`.
#[derive(Debug)]
pub(crate) struct OsRelease;

impl Analyzer for OsRelease {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("os-release", 2)
    }

    fn interest(&self) -> Interest {
        Interest::default().files([
            "etc/os-release",
            "usr/lib/os-release",
            "aarch64-bottlerocket-linux-gnu/sys-root/usr/lib/os-release",
            "x86_64-bottlerocket-linux-gnu/sys-root/usr/lib/os-release",
        ])
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        let mut reporter = Reporter::new(findings);
        let mut distro = Distro::default();
        let mut named = false;
        assignment::read(file.start(), &mut reporter, |key, value| {
            // As in a shell, an empty value is the same as none, and a later assignment wins.
            let optional = Some(value).filter(|value| !value.is_empty());
            match key {
                "ID" => distro.id = optional.unwrap_or_default(),
                "VERSION_ID" => distro.version_id = optional,
                "VERSION_CODENAME" => distro.codename = optional,
                "PRETTY_NAME" => distro.pretty_name = optional,
                "ID_LIKE" => distro.id_like = words(optional.as_deref().unwrap_or_default()),
                "CPE_NAME" => distro.cpe = optional,
                "HOME_URL" => distro.home_url = optional,
                "BUG_REPORT_URL" => distro.bug_report_url = optional,
                "SUPPORT_END" => distro.support_end = optional,
                "NAME" => named |= optional.is_some(),
                _ => {}
            }
        });
        named |= distro != Distro::default();
        let stated = !distro.id.is_empty();
        if !named {
            reporter.warning("os-release-empty", "the file names no distribution");
        } else if distro.id.is_empty() {
            // os-release(5): "If not set, a default of ID=linux may be used."
            distro.id = "linux".to_owned();
            reporter
                .warning("os-release-without-id", "the file has no ID; its default is \"linux\"");
        }
        if named {
            distro.stated = stated;
            reporter.findings().set_distro(distro);
        }
        reporter.finish();
        Outcome::Done
    }
}

fn words(value: &str) -> Vec<String> {
    value.split_ascii_whitespace().take(LIKE_MAX).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use cutaway_analyze::{Analyzer, File, Findings};
    use cutaway_layerfs::EntryPath;

    use super::OsRelease;

    fn read(content: &[u8]) -> Findings {
        let path = EntryPath::clean(b"etc/os-release").unwrap();
        let mut findings = Findings::default();
        let _ = OsRelease.analyze(&File::new(&path, content), &mut findings);
        findings
    }

    #[test]
    fn fields() {
        let findings = read(
            b"NAME=\"X\"\nID='x y'\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\nPRETTY_NAME=\"X \\\"12\\\"\"\nID_LIKE=\"rhel  fedora\"\nCPE_NAME=cpe:/o:x:y:1\nHOME_URL=\"https://x.org/\"\nBUG_REPORT_URL=https://b.org\nSUPPORT_END=2030-01-01\n",
        );
        let distro = findings.distro().unwrap();
        assert_eq!(distro.id, "x y");
        assert_eq!(distro.version_id.as_deref(), Some("12"));
        assert_eq!(distro.codename.as_deref(), Some("bookworm"));
        assert_eq!(distro.pretty_name.as_deref(), Some("X \"12\""));
        assert_eq!(distro.id_like, ["rhel", "fedora"]);
        let more = [&distro.cpe, &distro.home_url, &distro.bug_report_url, &distro.support_end];
        let expected = ["cpe:/o:x:y:1", "https://x.org/", "https://b.org", "2030-01-01"];
        assert_eq!(more.map(Option::as_deref), expected.map(Some));
        assert_eq!(findings.diagnostics(), []);
    }

    #[test]
    fn missing_fields() {
        type Row<'a> = (&'a [u8], Option<(&'a str, Option<&'a str>)>, &'a [&'a str]);
        let table: &[Row<'_>] = &[
            (b"", None, &["os-release-empty"]),
            (b"# nothing\n", None, &["os-release-empty"]),
            (b"ID=arch\n", Some(("arch", None)), &[]),
            (b"ID=arch\nVERSION_ID=\n", Some(("arch", None)), &[]),
            (b"NAME=Foo\n", Some(("linux", None)), &["os-release-without-id"]),
            (b"ID=\"\"\nVERSION_ID=3\n", Some(("linux", Some("3"))), &["os-release-without-id"]),
            (b"ID=\"open\nVERSION_ID=3\n", Some(("open", Some("3"))), &["release-quote-unclosed"]),
            (b"ID=$(id)\n", Some(("$(id)", None)), &[]),
        ];
        for (content, expected, codes) in table {
            let findings = read(content);
            let found =
                findings.distro().map(|distro| (distro.id.as_str(), distro.version_id.as_deref()));
            assert_eq!(found, *expected, "{}", content.escape_ascii());
            let found: Vec<_> =
                findings.diagnostics().iter().map(|diagnostic| &*diagnostic.code).collect();
            assert_eq!(found, *codes, "{}", content.escape_ascii());
        }
    }
}
