//! What somebody asked apk for: `etc/apk/world`.
//!
//! ```text
//! alpine-baselayout
//! busybox>=1.36
//! py3-requests@testing
//! so:libfoo.so.1
//! !conflict
//! ```
//!
//! Everything else that is installed was pulled in. A word may name what a package provides. Format: apk-tools'
//! `apk_blob_pull_dep`.

use cutaway_analyze::{
    Analyzer, AnalyzerId, Ecosystem, File, Findings, InstallReason, Interest, NamedReason, Outcome,
    Reasons,
};

use crate::line::without_mark;

/// The reader of what somebody asked for.
#[derive(Debug)]
pub(crate) struct ApkWorld;

impl Analyzer for ApkWorld {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("apk-world", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().files(["etc/apk/world"])
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        let content = without_mark(file.start());
        let words = content.split(u8::is_ascii_whitespace).filter_map(name);
        let named = words.map(|name| NamedReason {
            name: String::from_utf8_lossy(name).into_owned(),
            arch: None,
            reason: Some(InstallReason::Explicit),
            repository: None,
        });
        findings.set_reasons(Reasons {
            ecosystem: Ecosystem::APK,
            others: Some(InstallReason::Dependency),
            named: named.collect(),
        });
        Outcome::Done
    }
}

/// Returns the name in a word; none where it is about what is not to be installed.
fn name(word: &[u8]) -> Option<&[u8]> {
    let end = word.iter().position(|byte| matches!(byte, b'<' | b'>' | b'=' | b'~' | b'@'));
    let name = word.get(..end.unwrap_or(word.len()))?;
    (!name.is_empty() && !name.starts_with(b"!")).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package_outline::read;

    #[test]
    fn words() {
        for (content, expected) in [
            ("a\nb c\n", "a b c"),
            ("a>=1\nb=2-r0\nc~3\nd<4\ne@edge\nf>1@edge\n", "a b c d e f"),
            ("!a\nso:libz.so.1\n.build-deps=20240101.1\n", "so:libz.so.1 .build-deps"),
            ("\n>1 @edge\n", ""),
            ("", ""),
            ("a", "a"),
        ] {
            let findings = read(&ApkWorld, "etc/apk/world", content.as_bytes());
            let reasons = findings.reasons().unwrap();
            let names: Vec<&str> = reasons.named.iter().map(|it| it.name.as_str()).collect();
            assert_eq!(names.join(" "), expected, "{content}");
            assert_eq!(reasons.others, Some(InstallReason::Dependency));
        }
    }
}
