//! The files of pacman's packages: lists, configuration files, sums and scripts.
//!
//! ```text
//! files      %FILES%   etc/              a directory
//!                      etc/makepkg.conf
//!            %BACKUP%  etc/makepkg.conf  79fce043df7dfc676ae5ecb903762d8b
//! mtree      ./etc/makepkg.conf time=1652116331.0 size=6249 sha256digest=0720…
//! install    a script
//! ```
//!
//! Formats: libalpm's `be_local.c`; mtree(5), which is compressed with gzip. The list owns; sums
//! complete it, and a package without them cannot be compared.

use cutaway_analyze::{
    Analyzer, AnalyzerId, ContentDigest, Database, Ecosystem, File, FileRecord, FileRecords,
    FileRole, Findings, Interest, Outcome, PackageRef, Place, Traits,
};
use cutaway_layerfs::EntryPath;

use crate::alpm::{Fields, LOCAL};
use crate::line::lines;
use crate::mtree::{Entry, Settings};
use crate::reporter::{Reporter, quote};
use crate::unpack::gunzip;
use crate::{recorded, script};

/// The reader of files.
#[derive(Debug)]
pub(crate) struct AlpmFiles;

impl Analyzer for AlpmFiles {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("alpm-files", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default()
            .at(Place::in_each(LOCAL, "files"))
            .at(Place::in_each(LOCAL, "mtree"))
            .at(Place::in_each(LOCAL, "install"))
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        let directory = file.path().directory();
        let database = PackageRef::Database(directory.join(&[b"desc"]));
        let mut files = std::mem::take(&mut findings.files);
        let mut reporter = Reporter::new(findings);
        let name = file.path().name();
        let owner = files.owner(Ecosystem::ALPM, database, name == b"files");
        match name {
            b"files" => list(file.start(), owner, &mut files, &mut reporter),
            b"mtree" => sums(file.start(), owner, &mut files, &mut reporter),
            b"install" => {
                let package = String::from_utf8_lossy(directory.name()).into_owned();
                let reason = format!("named in the install script of {package}");
                script::origins(file.start(), owner, &reason, &mut files);
            }
            _ => {}
        }
        reporter.finish();
        files.shrink();
        findings.files = files;
        Outcome::Done
    }
}

impl Database for AlpmFiles {}

fn list(content: &[u8], owner: u32, files: &mut FileRecords, reporter: &mut Reporter<'_>) {
    let fields = Fields::read(content, reporter);
    for line in fields.all("FILES") {
        let role = if line.text.ends_with(b"/") { FileRole::Directory } else { FileRole::Any };
        if let Some(path) = usable(line.text, line.number, reporter) {
            let (path, traits) = (path.as_bytes(), Traits::default());
            files.push(&FileRecord { owner, path, role, digest: None, link: None, traits });
        }
    }
    for line in fields.all("BACKUP") {
        let mut parts = line.text.splitn(2, |&byte| byte == b'\t');
        let (path, sum) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let digest = ContentDigest::from_hex(sum);
        if digest.is_none() {
            reporter.error(
                "alpm-backup-unreadable",
                format_args!(
                    "line {} is not a path, a tab and an MD5 sum: {}",
                    line.number,
                    quote(line.text)
                ),
            );
        }
        if let Some(path) = usable(path, line.number, reporter) {
            let traits = Traits { config: true, supplement: true, ..Traits::default() };
            let path = path.as_bytes();
            files.push(&FileRecord {
                owner,
                path,
                role: FileRole::Any,
                digest,
                link: None,
                traits,
            });
        }
    }
}

fn sums(content: &[u8], owner: u32, files: &mut FileRecords, reporter: &mut Reporter<'_>) {
    let text = match gunzip(content) {
        Ok(text) => text,
        Err(error) => {
            reporter.error("mtree-unreadable", error);
            return;
        }
    };
    let mut settings = Settings::default();
    for line in lines(&text) {
        if line.is_too_long() {
            reporter.error("line-over-limit", line.too_long());
            continue;
        }
        let entry = match settings.line(line.text) {
            Ok(Some(entry)) => entry,
            Ok(None) => continue,
            Err(rule) => {
                reporter.error(
                    "mtree-line-unreadable",
                    format_args!("line {}: {rule}: {}", line.number, quote(line.text)),
                );
                continue;
            }
        };
        let Entry { path, role, digest, link } = entry;
        let Some(path) = usable(&path, line.number, reporter) else { continue };
        // What describes the package itself is not unpacked.
        if path.as_bytes().starts_with(b".") && path.components().count() == 1 {
            continue;
        }
        files.push(&FileRecord {
            owner,
            path: path.as_bytes(),
            role,
            digest,
            link: link.as_deref(),
            traits: Traits { supplement: true, ..Traits::default() },
        });
    }
}

fn usable(path: &[u8], line: usize, reporter: &mut Reporter<'_>) -> Option<EntryPath> {
    let cleaned = recorded::clean(path);
    if let Err(reason) = &cleaned {
        reporter.error(
            "recorded-path-unusable",
            format_args!("line {line}: {}: {reason}", quote(path)),
        );
    }
    cleaned.ok()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::file_outline::outline;

    fn read(name: &str, content: &[u8]) -> String {
        let path = EntryPath::clean(format!("{LOCAL}/a-1-1/{name}").as_bytes()).unwrap();
        assert!(AlpmFiles.interest().holds(path.as_bytes()));
        let mut findings = Findings::default();
        let _ = AlpmFiles.analyze(&File::new(&path, content), &mut findings);
        outline(&findings).replace("var/lib/pacman/local/a-1-1/desc", "a")
    }

    #[test]
    fn lists() {
        for (content, expected) in [
            (
                "%FILES%\netc/\netc/a\n\n%BACKUP%\netc/a\td41d8cd98f00b204e9800998ecf8427e\n\n",
                "a: /etc, a: ?etc/a, a: ?etc/a md5 config supplement",
            ),
            (
                "%BACKUP%\netc/a\n../b\tx\n",
                "a: ?etc/a config supplement, alpm-backup-unreadable, alpm-backup-unreadable, recorded-path-unusable",
            ),
            ("%FILES%\n../a\nb", "a: ?b, alpm-line-cut, recorded-path-unusable"),
            ("", ""),
        ] {
            assert_eq!(read("files", content.as_bytes()), expected, "{content}");
        }
        assert_eq!(
            read("install", b"post_install() { rm -f /etc/a.old; }"),
            "etc/a.old by named in the install script of a-1-1"
        );
    }

    #[test]
    fn sums_are_compressed() {
        let sha256 = "70ad49587ad133764267ef9876c7845138fc7e786ab5b83db278ed7770bf6362";
        let text = format!(
            "#mtree\n/set type=file mode=644\n./.PKGINFO sha256digest={sha256}\n./etc type=dir\n./etc/a\\040b sha256digest={sha256} md5digest=x\n./l type=link link=a\\040b\nodd sha256digest=1\n"
        );
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text.as_bytes()).unwrap();
        let expected = "a: /etc supplement, a: =etc/a b sha256 supplement, a: >l to a b supplement, mtree-line-unreadable";
        assert_eq!(read("mtree", &gzip.finish().unwrap()), expected);
        assert_eq!(read("mtree", text.as_bytes()), "mtree-unreadable");
    }
}
