//! Any bytes, read as os-release and as every older release file: never a panic, a bounded number
//! of one-line diagnostics, and a distribution that has an ID.

#![no_main]

use cutaway_analyze::Location;
use cutaway_analyzers_os::ALL;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| {
    for analyzer in ALL.iter().filter(|analyzer| {
        analyzer.name().contains("release") || analyzer.name().contains("version")
    }) {
        let Some(Location::File(path)) = analyzer.locations().first() else { continue };
        cutaway_fuzz::read(path, content, None, |findings| {
            assert!(findings.distro.as_ref().is_none_or(|distro| !distro.id.is_empty()));
            assert!(findings.packages.is_empty());
        });
    }
});
