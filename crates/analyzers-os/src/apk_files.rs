//! The files in Alpine's `installed` database: directories, files and their checksums.
//!
//! ```text
//! P:busybox
//! F:bin              a directory
//! M:0:0:755          its owner and mode
//! R:busybox          a file in it
//! a:0:0:755          its owner and mode
//! Z:Q1DQ3KVbIx…=     its checksum
//! R:sh               a link: the checksum is that of the target
//! a:0:0:777
//! Z:Q1pcfTfDNE…=
//! ```
//!
//! `Q1` is SHA-1 in base64, `Q2` SHA-256; with the flag `f:S` of the record, `Q1` holds the first 160
//! bits of SHA-256. Whether a file is a link is not said, so the mode 777 is taken for it only where a
//! link is found. The reader of packages says what is wrong with records; here only what is wrong with
//! files is said. Format: apk-v2(5), `apk_db_fdb_read` of apk-tools.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use cutaway_analyze::{
    Analyzer, AnalyzerId, ContentDigest, Database, Ecosystem, File, FileRecord, FileRecords,
    FileRole, Findings, Interest, Outcome, PackageRef, Traits,
};

use crate::apk::Apk;
use crate::line::{Line, lines};
use crate::recorded;
use crate::reporter::{Reporter, quote};

/// The reader of the files.
#[derive(Debug)]
pub(crate) struct ApkFiles;

impl Analyzer for ApkFiles {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("apk-files", 1)
    }

    fn interest(&self) -> Interest {
        Apk.interest()
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        let mut files = std::mem::take(&mut findings.files);
        let mut reporter = Reporter::new(findings);
        let mut record = Record::default();
        for line in lines(file.start()) {
            match line.text {
                b"" => record.finish(&mut files, &mut reporter),
                // The reader of packages says so.
                _ if line.is_too_long() => {}
                [b'P', b':', ..] if record.name.is_some() => {
                    record.finish(&mut files, &mut reporter);
                    record.line(line, &mut reporter);
                }
                _ => record.line(line, &mut reporter),
            }
        }
        record.finish(&mut files, &mut reporter);
        reporter.finish();
        files.shrink();
        findings.files = files;
        Outcome::Done
    }
}

impl Database for ApkFiles {}

/// A record while its lines are read.
#[derive(Debug, Default)]
struct Record<'a> {
    name: Option<&'a [u8]>,
    arch: Option<&'a [u8]>,
    /// Whether checksums of 160 bits are of SHA-256.
    truncated: bool,
    directory: Option<&'a [u8]>,
    files: Vec<RecordedFile<'a>>,
}

#[derive(Debug)]
struct RecordedFile<'a> {
    line: usize,
    directory: &'a [u8],
    /// None for the directory itself.
    name: Option<&'a [u8]>,
    checksum: Option<&'a [u8]>,
}

impl<'a> Record<'a> {
    fn line(&mut self, line: Line<'a>, reporter: &mut Reporter<'_>) {
        let &[key, b':', ref value @ ..] = line.text else { return };
        match key {
            b'P' => self.name = Some(value),
            b'A' => self.arch = self.arch.or(Some(value)),
            b'f' => self.truncated = value.contains(&b'S'),
            b'F' => {
                self.directory = Some(value);
                self.files.push(RecordedFile {
                    line: line.number,
                    directory: value,
                    name: None,
                    checksum: None,
                });
            }
            b'R' => match self.directory {
                Some(directory) => self.files.push(RecordedFile {
                    line: line.number,
                    directory,
                    name: Some(value),
                    checksum: None,
                }),
                None => astray(&line, "a directory", reporter),
            },
            b'Z' => match self.files.last_mut().filter(|file| file.name.is_some()) {
                Some(file) => file.checksum = Some(value),
                None => astray(&line, "a file", reporter),
            },
            _ => {}
        }
    }

    fn finish(&mut self, files: &mut FileRecords, reporter: &mut Reporter<'_>) {
        let record = std::mem::take(self);
        // Without a name there is no package, which the reader of packages says.
        let Some(name) = record.name else { return };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let package = PackageRef::Named { name: text(name), arch: record.arch.map(text) };
        let owner = files.owner(Ecosystem::APK, package, true);
        for file in &record.files {
            let digest = match file.checksum.map(|text| checksum(text, record.truncated)) {
                None => None,
                Some(Some(digest)) => Some(digest),
                Some(None) => {
                    reporter.error(
                        "apk-checksum-unreadable",
                        format_args!(
                            "the file in line {} (record {}) has a checksum of no known form: {}",
                            file.line,
                            quote(name),
                            quote(file.checksum.unwrap_or_default())
                        ),
                    );
                    None
                }
            };
            let name_in = file.name.unwrap_or_default();
            let path = match recorded::join(file.directory, name_in) {
                Ok(path) => path,
                Err(reason) => {
                    reporter.error(
                        "recorded-path-unusable",
                        format_args!("line {}: {}: {reason}", file.line, quote(name_in)),
                    );
                    continue;
                }
            };
            let role = if file.name.is_some() { FileRole::FileOrLink } else { FileRole::Directory };
            let traits = Traits {
                config: file.name.is_some() && is_protected(path.as_bytes()),
                ..Traits::default()
            };
            let path = path.as_bytes();
            files.push(&FileRecord { owner, path, role, digest, link: None, traits });
        }
    }
}

fn astray(line: &Line<'_>, of: &str, reporter: &mut Reporter<'_>) {
    reporter.error(
        "apk-file-astray",
        format_args!("line {} has no {of} in front of it: {}", line.number, quote(line.text)),
    );
}

/// Reads a checksum: `Q1` or `Q2` and base64, or `X1` or `X2` and hexadecimal digits.
fn checksum(text: &[u8], truncated: bool) -> Option<ContentDigest> {
    let (form, digits) = text.split_at_checked(2)?;
    let bytes = match form {
        b"Q1" | b"Q2" => BASE64_STANDARD.decode(digits).ok()?,
        b"X1" | b"X2" => ContentDigest::from_hex(digits)?.bytes().to_vec(),
        _ => return None,
    };
    match (form, bytes.len()) {
        ([_, b'1'], 20) if truncated => {
            bytes.first_chunk().copied().map(ContentDigest::Sha256Start)
        }
        ([_, b'1'], 20) => bytes.first_chunk().copied().map(ContentDigest::Sha1),
        ([_, b'2'], 20) => bytes.first_chunk().copied().map(ContentDigest::Sha256Start),
        ([_, b'2'], 32) => bytes.first_chunk().copied().map(ContentDigest::Sha256),
        _ => None,
    }
}

/// Returns whether apk protects changes at a path (its built-in list of protected paths).
fn is_protected(path: &[u8]) -> bool {
    path.starts_with(b"etc/") && !path.starts_with(b"etc/apk/") && !path.starts_with(b"etc/init.d/")
}

#[cfg(test)]
mod tests {
    use cutaway_layerfs::EntryPath;

    use super::*;
    use crate::file_outline::outline;

    #[test]
    fn records() {
        let sha1 = "Z:Q12jmj7l5rSw0yVb/vlWAYkK/YBwk=\n";
        let sha256 = "Z:Q247DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
        for (content, expected) in [
            (
                format!(
                    "P:a\nA:x86_64\nF:etc\nM:0:0:755\nR:a.conf\na:0:0:600\n{sha1}F:bin\nR:a\n{sha256}R:b\n\nP:b\n\n"
                ),
                "a:x86_64: /etc, a:x86_64: ~etc/a.conf sha1 config, a:x86_64: /bin, a:x86_64: ~bin/a sha256, a:x86_64: ~bin/b",
            ),
            (format!("F:bin\nR:a\n{sha1}f:S\nP:a\n"), "a: /bin, a: ~bin/a sha256-160"),
            ("P:a\nF:\nF:etc/apk\nR:keys\n".into(), "a: /, a: /etc/apk, a: ~etc/apk/keys"),
            (
                format!("P:a\n{sha1}R:x\nF:bin\n{sha1}"),
                "a: /bin, apk-file-astray, apk-file-astray, apk-file-astray",
            ),
            (
                "P:a\nF:bin\nR:a\nZ:Q1AA\nR:../../b\nR:c\nZ:Q12jmj7l5rSw0yVb/vlWAYkK/YBwk\n".into(),
                "a: /bin, a: ~bin/a, a: ~bin/c, apk-checksum-unreadable, recorded-path-unusable, apk-checksum-unreadable",
            ),
            ("V:1\nF:bin\nR:a\n\n".into(), ""),
            (
                format!("P:a\nF:bin\nR:a\nP:b\nF:bin\nR:b\n{sha1}"),
                "a: /bin, a: ~bin/a, b: /bin, b: ~bin/b sha1",
            ),
        ] {
            let path = EntryPath::clean(b"lib/apk/db/installed").unwrap();
            let mut findings = Findings::default();
            let input = File::new(&path, content.as_bytes());
            let _ = ApkFiles.analyze(&input, &mut findings);
            assert_eq!(outline(&findings), expected, "{content}");
        }
    }
}
