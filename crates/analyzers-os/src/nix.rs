//! Nix: `nix/var/nix/db/db.sqlite`, whose table `ValidPaths` has a row for each path of the store.
//!
//! ```text
//! /nix/store/5i9x…-hello-2.12.1-man | sha256:… | 1718000000 | /nix/store/p2z7…-hello-2.12.1.drv | 4096
//! ```
//!
//! The name of a path is that of its derivation with an output behind it, and a name ends where a hyphen has
//! no letter behind it, as Nix itself splits them (`DrvName`). Outputs of one derivation are one package. What
//! has no version (sources, scripts, environments) is no package, and is counted. Format: schema 10,
//! `libstore/schema.sql`.

use std::collections::BTreeSet;

use cutaway_analyze::{
    Analyzer, AnalyzerId, Companion, Database, Details, Ecosystem, File, Findings, Interest,
    Outcome, Package,
};

use crate::reporter::Reporter;
use crate::sqlite;

/// SQLite's write-ahead log.
const COMPANIONS: &[Companion] = &[Companion::new("-wal")];
/// How long the digest in front of a name is.
const DIGEST_LEN: usize = 32;
/// Columns of the table.
const PATH: usize = 1;
const REGISTERED: usize = 3;
const DERIVER: usize = 4;

/// The reader of the store's database.
#[derive(Debug)]
pub(crate) struct Nix;

impl Analyzer for Nix {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("nix", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().files(["nix/var/nix/db/db.sqlite"])
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        let mut reporter = Reporter::new(findings);
        let (content, log) = (file.start(), file.companion(0).unwrap_or_default());
        let (mut packages, mut nameless) = (BTreeSet::new(), 0_usize);
        if content.is_empty() && log.is_empty() {
            reporter.empty();
        } else {
            sqlite::rows(content, log, "ValidPaths", |row| match row {
                Ok(row) => {
                    let (path, deriver) = (row.text(PATH), row.text(DERIVER));
                    let Some(name) = path.as_deref().and_then(name_of) else {
                        let number = row.id;
                        let why = format_args!("row {number} has no path of the store");
                        return reporter.error("nix-row-unreadable", why);
                    };
                    if name.ends_with(".drv") {
                        return;
                    }
                    let deriver = deriver.as_deref().and_then(name_of);
                    let Some((name, version)) = split(derivation(name, deriver)) else {
                        nameless = nameless.saturating_add(1);
                        return;
                    };
                    let since = row.number(REGISTERED).and_then(|it| u64::try_from(it).ok());
                    packages.insert((name.to_owned(), version.to_owned(), since));
                }
                Err(error) => reporter.error("nix-database-unreadable", error),
            });
        }
        let mut last: Option<(String, String)> = None;
        // Of several outputs the first one that was registered counts.
        for (name, version, since) in packages {
            let key = (name, version);
            if last.as_ref() == Some(&key) {
                continue;
            }
            let mut package = Package::new(Ecosystem::NIX, key.0.as_str(), key.1.as_str());
            let mut details = Details::default();
            details.installed_at = since;
            package.set_details(details);
            reporter.findings().package(package);
            last = Some(key);
        }
        if nameless > 0 {
            let why = format_args!("{nameless} paths of the store have no version in their names");
            reporter.warning("nix-paths-without-version", why);
        }
        reporter.finish();
        Outcome::Done
    }
}

impl Database for Nix {
    fn companions(&self) -> &[Companion] {
        COMPANIONS
    }
}

/// Returns what stands behind the digest of a path of a store, wherever that is.
fn name_of(path: &str) -> Option<&str> {
    let (digest, name) = path.rsplit('/').next()?.split_once('-')?;
    (digest.len() == DIGEST_LEN && !name.is_empty()).then_some(name)
}

/// Returns the name of the derivation: that of a path without the output behind it.
fn derivation<'a>(name: &'a str, deriver: Option<&'a str>) -> &'a str {
    let whole = deriver.and_then(|it| it.strip_suffix(".drv")).filter(|whole| {
        let output = name.strip_prefix(whole);
        output.is_some_and(|output| output.is_empty() || output.starts_with('-'))
    });
    whole.unwrap_or(name)
}

/// Splits the name of a derivation into name and version.
fn split(name: &str) -> Option<(&str, &str)> {
    let mut hyphens = name.match_indices('-').map(|(at, _)| at);
    let at = hyphens.find(|at| {
        let behind = name.get(at.saturating_add(1)..).unwrap_or_default();
        behind.starts_with(|it: char| !it.is_ascii_alphabetic())
    })?;
    let (name, version) = name.split_at_checked(at)?;
    let version = version.strip_prefix('-')?;
    (!name.is_empty()).then_some((name, version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let digest = "5i9xg5k1y2r7bjwv3m4n6p8q0s2d4f6h";
        let path = |name: &str| format!("/nix/store/{digest}-{name}");
        for (name, deriver, expected) in [
            ("hello-2.12.1", Some("hello-2.12.1.drv"), Some(("hello", "2.12.1"))),
            ("hello-2.12.1-man", Some("hello-2.12.1.drv"), Some(("hello", "2.12.1"))),
            ("hello-2.12.1-man", None, Some(("hello", "2.12.1-man"))),
            ("gcc-wrapper-13.2.0", Some("x.drv"), Some(("gcc-wrapper", "13.2.0"))),
            ("nix-2.8.0-unstable-2024-01-01", None, Some(("nix", "2.8.0-unstable-2024-01-01"))),
            ("zoneinfo-2024a", None, Some(("zoneinfo", "2024a"))),
            ("builder.sh", None, None),
            ("stdenv-linux", None, None),
            ("-1", None, None),
        ] {
            let (path, deriver) = (path(name), deriver.map(path));
            let deriver = deriver.as_deref().and_then(name_of);
            assert_eq!(split(derivation(name_of(&path).unwrap(), deriver)), expected, "{name}");
        }
        for path in ["", "/nix/store", "/nix/store/abc-hello-1", &path("")] {
            assert_eq!(name_of(path), None, "{path}");
        }
    }
}
