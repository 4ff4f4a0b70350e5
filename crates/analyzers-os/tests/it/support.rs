//! Finding the corpus, and handing bytes to the analyzer that wants them.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::LazyLock;

use cutaway_analyze::{Analyzers, Diagnostic, File, Findings, Member, Package, Role, Severity};
use cutaway_analyzers_os::analyzers_with_records;
use cutaway_layerfs::EntryPath;

pub(crate) const APK: &str = "lib/apk/db/installed";
pub(crate) const CHISEL: &str = "var/lib/chisel/manifest.wall";
pub(crate) const DPKG: &str = "var/lib/dpkg/status";
pub(crate) const OPKG: &str = "usr/lib/opkg/status";
pub(crate) const RPM: &str = "var/lib/rpm/Packages";

static ALL: LazyLock<Analyzers> = LazyLock::new(analyzers_with_records);

/// Returns the readers of release files and packages, or those of what packages record of files.
pub(crate) fn readers(of_records: bool) -> impl Iterator<Item = &'static Member> {
    ALL.members().iter().filter(move |member| (member.role() == Role::Records) == of_records)
}

/// Returns whether a reader of release files or packages has an interest in a path.
pub(crate) fn is_wanted(path: &str) -> bool {
    readers(false).any(|member| member.interest().holds(path.as_bytes()))
}

/// Returns the folder of the corpus, `None` (and says so) where there is none.
pub(crate) fn corpus() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "tests find the corpus")]
    let given = std::env::var_os("CUTAWAY_CORPUS").map(PathBuf::from);
    let root = given
        .unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpus").into());
    if root.join("INDEX.tsv").is_file() {
        return Some(root);
    }
    eprintln!("skipped: no corpus");
    None
}

/// Returns a file of the corpus.
pub(crate) fn corpus_file(name: &str) -> Option<Vec<u8>> {
    Some(std::fs::read(corpus()?.join(name)).unwrap())
}

/// Analyzes `content` as the file at `path`, which one analyzer must want.
pub(crate) fn analyze(path: &str, content: &[u8]) -> Findings {
    analyze_with(path, content, None)
}

/// Analyzes `content` and its companion.
pub(crate) fn analyze_with(path: &str, content: &[u8], companion: Option<&[u8]>) -> Findings {
    let path = EntryPath::clean(path.as_bytes()).unwrap();
    let mut wanting = readers(false).filter(|analyzer| analyzer.interest().holds(path.as_bytes()));
    let analyzer = wanting.next().unwrap();
    assert!(wanting.next().is_none(), "two analyzers want {path}");
    let mut findings = Findings::default();
    let _ = analyzer
        .analyzer()
        .analyze(&File::new(&path, content).with_companions(&[companion]), &mut findings);
    for diagnostic in findings.diagnostics() {
        assert!(diagnostic.message.len() <= 300, "{diagnostic:?}");
        assert!(!diagnostic.message.contains(char::is_control), "{diagnostic:?}");
    }
    assert!(findings.diagnostics().len() <= 102, "{} diagnostics", findings.diagnostics().len());
    findings
}

/// Hands `content` to everyone who reads what packages say of files there; they take any bytes.
pub(crate) fn read_files(path: &str, content: &[u8], companion: Option<&[u8]>) {
    let path = EntryPath::clean(path.as_bytes()).unwrap();
    for analyzer in readers(true).filter(|analyzer| analyzer.interest().holds(path.as_bytes())) {
        let mut findings = Findings::default();
        let _ = analyzer
            .analyzer()
            .analyze(&File::new(&path, content).with_companions(&[companion]), &mut findings);
        assert!(
            findings.diagnostics().len() <= 102,
            "{} diagnostics",
            findings.diagnostics().len()
        );
        let mut records = 0;
        findings.files.for_each(|_, record| {
            records += 1;
            assert_eq!(EntryPath::clean(record.path).unwrap().as_bytes(), record.path);
            assert!(usize::try_from(record.owner).unwrap() < findings.files.owners().len());
        });
        assert_eq!(records, findings.files.len());
    }
}

/// Returns the codes of the errors and of the warnings.
pub(crate) fn codes(findings: &Findings) -> (Vec<&str>, Vec<&str>) {
    let of = |severity| {
        findings
            .diagnostics()
            .iter()
            .filter(move |it| it.severity == severity)
            .map(|it| &*it.code)
            .collect()
    };
    (of(Severity::Error), of(Severity::Warning))
}

/// Returns name and state of each package, and whether it counts as installed.
pub(crate) fn states(findings: &Findings) -> Vec<(&str, &str, bool)> {
    let packages = findings.packages().iter();
    packages.map(|it| (it.name.as_str(), it.state.as_str(), it.is_installed())).collect()
}

/// Returns the fields of an rpm in the order of `rpm -qa` lists: name, epoch, version, release,
/// architecture, source rpm, licence, vendor; sorted.
pub(crate) fn rpm_rows(packages: &[Arc<Package>]) -> Vec<String> {
    let none = || "(none)".to_owned();
    let mut rows: Vec<_> = packages
        .iter()
        .map(|package| {
            let release = package.release.clone().unwrap();
            let full =
                package.version.split_once(':').map_or(package.version.as_str(), |(_, full)| full);
            let version = full.strip_suffix(&format!("-{release}")).unwrap().to_owned();
            let source = package.source.as_ref();
            [
                package.name.clone(),
                package.epoch.unwrap_or(0).to_string(),
                version,
                release,
                package.arch.clone().unwrap_or_else(none),
                source.map_or_else(none, |it| {
                    format!("{}-{}.src.rpm", it.name, it.version.as_deref().unwrap())
                }),
                package.licenses.first().cloned().unwrap_or_else(none),
                package.vendor.clone().unwrap_or_else(none),
            ]
            .join("\t")
        })
        .collect();
    rows.sort();
    rows
}

/// Returns the first eight columns of an expected list, sorted.
pub(crate) fn expected_rows(list: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(list).unwrap();
    let mut rows: Vec<_> =
        text.lines().map(|line| line.split('\t').take(8).collect::<Vec<_>>().join("\t")).collect();
    rows.sort();
    rows
}

/// Returns the code of a diagnostic of this crate, which is never an owned one.
pub(crate) fn code(diagnostic: &Diagnostic) -> &'static str {
    match diagnostic.code {
        Cow::Borrowed(code) => code,
        Cow::Owned(_) => panic!("an owned code"),
    }
}
