//! Alternatives: links that update-alternatives makes, which no package records.
//!
//! ```text
//! auto
//! /usr/bin/awk
//! awk.1.gz
//! /usr/share/man/man1/awk.1.gz
//!
//! /usr/bin/mawk
//! …
//! ```
//!
//! A file of this form is called as the link below `/etc/alternatives`; the names and links of what
//! goes along follow in pairs, up to a blank line. Debian's and Red Hat's program keep the same form.

use std::sync::Arc;

use cutaway_analyze::{
    Analyzer, AnalyzerId, Database, File, Findings, Interest, Origin, Outcome, Place,
};
use cutaway_layerfs::EntryPath;

use crate::line::lines;
use crate::reporter::{Reporter, quote};

/// The reader of alternatives.
#[derive(Debug)]
pub(crate) struct Alternatives;

impl Analyzer for Alternatives {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("alternatives", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default()
            .at(Place::directory("var/lib/dpkg/alternatives", &[".dpkg-tmp"]))
            .at(Place::directory("var/lib/alternatives", &[".new"]))
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        let name = file.path().name();
        let reason: Arc<str> = format!("alternative {}", String::from_utf8_lossy(name)).into();
        let mut reporter = Reporter::new(findings);
        let mut all = lines(file.start()).take_while(|line| !line.text.is_empty());
        let mode = all.next().map(|line| line.text);
        if !matches!(mode, Some(b"auto" | b"manual")) {
            reporter.warning(
                "alternative-unreadable",
                format_args!(
                    "begins neither with auto nor with manual: {}",
                    quote(mode.unwrap_or_default())
                ),
            );
            reporter.finish();
            return Outcome::Done;
        }
        let mut add = |path: &[u8]| {
            if let Ok(path) = EntryPath::clean(path) {
                let reason = Arc::clone(&reason);
                let origin = Origin { path, owner: None, link: true, reason };
                reporter.findings().files.originate(origin);
            }
        };
        add(&[b"etc/alternatives/", name].concat());
        if let Some(link) = all.next() {
            add(link.text);
        }
        while let (Some(name), Some(link)) = (all.next(), all.next()) {
            add(&[b"etc/alternatives/", name.text].concat());
            add(link.text);
        }
        reporter.finish();
        Outcome::Done
    }
}

impl Database for Alternatives {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file_outline::outline;

    #[test]
    fn links() {
        for (content, expected) in [
            (
                "auto\n/usr/bin/awk\nawk.1.gz\n/usr/share/man/man1/awk.1.gz\n\n/usr/bin/mawk\n5\n",
                "etc/alternatives/awk usr/bin/awk etc/alternatives/awk.1.gz usr/share/man/man1/awk.1.gz",
            ),
            ("manual\n/../awk\n", "etc/alternatives/awk"),
            ("manual\n/usr/bin/awk\nhalf\n", "etc/alternatives/awk usr/bin/awk"),
        ] {
            let path = EntryPath::clean(b"var/lib/dpkg/alternatives/awk").unwrap();
            let mut findings = Findings::default();
            let input = File::new(&path, content.as_bytes());
            let _ = Alternatives.analyze(&input, &mut findings);
            let paths: Vec<String> =
                findings.files.origins().iter().map(|origin| origin.path.to_string()).collect();
            assert_eq!(paths.join(" "), expected, "{content}");
            assert!(findings.files.origins().iter().all(|o| &*o.reason == "alternative awk"));
        }
        let path = EntryPath::clean(b"var/lib/dpkg/alternatives/awk").unwrap();
        let mut findings = Findings::default();
        let _ = Alternatives.analyze(&File::new(&path, b"junk"), &mut findings);
        assert_eq!(outline(&findings), "alternative-unreadable");
    }
}
