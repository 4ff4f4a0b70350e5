//! opkg's lists of files: `info/NAME.list` beside its database.
//!
//! ```text
//! /usr/bin/ubus
//! /usr/lib/libubus.so    0120777    libubus.so.20241020
//! ```
//!
//! One path a line; newer releases write the mode behind a tab, and the target of a link behind another.
//! Directories and sums are not listed. Format: opkg's `pkg.c` (`pkg_write_filelist`).

use cutaway_analyze::{
    Analyzer, AnalyzerId, Database, Ecosystem, File, FileRecord, FileRole, Findings, Interest,
    Outcome, PackageRef, Place, Traits,
};

use crate::line::lines;
use crate::recorded;
use crate::reporter::{Reporter, quote};

/// The reader of lists of files.
#[derive(Debug)]
pub(crate) struct OpkgFiles;

impl Analyzer for OpkgFiles {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("opkg-files", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default()
            .at(Place::ending_in("usr/lib/opkg/info", ".list"))
            .at(Place::ending_in("var/lib/opkg/info", ".list"))
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        let stem = file.path().name().strip_suffix(b".list").unwrap_or_default();
        let name = String::from_utf8_lossy(stem).into_owned();
        let package = PackageRef::Named { name, arch: None };
        let mut files = std::mem::take(&mut findings.files);
        let owner = files.owner(Ecosystem::OPKG, package, true);
        let mut reporter = Reporter::new(findings);
        for line in lines(file.start()).filter(|line| !line.text.is_empty()) {
            if line.is_too_long() {
                reporter.error("line-over-limit", line.too_long());
                continue;
            }
            if !line.ended {
                reporter.error(
                    "opkg-line-cut",
                    format_args!(
                        "the file ends in line {}, without a newline: {}",
                        line.number,
                        quote(line.text)
                    ),
                );
                continue;
            }
            let mut columns = line.text.split(|&byte| byte == b'\t');
            let (path, mode, link) = (columns.next(), columns.next(), columns.next());
            let path = path.unwrap_or_default();
            let path = match recorded::clean(path) {
                Ok(path) => path,
                Err(reason) => {
                    reporter.error(
                        "recorded-path-unusable",
                        format_args!("line {}: {}: {reason}", line.number, quote(path)),
                    );
                    continue;
                }
            };
            let link = link.filter(|link| !link.is_empty());
            files.push(&FileRecord {
                owner,
                path: path.as_bytes(),
                role: role(mode.unwrap_or_default()),
                digest: None,
                link,
                traits: Traits::default(),
            });
        }
        reporter.finish();
        files.shrink();
        findings.files = files;
        Outcome::Done
    }
}

impl Database for OpkgFiles {}

/// Returns what a mode in octal digits is of.
fn role(mode: &[u8]) -> FileRole {
    let mode = std::str::from_utf8(mode).ok().and_then(|mode| u32::from_str_radix(mode, 8).ok());
    match mode.map(|mode| mode & 0o170_000) {
        Some(0o040_000) => FileRole::Directory,
        Some(0o100_000) => FileRole::File,
        Some(0o120_000) => FileRole::Link,
        _ => FileRole::Any,
    }
}

#[cfg(test)]
mod tests {
    use cutaway_layerfs::EntryPath;

    use super::*;
    use crate::file_outline::outline;

    #[test]
    fn lists() {
        for (content, expected) in [
            ("/usr/bin/a\n/etc/b\n", "a: ?usr/bin/a, a: ?etc/b"),
            (
                "/lib/a.so\t0120777\ta.so.1\n/lib/a.so.1\t0100755\n/etc\t0040755\n",
                "a: >lib/a.so to a.so.1, a: =lib/a.so.1, a: /etc",
            ),
            ("/x\todd\n", "a: ?x"),
            ("../a\n/b\n/cut", "a: ?b, recorded-path-unusable, opkg-line-cut"),
            ("", ""),
        ] {
            let path = EntryPath::clean(b"usr/lib/opkg/info/a.list").unwrap();
            assert!(OpkgFiles.interest().holds(path.as_bytes()));
            let mut findings = Findings::default();
            let _ = OpkgFiles.analyze(&File::new(&path, content.as_bytes()), &mut findings);
            assert_eq!(outline(&findings), expected, "{content:?}");
        }
    }
}
