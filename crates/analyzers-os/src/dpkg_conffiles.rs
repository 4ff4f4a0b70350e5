//! The `Conffiles` field of dpkg's status: configuration files, with the MD5 sums of what the package
//! brought.
//!
//! ```text
//! Package: bash
//! Status: install ok installed
//! Conffiles:
//!  /etc/bash.bashrc 89269e1298235f1b12b4c16e4065ad0d
//!  /etc/skel/.old d41d8cd98f00b204e9800998ecf8427e obsolete
//! ```
//!
//! The reader of packages says what is wrong with records; here only what is wrong with this field is
//! said. Format: dpkg's `parse.c`, `f_conffiles`.

use cutaway_analyze::{
    Analyzer, AnalyzerId, ContentDigest, Database, Ecosystem, File, FileRecord, FileRecords,
    FileRole, Findings, Interest, Outcome, PackageRef, Place, Traits,
};

use crate::dpkg::UPDATES;
use crate::dpkg_info::clean;
use crate::line::{Line, lines};
use crate::reporter::{Reporter, quote};

/// The reader of the field.
#[derive(Debug)]
pub(crate) struct DpkgConffiles;

impl Analyzer for DpkgConffiles {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("dpkg-conffiles", 2)
    }

    fn interest(&self) -> Interest {
        // What the journal says of a package is newer; its files may still be those of before.
        Interest::default().files(["var/lib/dpkg/status"]).at(Place::journal(UPDATES))
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        let mut records = std::mem::take(&mut findings.files);
        let mut reporter = Reporter::new(findings);
        let mut record = Record::default();
        for line in lines(file.start()) {
            if line.text.is_empty() {
                record.finish(&mut records, &mut reporter);
                record = Record::default();
            } else if line.is_too_long() {
                // The reader of packages says so.
                record.within = false;
            } else {
                record.line(line);
            }
        }
        record.finish(&mut records, &mut reporter);
        reporter.finish();
        records.shrink();
        findings.files = records;
        Outcome::Done
    }
}

impl Database for DpkgConffiles {}

/// The fields of a record that matter here.
#[derive(Debug, Default)]
struct Record<'a> {
    name: Option<&'a [u8]>,
    arch: Option<&'a [u8]>,
    conffiles: Vec<Line<'a>>,
    /// Whether continuation lines belong to the field.
    within: bool,
}

impl<'a> Record<'a> {
    fn line(&mut self, line: Line<'a>) {
        if matches!(line.text.first(), Some(b' ' | b'\t')) {
            if self.within {
                self.conffiles.push(line);
            }
            return;
        }
        self.within = false;
        let Some(colon) = line.text.iter().take(256).position(|&byte| byte == b':') else { return };
        let (name, value) = line.text.split_at_checked(colon).unwrap_or_default();
        let value = value.get(1..).unwrap_or_default().trim_ascii();
        if name.eq_ignore_ascii_case(b"Package") {
            self.name = self.name.or(Some(value));
        } else if name.eq_ignore_ascii_case(b"Architecture") {
            self.arch = self.arch.or(Some(value));
        } else if name.eq_ignore_ascii_case(b"Conffiles") {
            self.within = true;
        }
    }

    fn finish(&self, records: &mut FileRecords, reporter: &mut Reporter<'_>) {
        let Some(name) = self.name.filter(|_| !self.conffiles.is_empty()) else { return };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let package = PackageRef::Named { name: text(name), arch: self.arch.map(text) };
        let owner = records.owner(Ecosystem::DEB, package, false);
        for line in &self.conffiles {
            let Some((path, sum)) = parse(line.text) else {
                reporter.error(
                    "dpkg-conffile-unreadable",
                    format_args!(
                        "line {} (record {}) is not a path and an MD5 sum: {}",
                        line.number,
                        quote(name),
                        quote(line.text)
                    ),
                );
                continue;
            };
            if let Some(path) = clean(path, line, reporter) {
                records.push(&FileRecord {
                    owner,
                    path: path.as_bytes(),
                    role: FileRole::Any,
                    digest: sum,
                    link: None,
                    traits: Traits { config: true, supplement: true, ..Traits::default() },
                });
            }
        }
    }
}

/// Takes a line apart, from its end: the path may have blanks in it.
fn parse(line: &[u8]) -> Option<(&[u8], Option<ContentDigest>)> {
    let mut rest = line.trim_ascii();
    let mut word = || {
        let blank = rest.iter().rposition(|&byte| byte == b' ')?;
        let (before, last) = rest.split_at_checked(blank)?;
        rest = before.trim_ascii_end();
        last.get(1..)
    };
    let mut sum = word()?;
    // What a newer version no longer ships is the package's as long as its list has it.
    while matches!(sum, b"obsolete" | b"remove-on-upgrade") {
        sum = word()?;
    }
    // Before a package is configured there is no sum.
    let sum = match sum {
        b"newconffile" => None,
        sum => {
            Some(ContentDigest::from_hex(sum).filter(|sum| matches!(sum, ContentDigest::Md5(_)))?)
        }
    };
    (!rest.is_empty()).then_some((rest, sum))
}

#[cfg(test)]
mod tests {
    use cutaway_layerfs::EntryPath;

    use super::*;
    use crate::file_outline::outline;

    #[test]
    fn fields() {
        const SUM: &str = "d41d8cd98f00b204e9800998ecf8427e";
        for (content, expected) in [
            (format!("Package: a\nArchitecture: amd64\nConffiles:\n /etc/a b {SUM}\n /etc/c {SUM} obsolete\nDescription: x\n more\n\n"),
             "a:amd64: ?etc/a b md5 config supplement, a:amd64: ?etc/c md5 config supplement"),
            ("Conffiles:\n /etc/a newconffile\nPackage: a\n".into(), "a: ?etc/a config supplement"),
            ("Package: a\nConffiles:\n /etc/a 12\n obsolete\n /../x d41d8cd98f00b204e9800998ecf8427e\n".into(),
             "dpkg-conffile-unreadable, dpkg-conffile-unreadable, recorded-path-unusable"),
            ("Conffiles:\n /etc/a x\n\nPackage: b\n\n".into(), ""),
        ] {
            let path = EntryPath::clean(b"var/lib/dpkg/status").unwrap();
            let mut findings = Findings::default();
            let input = File::new(&path, content.as_bytes());
            let _ = DpkgConffiles.analyze(&input, &mut findings);
            assert_eq!(outline(&findings), expected, "{content}");
        }
    }
}
