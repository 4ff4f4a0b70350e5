//! Flatpak's applications: the AppStream metadata that each exports.
//!
//! ```text
//! var/lib/flatpak/app/ID/ARCH/BRANCH/COMMIT/export/share/metainfo/ID.metainfo.xml
//!
//! <component><id>org.gimp.GIMP</id><releases><release version="2.10.38"/></releases></component>
//! ```
//!
//! The first release is the one that is installed: releases are listed newest first. An application may state
//! none, and is told then. Names of directories say for which architecture, of which branch and which commit it
//! is. Format: AppStream 1.0, 2.1.

use cutaway_analyze::{
    Analyzer, AnalyzerId, Candidate, Details, Ecosystem, File, Findings, Interest, Outcome,
    Package, Want,
};
use cutaway_layerfs::EntryPath;

use crate::markup::{Step, Steps, attribute, text};
use crate::reporter::{Reporter, quote};

/// How deep elements may lie in each other.
const DEPTH_MAX: usize = 64;

/// The reader of applications.
#[derive(Debug)]
pub(crate) struct Flatpak;

impl Analyzer for Flatpak {
    fn id(&self) -> AnalyzerId {
        AnalyzerId::new("flatpak", 1)
    }

    fn interest(&self) -> Interest {
        Interest::default().ending(".metainfo.xml").ending(".appdata.xml")
    }

    fn wants(&self, file: &Candidate<'_>) -> Want {
        if is_exported(file.path) { Want::Whole { max: u64::MAX } } else { Want::No }
    }

    fn analyze(&self, file: &File<'_>, findings: &mut Findings) -> Outcome {
        if !is_exported(file.path()) {
            return Outcome::Done;
        }
        let mut reporter = Reporter::new(findings);
        let content = String::from_utf8_lossy(file.start());
        let said = Said::read(&content);
        if !said.whole {
            reporter.error("flatpak-unreadable", "the metadata is no whole document");
        }
        match (said.id, said.version) {
            (Some(id), Some(version)) => {
                let mut package = Package::new(Ecosystem::FLATPAK, id, version);
                package.licenses = said.license.into_iter().collect();
                package.vendor = said.developer;
                let mut details = Details::default();
                details.homepage = said.homepage.map(Into::into);
                if let [arch, branch, commit] = directories(file.path()).as_slice() {
                    package.arch = Some(arch.clone());
                    // Branches lie beside each other.
                    package.place = Some(branch.clone()).filter(|branch| branch != "stable");
                    details.slot = Some(branch.as_str().into());
                    let is_hex = commit.bytes().all(|byte| byte.is_ascii_hexdigit());
                    details.commit = is_hex.then(|| commit.as_str().into());
                }
                package.set_details(details);
                reporter.package(package);
            }
            (None, _) => reporter.error("flatpak-record-incomplete", "an application has no id"),
            (Some(id), None) => reporter.warning(
                "flatpak-record-without-release",
                format_args!("the application {} states no release", quote(id.as_bytes())),
            ),
        }
        reporter.finish();
        Outcome::Done
    }
}

/// Returns whether a path is that of metadata that an application exports.
fn is_exported(path: &EntryPath) -> bool {
    let parent = path.parent();
    let ends = [b"/export/share/metainfo".as_slice(), b"/export/share/appdata"];
    below(path).is_some() && ends.iter().any(|end| parent.ends_with(end))
}

/// Returns what stands behind the directory of applications, wherever that is.
fn below(path: &EntryPath) -> Option<&[u8]> {
    let path = path.as_bytes();
    let marker = b"flatpak/app/";
    let at = path.windows(marker.len()).position(|window| window == marker)?;
    let (before, below) = path.split_at_checked(at)?;
    below.strip_prefix(marker).filter(|_| before.is_empty() || before.ends_with(b"/"))
}

/// Returns the directories between that of the application and `export`.
fn directories(path: &EntryPath) -> Vec<String> {
    let parts = below(path).unwrap_or_default().split(|&byte| byte == b'/').skip(1);
    let parts = parts.take_while(|part| *part != b"export");
    parts.map(|part| String::from_utf8_lossy(part).into_owned()).collect()
}

/// What the metadata say.
#[derive(Debug, Default)]
struct Said {
    id: Option<String>,
    version: Option<String>,
    license: Option<String>,
    developer: Option<String>,
    homepage: Option<String>,
    /// Whether every element that was begun has ended.
    whole: bool,
}

impl Said {
    fn read(content: &str) -> Self {
        let mut said = Self::default();
        let mut open: Vec<&str> = Vec::new();
        let (mut begun, mut too_deep, mut is_homepage) = (false, false, false);
        let mut steps = Steps::new(content);
        for step in steps.by_ref() {
            match step {
                Step::Start { name, attributes, closed } => {
                    begun = true;
                    let is_release =
                        matches!(open.as_slice(), [_, "releases"]) && name == "release";
                    if is_release && said.version.is_none() {
                        said.version = attribute(attributes, "version").filter(|it| !it.is_empty());
                    }
                    is_homepage = attribute(attributes, "type").as_deref() == Some("homepage");
                    too_deep |= open.len() >= DEPTH_MAX;
                    if too_deep {
                        break;
                    }
                    if !closed {
                        open.push(name);
                    }
                }
                Step::End { name } => {
                    if open.pop() != Some(name) {
                        too_deep = true;
                        break;
                    }
                }
                Step::Text(raw) => {
                    let slot = match open.as_slice() {
                        [_, "id"] => &mut said.id,
                        [_, "project_license"] => &mut said.license,
                        [_, "developer_name"] | [_, "developer", "name"] => &mut said.developer,
                        [_, "url"] if is_homepage => &mut said.homepage,
                        _ => continue,
                    };
                    if slot.is_none() {
                        *slot = Some(text(raw)).filter(|it| !it.is_empty());
                    }
                }
            }
        }
        said.whole = begun && open.is_empty() && !too_deep && !steps.broken;
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str =
        "var/lib/flatpak/app/org.a.B/x86_64/stable/0a1b/export/share/metainfo/org.a.B.metainfo.xml";

    fn read(content: &str) -> (Vec<Package>, String) {
        let path = EntryPath::clean(PATH.as_bytes()).unwrap();
        assert!(Flatpak.interest().holds(path.as_bytes()) && is_exported(&path));
        let mut findings = Findings::default();
        let _ = Flatpak.analyze(&File::new(&path, content.as_bytes()), &mut findings);
        let codes: Vec<&str> = findings.diagnostics().iter().map(|it| &*it.code).collect();
        let codes = codes.join(" ");
        (findings.packages().iter().map(|it| Package::clone(it)).collect(), codes)
    }

    #[test]
    fn applications() {
        let (packages, codes) = read(
            "<component><!-- <id>x</id> --><id>org.a.B</id><project_license>MIT</project_license><url type='bugtracker'>u</url><url type='homepage'>https://a.org/</url><developer id='d'><name>A &amp; B</name></developer><releases><release date='x' version=\"2\"><description><p>t</p></description></release><release version=\"1\"/></releases></component>\n",
        );
        assert_eq!(codes, "");
        let package = &packages[0];
        assert_eq!((&*package.name, &*package.version), ("org.a.B", "2"));
        assert_eq!(
            (package.arch.as_deref(), package.vendor.as_deref()),
            (Some("x86_64"), Some("A & B"))
        );
        assert_eq!((package.licenses.join(" "), package.place.as_deref()), ("MIT".into(), None));
        let details = package.details.as_ref().unwrap();
        assert_eq!(
            (details.slot.as_deref(), details.commit.as_deref()),
            (Some("stable"), Some("0a1b"))
        );
        assert_eq!(details.homepage.as_deref(), Some("https://a.org/"));
        let path =
            EntryPath::clean(b"flatpak/app/a/current/export/share/appdata/a.appdata.xml").unwrap();
        assert_eq!((is_exported(&path), directories(&path)), (true, vec!["current".to_owned()]));
    }

    #[test]
    fn broken_metadata() {
        let deep = "<a>".repeat(100_000);
        for (content, packages, expected) in [
            ("<component><id>a</id></component>", 0, "flatpak-record-without-release"),
            (
                "<component><releases><release version='1'/></releases></component>",
                0,
                "flatpak-record-incomplete",
            ),
            (
                "<component><id>a</id><releases><release version='1'/></releases>",
                1,
                "flatpak-unreadable",
            ),
            (
                "<component><id>a</id><releases><release version='1'",
                0,
                "flatpak-unreadable flatpak-record-without-release",
            ),
            ("", 0, "flatpak-unreadable flatpak-record-incomplete"),
            (deep.as_str(), 0, "flatpak-unreadable flatpak-record-incomplete"),
            (
                "<component><id>a</id><x></y></component>",
                0,
                "flatpak-unreadable flatpak-record-without-release",
            ),
        ] {
            let (found, codes) = read(content);
            assert_eq!(
                (found.len(), codes.as_str()),
                (packages, expected),
                "{}",
                content.chars().take(80).collect::<String>()
            );
        }
        for other in [
            "usr/share/metainfo/a.metainfo.xml",
            "xflatpak/app/a/b/c/d/export/share/metainfo/a.metainfo.xml",
        ] {
            assert!(!is_exported(&EntryPath::clean(other.as_bytes()).unwrap()), "{other}");
        }
    }
}
