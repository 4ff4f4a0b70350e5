//! Any bytes, read as os-release and as every older release file: never a panic, a bounded number
//! of one-line diagnostics, and a distribution that has an ID.

#![no_main]

use cutaway_analyze::{Place, Role};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| {
    let analyzers = cutaway_analyzers_os::analyzers();
    for (_, member) in analyzers.of_role(Role::Release) {
        let Some(Place::File(path)) = member.interest().places().first() else { continue };
        cutaway_fuzz::read(path, content, None, |findings| {
            assert!(findings.distro().is_none_or(|distro| !distro.id.is_empty()));
            assert!(findings.packages().is_empty());
        });
    }
});
