//! Findings about packages in one line, for tables in tests.

use cutaway_analyze::{Analyzer, File, Findings, Package};
use cutaway_layerfs::EntryPath;

/// Reads a file that lies in its place. Returns name, version and architecture of each package, and behind a
/// semicolon the codes of the diagnostics.
pub(crate) fn outline(analyzer: &impl Analyzer, path: &str, content: &[u8]) -> String {
    let findings = read(analyzer, path, content);
    let of = |it: &Package| {
        let texts = [Some(it.name.as_str()), Some(it.version.as_str()), it.arch.as_deref()];
        texts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    };
    let packages: Vec<String> = findings.packages().iter().map(|it| of(it)).collect();
    let codes: Vec<&str> = findings.diagnostics().iter().map(|it| &*it.code).collect();
    let behind = if codes.is_empty() { String::new() } else { format!("; {}", codes.join(" ")) };
    packages.join(", ") + &behind
}

/// Reads a file that lies in its place.
pub(crate) fn read(analyzer: &impl Analyzer, path: &str, content: &[u8]) -> Findings {
    let path = EntryPath::clean(path.as_bytes()).unwrap();
    assert!(analyzer.interest().holds(path.as_bytes()), "{path}");
    let mut findings = Findings::default();
    let _ = analyzer.analyze(&File::new(&path, content), &mut findings);
    findings
}
