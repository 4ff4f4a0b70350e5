//! Any bytes, read as apk's database: never a panic, a bounded number of one-line diagnostics, and
//! no more text in the packages than the file has.

#![no_main]

use cutaway_analyze::{Findings, Input};
use cutaway_analyzers_os::ALL;
use cutaway_layerfs::EntryPath;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| {
    let path = EntryPath::clean(b"lib/apk/db/installed").expect("a clean path");
    for analyzer in ALL.iter().filter(|analyzer| analyzer.wants(path.as_bytes())) {
        let mut findings = Findings::default();
        analyzer.analyze(&Input { path: &path, content, companion: None }, &mut findings);
        assert!(findings.diagnostics.len() <= 102);
        assert!(
            findings
                .diagnostics
                .iter()
                .all(|it| it.message.len() <= 300 && !it.message.contains('\n'))
        );
        let names: usize =
            findings.packages.iter().map(|it| it.name.len() + it.version.len()).sum();
        // A byte that is not UTF-8 becomes three.
        assert!(names <= 3 * content.len());
        assert!(findings.packages.iter().all(|it| !it.name.is_empty() && !it.version.is_empty()));
    }
});
