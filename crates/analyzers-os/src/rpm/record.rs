//! From a header to a package or a key: what the tags mean, and what makes a record unusable.

use std::fmt;

use cutaway_analyze::{Ecosystem, FileRecords, Key, Package, Source};

use super::details::details;
use super::files;
use super::header::{Error, Header};
use crate::reporter::{Reporter, quote};

/// Tags of rpm (`include/rpm/rpmtag.h`).
pub(super) const NAME: u32 = 1000;
const VERSION: u32 = 1001;
const RELEASE: u32 = 1002;
const EPOCH: u32 = 1003;
const SUMMARY: u32 = 1004;
const VENDOR: u32 = 1011;
const LICENSE: u32 = 1014;
pub(super) const ARCH: u32 = 1022;
const SOURCE_RPM: u32 = 1044;

/// What rpm calls the keys that it trusts, which it keeps among the packages.
pub(crate) const KEY: &str = "gpg-pubkey";

/// The records of one database while it is read.
#[derive(Debug)]
pub(super) struct Records<'f> {
    /// Where the reader of a form says what is wrong with it.
    pub(super) reporter: Reporter<'f>,
    /// Where records of files go; none where packages are read.
    files: Option<&'f mut FileRecords>,
}

impl<'f> Records<'f> {
    /// Starts reading packages.
    pub(super) fn packages(reporter: Reporter<'f>) -> Self {
        Self { reporter, files: None }
    }

    /// Starts reading what packages say of files.
    pub(super) fn files(reporter: Reporter<'f>, files: &'f mut FileRecords) -> Self {
        Self { reporter, files: Some(files) }
    }

    /// Adds the record whose header is `blob`; `place` says where it lies.
    pub(super) fn add(&mut self, blob: &[u8], place: fmt::Arguments<'_>) {
        let header = match Header::parse(blob) {
            Ok(header) => header,
            Err(error) => {
                self.reporter.error("rpm-header-unreadable", format_args!("{place}: {error}"));
                return;
            }
        };
        if let Some(files) = &mut self.files {
            files::add(header, place, files, &mut self.reporter);
            return;
        }
        let name = self.string(header, NAME, place);
        let version = self.string(header, VERSION, place);
        let (Some(name), Some(version)) = (name, version) else {
            let what = if name.is_none() { "name" } else { "version" };
            let shown = quote(name.or(version).unwrap_or_default());
            self.reporter
                .error("rpm-record-incomplete", format_args!("{place} ({shown}) has no {what}"));
            return;
        };
        let release = self.string(header, RELEASE, place).map(text);
        let (name, version) = (text(name), text(version));
        let odd = release.as_ref().is_none_or(|release| is_odd(release)) || is_odd(&version);
        let full = match &release {
            Some(release) => format!("{version}-{release}"),
            None => version,
        };
        if odd {
            self.reporter.warning(
                "rpm-version-odd",
                format_args!(
                    "{place} ({}) has the odd version {}",
                    quote(name.as_bytes()),
                    quote(full.as_bytes())
                ),
            );
        }
        if name == KEY {
            let summary = self.string(header, SUMMARY, place).map(text);
            self.reporter.findings().key(Key { name, version: full, summary });
            return;
        }
        let epoch = self.take(header.number(EPOCH), place).map(u64::from);
        let version = match epoch {
            Some(epoch) if epoch > 0 => format!("{epoch}:{full}"),
            _ => full,
        };
        let mut package = Package::new(Ecosystem::RPM, name, version);
        package.epoch = epoch;
        package.release = release;
        package.arch = self.string(header, ARCH, place).map(text);
        let source = self.string(header, SOURCE_RPM, place);
        package.source = source.map(|file| source_of(&text(file)));
        package.licenses = self.string(header, LICENSE, place).map(text).into_iter().collect();
        package.vendor = self.string(header, VENDOR, place).map(text);
        let mut told = |error| {
            self.reporter.error("rpm-field-unreadable", format_args!("{place}: {error}"));
        };
        package.set_details(details(header, &mut told));
        self.reporter.package(package);
    }

    fn string<'a>(
        &mut self,
        header: Header<'a>,
        tag: u32,
        place: fmt::Arguments<'_>,
    ) -> Option<&'a [u8]> {
        let value = self.take(header.string(tag), place);
        // `(none)` is what rpm prints for a missing value; some builders wrote it back.
        value.filter(|value| !matches!(*value, b"" | b"(none)"))
    }

    fn take<T>(&mut self, value: Result<Option<T>, Error>, place: fmt::Arguments<'_>) -> Option<T> {
        value.unwrap_or_else(|error| {
            self.reporter.error("rpm-field-unreadable", format_args!("{place}: {error}"));
            None
        })
    }
}

/// Takes a source package's file name apart: `name-version-release.src.rpm`, from the right.
pub(crate) fn source_of(file: &str) -> Source {
    let stem =
        file.strip_suffix(".src.rpm").or_else(|| file.strip_suffix(".nosrc.rpm")).unwrap_or(file);
    let parts = stem.rsplit_once('-').and_then(|(rest, release)| {
        let (name, version) = rest.rsplit_once('-')?;
        Some((name, format!("{version}-{release}")))
    });
    match parts {
        Some((name, version)) if !name.is_empty() => {
            Source { name: name.to_owned(), version: Some(version) }
        }
        _ => Source { name: stem.to_owned(), version: None },
    }
}

/// Returns whether a version or release has characters that rpm refuses to build.
fn is_odd(version: &str) -> bool {
    version.is_empty()
        || !version.bytes().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'+' | b'~' | b'^')
        })
}

fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value).into_owned()
}

#[cfg(test)]
mod tests {
    use super::source_of;

    #[test]
    fn source_packages() {
        for (file, name, version) in [
            ("bash-5.1.8-1.cm2.src.rpm", "bash", Some("5.1.8-1.cm2")),
            ("java-11-openjdk-11.0.1-2.nosrc.rpm", "java-11-openjdk", Some("11.0.1-2")),
            ("a-1-2", "a", Some("1-2")),
            ("odd.src.rpm", "odd", None),
            ("odd-1.src.rpm", "odd-1", None),
            ("-1-2.src.rpm", "-1-2", None),
        ] {
            let source = source_of(file);
            assert_eq!(
                (source.name.as_str(), source.version.as_deref()),
                (name, version),
                "{file}"
            );
        }
    }
}
