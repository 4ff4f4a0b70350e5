//! Any bytes, read as dpkg's database and as a file of its journal: never a panic, a bounded number of
//! one-line diagnostics, and no more text in the packages than the file has.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| {
    cutaway_fuzz::read_text("var/lib/dpkg/status", content);
    // A record of the journal may say no more than that a package is gone.
    cutaway_fuzz::read("var/lib/dpkg/updates/0017", content, None, |findings| {
        assert!(findings.packages().iter().all(|it| !it.name.is_empty()));
    });
});
