//! What tests of readers have in common.

use cutaway_analyze::{Analyzer, Candidate, File, Findings, Severity, Want};
use cutaway_layerfs::EntryPath;

/// Returns whether a reader wants a file at a path.
pub(crate) fn wants(analyzer: &impl Analyzer, path: &str) -> bool {
    let clean = EntryPath::clean(path.as_bytes()).unwrap();
    let wanted = analyzer.wants(&Candidate::new(&clean, 100, 0o644)) != Want::No;
    wanted && analyzer.interest().holds(path.as_bytes())
}

/// Reads a file whole, and every start of it, and returns what the whole says: `NAME VERSION PLACE` of
/// each record, `SEVERITY CODE` of each diagnostic.
pub(crate) fn rows(analyzer: &impl Analyzer, path: &str, content: &[u8]) -> Vec<String> {
    let clean = EntryPath::clean(path.as_bytes()).unwrap();
    for end in 0..content.len().min(4096) {
        let mut found = Findings::default();
        let _ = analyzer.analyze(&File::new(&clean, &content[..end]), &mut found);
        assert!(found.diagnostics().iter().all(|it| it.message.len() <= 300));
    }
    let mut found = Findings::default();
    let _ = analyzer.analyze(&File::new(&clean, content), &mut found);
    let packages = found.packages().iter().map(|it| {
        format!("{} {} {}", it.name, it.version, it.place.as_deref().unwrap_or_default())
    });
    let said = found.diagnostics().iter().map(|it| {
        assert!(it.message.len() <= 300 && !it.message.contains('\n'), "{}", it.message);
        let severity = if it.severity == Severity::Error { "Error" } else { "Warning" };
        format!("{severity} {}", it.code)
    });
    packages.chain(said).collect()
}
