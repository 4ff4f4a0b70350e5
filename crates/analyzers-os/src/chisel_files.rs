//! What chisel's manifest says of files: whose each path is, and what it holds.

use std::collections::BTreeMap;

use cutaway_analyze::{
    Analyzer, AnalyzerId, ContentDigest, Database, Ecosystem, File, FileRecord, FileRole, Findings,
    Interest, Outcome, PackageRef, Traits,
};

use crate::chisel::{MANIFEST, package_of};
use crate::chisel_wall::{Row, Wall};
use crate::recorded;
use crate::reporter::{Reporter, quote};

/// The reader of paths.
#[derive(Debug)]
pub(crate) struct ChiselFiles;

impl Analyzer for ChiselFiles {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("chisel-files", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().files([MANIFEST])
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        let mut files = std::mem::take(&mut findings.files);
        // What is wrong with the manifest is said where its packages are read.
        let mut elsewhere = Findings::default();
        let mut unheard = Reporter::new(&mut elsewhere);
        let wall = Wall::unpack(file.start(), &mut unheard);
        let mut reporter = Reporter::new(findings);
        let mut owners = BTreeMap::<String, u32>::new();
        wall.rows(&mut unheard, |row, number, _| {
            let Some(path) = row.path.as_deref().filter(|_| row.kind.as_deref() == Some("path"))
            else {
                return;
            };
            let cleaned = match recorded::clean(path.as_bytes()) {
                Ok(path) => path,
                Err(reason) => {
                    let path = quote(path.as_bytes());
                    reporter.error(
                        "recorded-path-unusable",
                        format_args!("line {number}: {path}: {reason}"),
                    );
                    return;
                }
            };
            let (role, digest) = match contents(&row, path) {
                Ok(contents) => contents,
                Err(sum) => {
                    reporter.error(
                        "chisel-sum-unreadable",
                        format_args!("line {number} has no SHA-256 sum: {}", quote(sum.as_bytes())),
                    );
                    (FileRole::File, None)
                }
            };
            let mut packages: Vec<&str> = row.slices.iter().map(|it| package_of(it)).collect();
            packages.sort_unstable();
            packages.dedup();
            for package in packages {
                let known = owners.get(package).copied();
                let owner = known.unwrap_or_else(|| {
                    let named = PackageRef::Named { name: package.to_owned(), arch: None };
                    let owner = files.owner(Ecosystem::DEB, named, true);
                    owners.insert(package.to_owned(), owner);
                    owner
                });
                files.push(&FileRecord {
                    owner,
                    path: cleaned.as_bytes(),
                    role,
                    digest,
                    link: row.link.as_deref().map(str::as_bytes),
                    traits: Traits::default(),
                });
            }
        });
        reporter.finish();
        files.shrink();
        findings.files = files;
        Outcome::Done
    }
}

impl Database for ChiselFiles {}

/// Returns what is at a path; the sum where it is none.
fn contents<'a>(
    row: &'a Row<'_>,
    path: &str,
) -> Result<(FileRole, Option<ContentDigest>), &'a str> {
    let sum = row.final_sha256.as_deref().or(row.sha256.as_deref());
    match (sum, &row.link) {
        (_, Some(_)) => Ok((FileRole::Link, None)),
        (Some(sum), None) => {
            let digest = ContentDigest::from_hex(sum.as_bytes());
            let digest = digest.filter(|it| matches!(it, ContentDigest::Sha256(_)));
            digest.map(|it| (FileRole::File, Some(it))).ok_or(sum)
        }
        _ if path.ends_with('/') => Ok((FileRole::Directory, None)),
        _ => Ok((FileRole::Any, None)),
    }
}

#[cfg(test)]
mod tests {
    use cutaway_layerfs::EntryPath;

    use super::*;
    use crate::file_outline::outline;

    #[test]
    fn paths() {
        let sum = "70ad49587ad133764267ef9876c7845138fc7e786ab5b83db278ed7770bf6362";
        let head = r#"{"jsonwall":"1.0","schema":"1.0","count":2}"#;
        for (row, expected) in [
            (r#"{"kind":"path","path":"/run/","slices":["a_b"]}"#.to_owned(), "a: /run"),
            (
                r#"{"kind":"path","path":"/l","slices":["a_b","c_d","a_e"],"link":"x"}"#.into(),
                "a: >l to x, c: >l to x",
            ),
            (
                format!(r#"{{"kind":"path","path":"/f","slices":["a_b"],"sha256":"{sum}"}}"#),
                "a: =f sha256",
            ),
            (
                format!(
                    r#"{{"kind":"path","path":"/f","slices":["a_b"],"sha256":"x","final_sha256":"{sum}"}}"#
                ),
                "a: =f sha256",
            ),
            (
                r#"{"kind":"path","path":"/f","slices":["a_b"],"sha256":"x"}"#.into(),
                "a: =f, chisel-sum-unreadable",
            ),
            (r#"{"kind":"path","path":"/m","slices":["a_b"]}"#.into(), "a: ?m"),
            (r#"{"kind":"path","path":"../m","slices":["a_b"]}"#.into(), "recorded-path-unusable"),
            (r#"{"kind":"content","path":"/m","slice":"a_b"}"#.into(), ""),
            (r#"{"kind":"path"}"#.into(), ""),
            ("junk".into(), ""),
        ] {
            let path = EntryPath::clean(MANIFEST.as_bytes()).unwrap();
            let content = zstd::encode_all(format!("{head}\n{row}\n").as_bytes(), 3).unwrap();
            let mut findings = Findings::default();
            let _ = ChiselFiles.analyze(&File::new(&path, &content), &mut findings);
            assert_eq!(outline(&findings), expected, "{row}");
        }
    }
}
