//! Any bytes, read as os-release and as every older release file: never a panic, a bounded number
//! of one-line diagnostics, and a distribution that has an ID.

#![no_main]

use cutaway_analyze::{Findings, Input, Location};
use cutaway_analyzers_os::ALL;
use cutaway_layerfs::EntryPath;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| {
    for analyzer in ALL.iter().filter(|analyzer| {
        analyzer.name().contains("release") || analyzer.name().contains("version")
    }) {
        let Some(Location::File(path)) = analyzer.locations().first() else { continue };
        let path = EntryPath::clean(path.as_bytes()).expect("a clean path");
        let mut findings = Findings::default();
        analyzer.analyze(&Input { path: &path, content, companion: None }, &mut findings);
        assert!(findings.diagnostics.len() <= 102);
        assert!(
            findings
                .diagnostics
                .iter()
                .all(|it| it.message.len() <= 300 && !it.message.contains('\n'))
        );
        assert!(findings.distro.is_none_or(|distro| !distro.id.is_empty()));
        assert!(findings.packages.is_empty());
    }
});
