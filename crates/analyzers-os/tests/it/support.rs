//! Finding the corpus, and handing bytes to the analyzer that wants them.

use std::path::PathBuf;

use cutaway_analyze::{Findings, Input, Package, Severity};
use cutaway_analyzers_os::{ALL, FILES};
use cutaway_layerfs::EntryPath;

pub(crate) const APK: &str = "lib/apk/db/installed";
pub(crate) const DPKG: &str = "var/lib/dpkg/status";
pub(crate) const RPM: &str = "var/lib/rpm/Packages";

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
    let mut wanting = ALL.iter().filter(|analyzer| analyzer.wants(path.as_bytes()));
    let analyzer = wanting.next().unwrap();
    assert!(wanting.next().is_none(), "two analyzers want {path}");
    let mut findings = Findings::default();
    analyzer.analyze(&Input { path: &path, content, companion }, &mut findings);
    for diagnostic in &findings.diagnostics {
        assert!(diagnostic.message.len() <= 300, "{diagnostic:?}");
        assert!(!diagnostic.message.contains(char::is_control), "{diagnostic:?}");
    }
    assert!(findings.diagnostics.len() <= 102, "{} diagnostics", findings.diagnostics.len());
    findings
}

/// Hands `content` to everyone who reads what packages say of files there; they take any bytes.
pub(crate) fn read_files(path: &str, content: &[u8], companion: Option<&[u8]>) {
    let path = EntryPath::clean(path.as_bytes()).unwrap();
    for analyzer in FILES.iter().filter(|analyzer| analyzer.wants(path.as_bytes())) {
        let mut findings = Findings::default();
        analyzer.analyze(&Input { path: &path, content, companion }, &mut findings);
        assert!(findings.diagnostics.len() <= 102, "{} diagnostics", findings.diagnostics.len());
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
            .diagnostics
            .iter()
            .filter(move |it| it.severity == severity)
            .map(|it| it.code)
            .collect()
    };
    (of(Severity::Error), of(Severity::Warning))
}

/// Returns the fields of an rpm in the order of `rpm -qa` lists: name, epoch, version, release,
/// architecture, source rpm, licence, vendor; sorted.
pub(crate) fn rpm_rows(packages: &[Package]) -> Vec<String> {
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
