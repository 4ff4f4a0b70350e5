//! Alpine's `installed` database: the records of apk-tools 2, which 3 still writes.
//!
//! ```text
//! C:Q1v4QhLje3kWlC8DJj+ZfJTjlJRSU=
//! P:alpine-baselayout
//! V:3.2.0-r22
//! A:x86_64
//! L:GPL-2.0-only
//! o:alpine-baselayout
//! F:etc
//! R:fstab
//! Z:Q11Q7hNe8QpDS531guqCdrXBzoA/o=
//! ```
//!
//! A *record* is a run of `K:value` lines up to a blank one: what the package is, then its files.
//! The files are not listed here. Format: apk-v2(5), and `apk_db_fdb_read` of apk-tools.

use cutaway_analyze::{
    Analyzer, AnalyzerId, Database, Details, Ecosystem, File, Findings, Interest, Outcome, Package,
    Source, Texts, Unrecorded,
};

use crate::apk_version;
use crate::bytes::number;
use crate::line::{Line, lines};
use crate::reporter::{Reporter, quote};
use crate::unrecorded;

/// The reader of apk's database.
#[derive(Debug)]
pub(crate) struct Apk;

impl Analyzer for Apk {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("apk", 4)
    }

    fn interest(&self) -> Interest {
        Interest::default().files([
            "lib/apk/db/installed",
            "usr/lib/apk/db/installed",
            "var/lib/apk/db/installed",
        ])
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        let mut reader =
            Reader { reporter: Reporter::new(findings), number: 0, record: Record::default() };
        for line in lines(file.start()) {
            if line.text.is_empty() {
                reader.finish();
            } else {
                reader.line(line);
            }
        }
        reader.check_end(file.start());
        reader.finish();
        if reader.number == 0 && !reader.reporter.findings().incomplete() {
            reader.reporter.empty();
        }
        reader.reporter.repeated("apk-record-repeated");
        reader.reporter.finish();
        Outcome::Done
    }
}

impl Database for Apk {
    fn unrecorded(&self) -> &'static [Unrecorded] {
        unrecorded::APK
    }
}

struct Reader<'a, 'f> {
    reporter: Reporter<'f>,
    /// How many records were begun.
    number: usize,
    record: Record<'a>,
}

/// The fields that a package is the same without.
#[derive(Debug, Default)]
struct Said<'a> {
    depends: Option<&'a [u8]>,
    provides: Option<&'a [u8]>,
    maintainer: Option<&'a [u8]>,
    homepage: Option<&'a [u8]>,
    tag: Option<&'a [u8]>,
    commit: Option<&'a [u8]>,
    built: Option<&'a [u8]>,
    size: Option<&'a [u8]>,
}

/// A record while its lines are read.
#[derive(Debug, Default)]
struct Record<'a> {
    /// Where it starts; `None` before its first field.
    start: Option<(usize, usize)>,
    name: Option<&'a [u8]>,
    version: Option<&'a [u8]>,
    arch: Option<&'a [u8]>,
    license: Option<&'a [u8]>,
    origin: Option<&'a [u8]>,
    details: Said<'a>,
    /// Whether the list of files has begun, behind which nothing is said of the package.
    files: bool,
    /// Whether the file ends in the middle of this record.
    cut: bool,
}

impl<'a> Reader<'a, '_> {
    fn line(&mut self, line: Line<'a>) {
        let &[key, b':', ref value @ ..] = line.text else {
            self.reporter.error(
                "apk-line-unreadable",
                format_args!(
                    "line {} at byte {} is no field: {}",
                    line.number,
                    line.offset,
                    quote(line.text)
                ),
            );
            return;
        };
        if key == b'P' && self.record.name.is_some() {
            // The blank line between two records is missing; a record has one name.
            self.reporter.warning(
                "apk-record-unseparated",
                format_args!("line {} begins a record without a blank line in front", line.number),
            );
            self.finish();
        }
        if self.record.start.is_none() {
            self.number = self.number.saturating_add(1);
            self.record.start = Some((line.number, line.offset));
        }
        self.record.files |= matches!(key, b'F' | b'R' | b'Z' | b'M' | b'a');
        self.field(key, value, line);
    }

    fn field(&mut self, key: u8, value: &'a [u8], line: Line<'a>) {
        let name = char::from(key).escape_default();
        let said = &mut self.record.details;
        let is_detail = matches!(key, b'D' | b'p' | b'm' | b'U' | b's' | b'c' | b't' | b'I');
        let slot = match key {
            b'D' => Some(&mut said.depends),
            b'p' => Some(&mut said.provides),
            b'm' => Some(&mut said.maintainer),
            b'U' => Some(&mut said.homepage),
            b's' => Some(&mut said.tag),
            b'c' => Some(&mut said.commit),
            b't' => Some(&mut said.built),
            b'I' => Some(&mut said.size),
            b'P' => Some(&mut self.record.name),
            b'V' => Some(&mut self.record.version),
            b'A' => Some(&mut self.record.arch),
            b'L' => Some(&mut self.record.license),
            b'o' => Some(&mut self.record.origin),
            _ => None,
        };
        if line.is_too_long() {
            let message = format!("field {name}: {}", line.too_long());
            match slot {
                Some(_) if !is_detail => self.reporter.error("line-over-limit", message),
                _ => self.reporter.warning("line-over-limit", message),
            }
            return;
        }
        match slot {
            Some(slot @ None) => *slot = Some(value).filter(|value| !value.is_empty()),
            Some(Some(_)) => self.reporter.warning(
                "apk-field-repeated",
                format_args!(
                    "line {}: the record has field {name} already; the first one counts",
                    line.number
                ),
            ),
            None => {}
        }
    }

    /// Notes where the file was cut in the middle of a record.
    ///
    /// apk ends each record with a blank line. Copies that lost it, or the last newline, are read
    /// without complaint as long as the last line is whole as far as that can be known: any line
    /// with its newline, or a checksum of the right length.
    fn check_end(&mut self, content: &'a [u8]) {
        let Some(line) =
            content.rsplit(|&byte| byte == b'\n').next().filter(|line| !line.is_empty())
        else {
            let tail = content.strip_suffix(b"\n").unwrap_or(content);
            let last = tail.rsplit(|&byte| byte == b'\n').next().unwrap_or_default();
            if self.record.files && matches!(last, [b'F' | b'R' | b'M' | b'a', b':', ..]) {
                self.reporter.warning(
                    "apk-end-without-blank-line",
                    format_args!("record {} ends in its list of files", self.number),
                );
            }
            return;
        };
        self.record.cut = self.record.start.is_some() && !is_checksum(line);
    }

    fn finish(&mut self) {
        let record = std::mem::take(&mut self.record);
        let Some((line, offset)) = record.start else { return };
        let number = self.number;
        if record.cut {
            let name = quote(record.name.unwrap_or_default());
            self.reporter.error(
                "apk-record-incomplete",
                format_args!("record {number} ({name}) incomplete: it starts at byte {offset} and the file ends in it"),
            );
        }
        let (Some(name), Some(version)) = (record.name, record.version) else {
            if !record.cut {
                self.missing(&record, line);
            }
            return;
        };
        let version = text(version);
        if !apk_version::is_valid(&version) {
            self.reporter.warning(
                "apk-version-odd",
                format_args!(
                    "record {number} ({}) has the odd version {}",
                    quote(name),
                    quote(version.as_bytes())
                ),
            );
        }
        let mut package = Package::new(Ecosystem::APK, text(name), version);
        package.arch = record.arch.map(text);
        package.source = record.origin.map(|origin| Source { name: text(origin), version: None });
        package.licenses = record.license.map(text).into_iter().collect();
        package.set_details(record.details.details());
        self.reporter.package(package);
    }

    fn missing(&mut self, record: &Record<'_>, line: usize) {
        let number = self.number;
        match (record.name, record.version) {
            (Some(name), _) => self.reporter.error(
                "apk-record-without-version",
                format_args!("record {number} ({}, line {line}) has no version", quote(name)),
            ),
            (None, version) => self.reporter.error(
                "apk-record-without-name",
                format_args!(
                    "record {number} (line {line}) has no name; version {}",
                    quote(version.unwrap_or_default())
                ),
            ),
        }
    }
}

impl Said<'_> {
    fn details(&self) -> Details {
        let words = |field: Option<&[u8]>| -> Texts {
            let field = field.map(String::from_utf8_lossy).unwrap_or_default();
            field.split_ascii_whitespace().collect()
        };
        let boxed = |field: Option<&[u8]>| field.map(|field| text(field).into());
        let mut details = Details::default();
        details.depends = words(self.depends);
        details.provides = words(self.provides);
        details.maintainer = boxed(self.maintainer);
        details.homepage = boxed(self.homepage);
        details.repository = boxed(self.tag);
        details.commit = boxed(self.commit);
        details.built_at = self.built.and_then(number);
        details.installed_size = self.size.and_then(number);
        details
    }
}

/// Returns whether a line is a whole `Z:` field: SHA-1 behind `Q1`, or SHA-256 behind `Q2`.
fn is_checksum(line: &[u8]) -> bool {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    match line {
        [b'Z', b':', b'Q', b'1', digest @ ..] => digest.len() == 28,
        [b'Z', b':', b'Q', b'2', digest @ ..] => digest.len() == 44,
        _ => false,
    }
}

fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value).into_owned()
}

#[cfg(test)]
mod tests {
    use cutaway_analyze::{Analyzer, File, Findings};
    use cutaway_layerfs::EntryPath;

    use super::Apk;

    fn read(content: &[u8]) -> Findings {
        let path = EntryPath::clean(b"lib/apk/db/installed").unwrap();
        let mut findings = Findings::default();
        let _ = Apk.analyze(&File::new(&path, content), &mut findings);
        findings
    }

    /// `name version` of each package and the code of each diagnostic.
    fn outline(findings: &Findings) -> (Vec<String>, Vec<&str>) {
        (
            findings
                .packages()
                .iter()
                .map(|package| format!("{} {}", package.name, package.version))
                .collect(),
            findings.diagnostics().iter().map(|diagnostic| &*diagnostic.code).collect(),
        )
    }

    #[test]
    fn records() {
        let table: &[(&str, &[&str], &[&str])] = &[
            ("", &[], &["database-empty"]),
            ("\n\n", &[], &["database-empty"]),
            ("P:a\nV:1-r0\n\nP:b\nV:2-r0\n\n", &["a 1-r0", "b 2-r0"], &[]),
            ("V:1-r0\nZ:x\na:0:0:755\nM:0:0:755\nP:a\n\n", &["a 1-r0"], &[]),
            ("P:a\r\nV:1-r0\r\n\r\nP:b\r\nV:2-r0\r\n", &["a 1-r0", "b 2-r0"], &[]),
            ("P:a\nV:1-r0\n\nP:a\nV:1-r0\n\n", &["a 1-r0"], &["apk-record-repeated"]),
            ("P:a\n\nP:b\nV:2-r0\n\n", &["b 2-r0"], &["apk-record-without-version"]),
            ("V:1-r0\n\nP:b\nV:2-r0\n\n", &["b 2-r0"], &["apk-record-without-name"]),
            ("P:\nV:1-r0\n\n", &[], &["apk-record-without-name"]),
            ("P:a\nV:one\n\n", &["a one"], &["apk-version-odd"]),
            ("P:a\nV:1-r0\nP:b\nV:2-r0\n\n", &["a 1-r0", "b 2-r0"], &["apk-record-unseparated"]),
            ("P:a\nV:1-r0\nV:2-r0\n\n", &["a 1-r0"], &["apk-field-repeated"]),
            (
                "junk\nP:a\nmore junk\nV:1-r0\n\n",
                &["a 1-r0"],
                &["apk-line-unreadable", "apk-line-unreadable"],
            ),
            (
                "P:a\nV:1-r0\n\nP:b\nV:2-",
                &["a 1-r0", "b 2-"],
                &["apk-record-incomplete", "apk-version-odd"],
            ),
            ("P:a\nV:1-r0\n\nP:b", &["a 1-r0"], &["apk-record-incomplete"]),
            ("P:a\nV:1-r0\nF:etc\nR:fst", &["a 1-r0"], &["apk-record-incomplete"]),
            ("P:a\nV:1-r0\nF:etc\nR:fstab\n", &["a 1-r0"], &["apk-end-without-blank-line"]),
            ("P:a\nV:1-r0\nF:etc\nR:fstab\nZ:Q11Q7hNe8QpDS531guqCdrXBzoA/o=", &["a 1-r0"], &[]),
            (
                "P:a\nV:1-r0\nF:etc\nR:fstab\nZ:Q11Q7hNe8QpDS531guqCd",
                &["a 1-r0"],
                &["apk-record-incomplete"],
            ),
        ];
        for (content, packages, codes) in table {
            let findings = read(content.as_bytes());
            let (found, found_codes) = outline(&findings);
            assert_eq!(found, *packages, "{content:?}");
            assert_eq!(found_codes, *codes, "{content:?}");
        }
    }

    #[test]
    fn long_lines() {
        let provides = "so:libx.so.1=1.2.3 ".repeat(9000);
        let content = format!("P:a\nV:1-r0\n\nP:b\np:{provides}\nV:2-r0\n\nP:c\nV:3-r0\n\n");
        assert_eq!(
            outline(&read(content.as_bytes())),
            (vec!["a 1-r0".into(), "b 2-r0".into(), "c 3-r0".into()], vec![])
        );
        let huge = "x".repeat(5 << 20);
        let content = format!("P:a\nV:1-r0\n\nP:b\nV:2-r0\np:{huge}\no:b\n\nP:c\nV:{huge}\n\n");
        let findings = read(content.as_bytes());
        let (packages, codes) = outline(&findings);
        assert_eq!(packages, ["a 1-r0", "b 2-r0"]);
        assert_eq!(codes, ["line-over-limit", "line-over-limit", "apk-record-without-version"]);
    }
}
