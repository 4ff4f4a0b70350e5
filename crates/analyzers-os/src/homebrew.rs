//! Homebrew: `PREFIX/Cellar/NAME/VERSION/INSTALL_RECEIPT.json`, one a version that is installed.
//!
//! ```text
//! {"installed_as_dependency": false, "installed_on_request": true, "time": 1718000000, "arch": "x86_64",
//!  "source": {"tap": "homebrew/core"}, "runtime_dependencies": [{"full_name": "glibc", "version": "2.35"}]}
//! ```
//!
//! Directories name the package and its version; the prefix is `home/linuxbrew/.linuxbrew`, `opt/homebrew` or
//! any other. Format: Homebrew's `tab.rb`.

use cutaway_analyze::{
    Analyzer, AnalyzerId, Candidate, Details, Ecosystem, File, Findings, InstallReason, Interest,
    Outcome, Package, Want,
};
use cutaway_layerfs::EntryPath;
use serde::Deserialize;

use crate::json_records;
use crate::line::without_mark;
use crate::reporter::Reporter;

/// The reader of receipts.
#[derive(Debug)]
pub(crate) struct Homebrew;

/// What a receipt says; null is what an older Homebrew wrote of what it did not know.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said {
    installed_on_request: Option<bool>,
    installed_as_dependency: Option<bool>,
    time: Option<u64>,
    arch: Option<String>,
    source: Option<Origin>,
    runtime_dependencies: Option<Vec<Dependency>>,
}

#[derive(Debug, Deserialize)]
struct Origin {
    tap: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    full_name: String,
    version: Option<String>,
}

impl Analyzer for Homebrew {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("homebrew", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().named("INSTALL_RECEIPT.json")
    }

    fn wants(&self, file: &Candidate<'_>) -> Want {
        if keg(file.path).is_some() { Want::Whole { max: u64::MAX } } else { Want::No }
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        let Some((name, version)) = keg(file.path()) else { return Outcome::Done };
        let mut reporter = Reporter::new(findings);
        let text = String::from_utf8_lossy(without_mark(file.start()));
        // The directory is the package, whatever the receipt is worth.
        let said = json_records::read::<Said>(&text, "homebrew-receipt-unreadable", &mut reporter);
        let said = said.unwrap_or_default();
        let mut package = Package::new(Ecosystem::HOMEBREW, name, version);
        package.arch = said.arch;
        package.install_reason = match (said.installed_on_request, said.installed_as_dependency) {
            (Some(true), _) => Some(InstallReason::Explicit),
            (_, Some(true)) => Some(InstallReason::Dependency),
            _ => None,
        };
        let needs = |it: Dependency| match it.version {
            Some(version) => format!("{} {version}", it.full_name),
            None => it.full_name,
        };
        let mut details = Details::default();
        details.installed_at = said.time;
        details.repository = said.source.and_then(|source| source.tap).map(Into::into);
        details.depends = said.runtime_dependencies.into_iter().flatten().map(needs).collect();
        package.set_details(details);
        reporter.package(package);
        reporter.finish();
        Outcome::Done
    }
}

/// Returns the name and the version that the directories of a receipt say.
fn keg(path: &EntryPath) -> Option<(String, String)> {
    let mut parts = path.parent().rsplit(|&byte| byte == b'/');
    let (version, name) = (parts.next()?, parts.next()?);
    let text = |part: &[u8]| String::from_utf8_lossy(part).into_owned();
    (parts.next()? == b"Cellar").then(|| (text(name), text(version)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package_outline::{outline, read};

    const PATH: &str = "home/linuxbrew/.linuxbrew/Cellar/openssl@3/3.3.1_1/INSTALL_RECEIPT.json";

    #[test]
    fn receipts() {
        for (content, expected) in [
            (r#"{"arch":"x86_64"}"#, "openssl@3 3.3.1_1 x86_64"),
            (
                r#"{"arch":null,"runtime_dependencies":null,"source":null,"time":null}"#,
                "openssl@3 3.3.1_1",
            ),
            (r#"{"arch":"x86_"#, "openssl@3 3.3.1_1; homebrew-receipt-unreadable"),
            ("", "openssl@3 3.3.1_1; homebrew-receipt-unreadable"),
        ] {
            assert_eq!(outline(&Homebrew, PATH, content.as_bytes()), expected, "{content}");
        }
        for path in ["Cellar/a/INSTALL_RECEIPT.json", "Caskroom/a/1/INSTALL_RECEIPT.json"] {
            assert_eq!(outline(&Homebrew, path, b"{}"), "", "{path}");
        }
    }

    #[test]
    fn what_a_receipt_says() {
        let reason =
            |content: &str| read(&Homebrew, PATH, content.as_bytes()).packages()[0].install_reason;
        let both = r#"{"installed_on_request":true,"installed_as_dependency":true}"#;
        assert_eq!(reason(both), Some(InstallReason::Explicit));
        let other = r#"{"installed_on_request":false,"installed_as_dependency":true}"#;
        assert_eq!(reason(other), Some(InstallReason::Dependency));
        assert_eq!(reason("{}"), None);
        let content = br#"{"time":1718000000,"source":{"tap":"homebrew/core"},"runtime_dependencies":[{"full_name":"glibc","version":"2.35"},{"full_name":"a"}]}"#;
        let findings = read(&Homebrew, PATH, content);
        let details = findings.packages()[0].details.as_ref().unwrap();
        assert!(details.depends.iter().eq(["glibc 2.35", "a"]));
        assert_eq!(
            (details.installed_at, details.repository.as_deref()),
            (Some(1_718_000_000), Some("homebrew/core"))
        );
    }
}
