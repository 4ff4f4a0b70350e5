//! What portage records of the files of a package: `CONTENTS`.
//!
//! ```text
//! dir /etc
//! obj /etc/a b.conf d41d8cd98f00b204e9800998ecf8427e 1649284375
//! sym /usr/lib/liba.so -> liba.so.1 1649284374
//! fif /run/a
//! dev /dev/a
//! ```
//!
//! Format: portage's `vartree.py`. Paths may have blanks in them; sums are MD5. portage protects what lies
//! in `etc` as configuration, unless it is told otherwise.

use cutaway_analyze::{
    Analyzer, AnalyzerId, Candidate, ContentDigest, Database, Ecosystem, File, FileRecord,
    FileRole, Findings, Interest, Outcome, PackageRef, Traits, Want,
};

use crate::line::lines;
use crate::reporter::{Reporter, quote};
use crate::{portage, recorded};

/// The reader of files.
#[derive(Debug)]
pub(crate) struct PortageFiles;

/// What a line says.
struct Said<'a> {
    path: &'a [u8],
    role: FileRole,
    digest: Option<ContentDigest>,
    link: Option<&'a [u8]>,
}

impl Analyzer for PortageFiles {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("portage-files", 1)
    }

    fn interest(&self) -> Interest {
        portage::interest()
    }

    fn wants(&self, file: &Candidate<'_>) -> Want {
        portage::wants(file.path)
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        let mut files = std::mem::take(&mut findings.files);
        let mut reporter = Reporter::new(findings);
        let package = PackageRef::Database(file.path().clone());
        let owner = files.owner(Ecosystem::PORTAGE, package, true);
        for line in lines(file.start()).filter(|line| !line.text.is_empty()) {
            if line.is_too_long() {
                reporter.error("line-over-limit", line.too_long());
                continue;
            }
            let Some(Said { path, role, digest, link }) = said(line.text).filter(|_| line.ended)
            else {
                let cut = if line.ended { "" } else { "cut, or " };
                reporter.error(
                    "portage-line-unreadable",
                    format_args!("line {} is {cut}no record: {}", line.number, quote(line.text)),
                );
                continue;
            };
            match recorded::clean(path) {
                Ok(cleaned) => {
                    let path = cleaned.as_bytes();
                    let config = path.starts_with(b"etc/") && role == FileRole::File;
                    let traits = Traits { config, ..Traits::default() };
                    files.push(&FileRecord { owner, path, role, digest, link, traits });
                }
                Err(reason) => reporter.error(
                    "recorded-path-unusable",
                    format_args!("line {}: {}: {reason}", line.number, quote(path)),
                ),
            }
        }
        reporter.finish();
        files.shrink();
        findings.files = files;
        Outcome::Done
    }
}

impl Database for PortageFiles {}

fn said(line: &[u8]) -> Option<Said<'_>> {
    let (kind, rest) = line.split_at_checked(4)?;
    let plain = |role| Some(Said { path: rest, role, digest: None, link: None });
    match kind {
        b"dir " => plain(FileRole::Directory),
        b"fif " | b"dev " => plain(FileRole::Special),
        b"obj " => {
            let (rest, _time) = last_word(rest)?;
            let (path, sum) = last_word(rest)?;
            let digest = ContentDigest::from_hex(sum)?;
            Some(Said { path, role: FileRole::File, digest: Some(digest), link: None })
        }
        b"sym " => {
            let (rest, _time) = last_word(rest)?;
            let arrow = rest.windows(4).position(|four| four == b" -> ")?;
            let (path, target) = rest.split_at_checked(arrow)?;
            let link = target.strip_prefix(b" -> ");
            Some(Said { path, role: FileRole::Link, digest: None, link })
        }
        _ => None,
    }
}

/// Splits the last word off, which is not empty.
fn last_word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let blank = text.iter().rposition(|&byte| byte == b' ')?;
    let (rest, word) = text.split_at_checked(blank)?;
    let word = word.strip_prefix(b" ").filter(|word| !word.is_empty())?;
    Some((rest, word))
}

#[cfg(test)]
mod tests {
    use cutaway_layerfs::EntryPath;

    use super::*;
    use crate::file_outline::outline;

    #[test]
    fn contents() {
        let sum = "d41d8cd98f00b204e9800998ecf8427e";
        for (content, expected) in [
            (format!("dir /usr\nobj /usr/a b {sum} 1\n"), "a: /usr, a: =usr/a b md5"),
            (format!("obj /etc/a {sum} 1\n"), "a: =etc/a md5 config"),
            ("sym /lib/a.so -> a.so.1 16\n".into(), "a: >lib/a.so to a.so.1"),
            ("fif /run/a\ndev /dev/a\n".into(), "a: !run/a, a: !dev/a"),
            (
                format!("obj /a {sum}\nobj /b x 1\nodd /c\nsym /d 1\ndir"),
                &["portage-line-unreadable"; 5].join(", "),
            ),
            (format!("dir /a\nobj /b {sum} 1"), "a: /a, portage-line-unreadable"),
            ("dir ../a\n".into(), "recorded-path-unusable"),
            (String::new(), ""),
        ] {
            let path = EntryPath::clean(b"var/db/pkg/c/a-1/CONTENTS").unwrap();
            assert!(PortageFiles.interest().holds(path.as_bytes()));
            let mut findings = Findings::default();
            let _ = PortageFiles.analyze(&File::new(&path, content.as_bytes()), &mut findings);
            let found = outline(&findings).replace("var/db/pkg/c/a-1/CONTENTS", "a");
            assert_eq!(found, expected, "{content:?}");
        }
    }
}
