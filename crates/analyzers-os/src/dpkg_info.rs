//! dpkg's `info` directory: which files a package has, their MD5 sums, and its scripts.
//!
//! ```text
//! info/bash.list          /.
//!                         /bin
//!                         /bin/bash
//! info/bash.md5sums       9a8b…  bin/bash
//! info/bash.conffiles     /etc/bash.bashrc
//! info/libc6:amd64.list   of a package that may be installed for several architectures
//! ```
//!
//! A list makes its package own the paths; a sum counts only where a list has the path, as another
//! package may have taken the file over (`Replaces`). In `status.d`, which images without dpkg
//! have, there are sums alone, and they stand for both. Formats: deb-md5sums(5), deb-conffiles(5),
//! and dpkg's `filesdb.c` and `filesdb-hash.c`.

use cutaway_analyze::{
    Analyzer, AnalyzerId, ContentDigest, Database, Ecosystem, File, FileRecord, FileRole, Findings,
    Interest, Outcome, PackageRef, Place, Traits,
};
use cutaway_layerfs::EntryPath;

use crate::line::{Line, lines};
use crate::reporter::{Reporter, quote};
use crate::{recorded, script};

const INFO: &str = "var/lib/dpkg/info";

/// What stands in `info` and says nothing of files: what else would have to be listed is shorter.
const OTHERS: &[&str] =
    &["format", ".shlibs", ".symbols", ".templates", ".triggers", ".dpkg-new", ".dpkg-old"];

/// The reader of dpkg's `info` directory.
#[derive(Debug)]
pub(crate) struct DpkgInfo;

/// The reader of the sums beside the records of `status.d`.
#[derive(Debug)]
pub(crate) struct StatusSums;

impl Analyzer for DpkgInfo {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("dpkg-info", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().at(Place::directory(INFO, OTHERS))
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        let name = file.path().name();
        let Some(dot) = name.iter().rposition(|&byte| byte == b'.') else {
            return Outcome::Done;
        };
        let (stem, suffix) = name.split_at_checked(dot).unwrap_or_default();
        let package = named(stem);
        let owner = findings.files.owner(Ecosystem::DEB, package, suffix == b".list");
        let shown = String::from_utf8_lossy(stem).into_owned();
        match suffix {
            b".list" => paths(file.start(), owner, Traits::default(), findings),
            b".md5sums" => sums(file.start(), owner, true, findings),
            b".conffiles" => {
                let traits = Traits { config: true, supplement: true, ..Traits::default() };
                paths(file.start(), owner, traits, findings);
            }
            b".preinst" | b".postinst" | b".prerm" | b".postrm" | b".config" => {
                let script_name = String::from_utf8_lossy(suffix.get(1..).unwrap_or_default());
                let reason = format!("named in the {script_name} of {shown}");
                script::origins(file.start(), owner, &reason, &mut findings.files);
            }
            _ => {}
        }
        findings.files.shrink();
        Outcome::Done
    }
}

impl Database for DpkgInfo {}

impl Analyzer for StatusSums {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("dpkg-status-sums", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().at(Place::ending_in("var/lib/dpkg/status.d", ".md5sums"))
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        let Some(stem) = file.path().as_bytes().strip_suffix(b".md5sums") else {
            return Outcome::Done;
        };
        let Ok(record) = EntryPath::clean(stem) else { return Outcome::Done };
        let owner = findings.files.owner(Ecosystem::DEB, PackageRef::Database(record), true);
        sums(file.start(), owner, false, findings);
        findings.files.shrink();
        Outcome::Done
    }
}

impl Database for StatusSums {}

/// Returns the package of a file name: `name` or `name:arch`.
fn named(stem: &[u8]) -> PackageRef {
    let stem = String::from_utf8_lossy(stem);
    let (name, arch) = match stem.split_once(':') {
        Some((name, arch)) => (name, Some(arch.to_owned())),
        None => (&*stem, None),
    };
    PackageRef::Named { name: name.to_owned(), arch }
}

/// Reads a file of one path a line.
fn paths(content: &[u8], owner: u32, traits: Traits, findings: &mut Findings) {
    let mut records = std::mem::take(&mut findings.files);
    let mut reporter = Reporter::new(findings);
    for line in lines(content) {
        // Where a package takes a conffile back: `remove-on-upgrade /etc/old`.
        let text = line.text.strip_prefix(b"remove-on-upgrade ").unwrap_or(line.text);
        if !whole(&line, &mut reporter) || text.is_empty() {
            continue;
        }
        if let Some(path) = clean(text, &line, &mut reporter) {
            let path = path.as_bytes();
            records.push(&FileRecord {
                owner,
                path,
                role: FileRole::Any,
                digest: None,
                link: None,
                traits,
            });
        }
    }
    reporter.finish();
    findings.files = records;
}

/// Reads a file of sums: 32 hexadecimal digits, two blanks, a path.
///
/// Beside `status.d` they are written without dpkg, and often end without a newline.
fn sums(content: &[u8], owner: u32, supplement: bool, findings: &mut Findings) {
    let mut records = std::mem::take(&mut findings.files);
    let mut reporter = Reporter::new(findings);
    for line in lines(content) {
        let line = Line { ended: line.ended || !supplement, ..line };
        if !whole(&line, &mut reporter) || line.text.is_empty() {
            continue;
        }
        let parts = line.text.split_at_checked(32);
        let parts = parts.and_then(|(sum, rest)| {
            let path = rest.strip_prefix(b"  ").or_else(|| rest.strip_prefix(b" *"))?;
            Some((ContentDigest::from_hex(sum)?, path))
        });
        let Some((digest, path)) = parts.filter(|(_, path)| !path.is_empty()) else {
            reporter.error(
                "dpkg-sum-unreadable",
                format_args!(
                    "line {} is not an MD5 sum, two blanks and a path: {}",
                    line.number,
                    quote(line.text)
                ),
            );
            continue;
        };
        if let Some(path) = clean(path, &line, &mut reporter) {
            let traits = Traits { supplement, ..Traits::default() };
            records.push(&FileRecord {
                owner,
                path: path.as_bytes(),
                role: FileRole::File,
                digest: Some(digest),
                link: None,
                traits,
            });
        }
    }
    reporter.finish();
    findings.files = records;
}

/// Returns whether a line is complete; says so where it is not.
fn whole(line: &Line<'_>, reporter: &mut Reporter<'_>) -> bool {
    if line.is_too_long() {
        reporter.error("line-over-limit", line.too_long());
        return false;
    }
    if !line.ended {
        reporter.error(
            "dpkg-line-cut",
            format_args!(
                "the file ends in line {}, without a newline: {}",
                line.number,
                quote(line.text)
            ),
        );
    }
    line.ended
}

/// Returns the path of a line in its normal form; says so where it has none.
pub(crate) fn clean(
    path: &[u8],
    line: &Line<'_>,
    reporter: &mut Reporter<'_>,
) -> Option<EntryPath> {
    let cleaned = recorded::clean(path);
    if let Err(reason) = &cleaned {
        reporter.error(
            "recorded-path-unusable",
            format_args!("line {}: {}: {reason}", line.number, quote(path)),
        );
    }
    cleaned.ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file_outline::outline;

    fn read(path: &str, content: &str) -> Findings {
        let path = EntryPath::clean(path.as_bytes()).unwrap();
        let mut findings = Findings::default();
        let input = File::new(&path, content.as_bytes());
        if StatusSums.interest().holds(path.as_bytes()) {
            let _ = StatusSums.analyze(&input, &mut findings);
        } else {
            assert!(DpkgInfo.interest().holds(path.as_bytes()));
            let _ = DpkgInfo.analyze(&input, &mut findings);
        }
        findings
    }

    const SUM: &str = "d41d8cd98f00b204e9800998ecf8427e";

    #[test]
    fn records() {
        let sum = |path: &str| format!("{SUM}  {path}\n");
        for (name, content, expected) in [
            ("info/a.list", "/.\n/bin\n/bin/a\n".into(), "a: ?, a: ?bin, a: ?bin/a"),
            ("info/a:i386.list", "/a\n".into(), "a:i386: ?a"),
            ("info/a.md5sums", sum("bin/a"), "a: =bin/a md5 supplement"),
            ("info/a.md5sums", format!("{SUM} *bin/a b\n"), "a: =bin/a b md5 supplement"),
            ("info/a.conffiles", "/etc/a\n".into(), "a: ?etc/a config supplement"),
            (
                "info/a.conffiles",
                "remove-on-upgrade /etc/a\n".into(),
                "a: ?etc/a config supplement",
            ),
            ("status.d/a.md5sums", sum("./bin/a"), "var/lib/dpkg/status.d/a: =bin/a md5"),
            ("status.d/a.md5sums", format!("{SUM}  a"), "var/lib/dpkg/status.d/a: =a md5"),
            ("info/a.md5sums", format!("{SUM}  a"), "dpkg-line-cut"),
            ("info/a.list", "/a\n/b".into(), "a: ?a, dpkg-line-cut"),
            ("info/a.list", "/../b\n/c\n".into(), "a: ?c, recorded-path-unusable"),
            (
                "info/a.md5sums",
                format!("{SUM} bin/a\nx  b\n{SUM}  \n"),
                "dpkg-sum-unreadable, dpkg-sum-unreadable, dpkg-sum-unreadable",
            ),
            ("info/a.postinst", "rm /etc/x".into(), "etc/x by named in the postinst of a"),
            ("info/a.what", "/etc/x\n".into(), ""),
        ] {
            assert_eq!(
                outline(&read(&format!("var/lib/dpkg/{name}"), &content)),
                expected,
                "{name} {content}"
            );
        }
    }
}
