//! pacman's local database: one directory a package, with a file `desc` in it.
//!
//! ```text
//! %NAME%
//! bash
//!
//! %VERSION%
//! 5.2.026-2
//! ```
//!
//! A *field* is a title in percent signs and the lines below it, up to a blank one. Format: libalpm's
//! `be_local.c`. Files are read by [`AlpmFiles`](crate::alpm_files::AlpmFiles).

use std::collections::BTreeMap;

use cutaway_analyze::{
    Analyzer, AnalyzerId, Database, Details, Ecosystem, File, Findings, InstallReason, Interest,
    Outcome, Package, Place, Source, Unrecorded,
};

use crate::bytes::number;
use crate::line::{Line, lines};
use crate::reporter::{Reporter, quote};
use crate::unrecorded;

/// Where the database lies.
pub(crate) const LOCAL: &str = "var/lib/pacman/local";

/// The reader of packages.
#[derive(Debug)]
pub(crate) struct Alpm;

impl Analyzer for Alpm {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("alpm", 3)
    }

    fn interest(&self) -> Interest {
        Interest::default().at(Place::in_each(LOCAL, "desc"))
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        let mut reporter = Reporter::new(findings);
        let fields = Fields::read(file.start(), &mut reporter);
        let missing = if fields.first("NAME").is_none() { "name" } else { "version" };
        match (fields.first("NAME"), fields.first("VERSION")) {
            (Some(name), Some(version)) => reporter.package(package(&fields, name, version)),
            (name, _) => reporter.error(
                "alpm-record-incomplete",
                format_args!("the record {} has no {missing}", quote(name.unwrap_or_default())),
            ),
        }
        reporter.finish();
        Outcome::Done
    }
}

impl Database for Alpm {
    fn unrecorded(&self) -> &'static [Unrecorded] {
        unrecorded::PACMAN
    }
}

fn package(fields: &Fields<'_>, name: &[u8], version: &[u8]) -> Package {
    let version = text(version);
    let (epoch, rest) = match version.split_once(':') {
        Some((epoch, rest)) => (epoch.parse().ok(), rest),
        None => (None, version.as_str()),
    };
    let release = rest.rsplit_once('-').map(|(_, release)| release.to_owned());
    let base = fields.first("BASE").map(text);
    let source = base.map(|name| Source { name, version: Some(version.clone()) });
    let mut package = Package::new(Ecosystem::ALPM, text(name), version);
    package.epoch = epoch;
    package.release = release;
    package.arch = fields.first("ARCH").map(text);
    package.source = source;
    package.licenses = fields.all("LICENSE").map(|line| text(line.text)).collect();
    package.vendor = fields.first("PACKAGER").map(text);
    // pacman writes the reason only where it is 1.
    package.install_reason = Some(match fields.first("REASON") {
        None | Some(b"0") => InstallReason::Explicit,
        Some(_) => InstallReason::Dependency,
    });
    package.set_details(details(fields));
    package
}

fn details(fields: &Fields<'_>) -> Details {
    let all = |title| fields.all(title).map(|line| String::from_utf8_lossy(line.text)).collect();
    let one = |title| fields.first(title).map(|value| text(value).into());
    let count = |title| fields.first(title).and_then(number);
    let mut details = Details::default();
    details.depends = all("DEPENDS");
    details.provides = all("PROVIDES");
    details.maintainer = one("PACKAGER");
    details.homepage = one("URL");
    details.repository = one("INSTALLED_DB");
    details.installed_size = count("SIZE");
    details.built_at = count("BUILDDATE");
    details.installed_at = count("INSTALLDATE");
    details
}

fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value).into_owned()
}

/// The fields of a file of the database.
#[derive(Debug, Default)]
pub(crate) struct Fields<'a>(BTreeMap<&'a [u8], Vec<Line<'a>>>);

impl<'a> Fields<'a> {
    /// Takes a file apart; says what stands outside of fields, and where the file was cut.
    pub(crate) fn read(content: &'a [u8], reporter: &mut Reporter<'_>) -> Self {
        let mut fields = Self::default();
        let mut within: Option<&[u8]> = None;
        for line in lines(content) {
            if !line.ended {
                reporter.error(
                    "alpm-line-cut",
                    format_args!(
                        "the file ends in line {}, without a newline: {}",
                        line.number,
                        quote(line.text)
                    ),
                );
            }
            if line.is_too_long() {
                reporter.error("line-over-limit", line.too_long());
                continue;
            }
            match (line.text, within) {
                ([], _) => within = None,
                ([b'%', title @ .., b'%'], None) => {
                    within = Some(title);
                    fields.0.entry(title).or_default();
                }
                (_, Some(title)) => fields.0.entry(title).or_default().push(line),
                (_, None) => reporter.error(
                    "alpm-line-unreadable",
                    format_args!("line {} is in no field: {}", line.number, quote(line.text)),
                ),
            }
        }
        fields
    }

    /// Returns the lines of a field.
    pub(crate) fn all(&self, title: &str) -> impl Iterator<Item = &Line<'a>> {
        self.0.get(title.as_bytes()).into_iter().flatten()
    }

    fn first(&self, title: &str) -> Option<&'a [u8]> {
        self.all(title).next().map(|line| line.text)
    }
}

#[cfg(test)]
mod tests {
    use cutaway_layerfs::EntryPath;

    use super::*;

    fn read(content: &str) -> Findings {
        let path = EntryPath::clean(b"var/lib/pacman/local/a-1-1/desc").unwrap();
        assert!(Alpm.interest().holds(path.as_bytes()));
        let mut findings = Findings::default();
        let input = File::new(&path, content.as_bytes());
        let _ = Alpm.analyze(&input, &mut findings);
        findings
    }

    #[test]
    fn packages() {
        let findings = read(
            "%NAME%\nlibfoo\n\n%VERSION%\n1:2.3-4\n\n%BASE%\nfoo\n\n%ARCH%\nx86_64\n\n%PACKAGER%\nA <a@b>\n\n%LICENSE%\nGPL\nMIT\n\n%VALIDATION%\npgp\n\n",
        );
        let package = &findings.packages()[0];
        assert_eq!((package.name.as_str(), package.version.as_str()), ("libfoo", "1:2.3-4"));
        assert_eq!((package.epoch, package.release.as_deref()), (Some(1), Some("4")));
        assert_eq!(package.licenses, ["GPL", "MIT"]);
        let source = package.source.as_ref().unwrap();
        assert_eq!((source.name.as_str(), source.version.as_deref()), ("foo", Some("1:2.3-4")));
        assert_eq!(findings.diagnostics(), []);
    }

    #[test]
    fn broken_records() {
        for (content, packages, codes) in [
            ("", 0, "alpm-record-incomplete"),
            ("%NAME%\na\n\n", 0, "alpm-record-incomplete"),
            ("%VERSION%\n1-1\n\n", 0, "alpm-record-incomplete"),
            ("%NAME%\na\n\n%VERSION%\n1-1", 1, "alpm-line-cut"),
            ("junk\n%NAME%\na\n\n%VERSION%\n1-1\n", 1, "alpm-line-unreadable"),
        ] {
            let findings = read(content);
            let found: Vec<&str> = findings.diagnostics().iter().map(|it| &*it.code).collect();
            assert_eq!((findings.packages().len(), found.join(" ")), (packages, codes.to_owned()));
        }
    }
}
