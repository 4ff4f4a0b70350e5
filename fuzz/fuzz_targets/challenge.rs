//! Any text, read as a `WWW-Authenticate` header: parsing never fails, and challenges and their
//! parameters are no more than the header has room for.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/fetch/src/challenge.rs"]
mod challenge;

fuzz_target!(|header: &str| {
    let found = challenge::parse(header);
    assert!(found.len() <= header.len());
    for challenge in &found {
        assert_eq!(challenge.scheme, challenge.scheme.to_ascii_lowercase());
        assert!(header.to_ascii_lowercase().contains(&challenge.scheme));
        let _ = (challenge.parameter("realm"), challenge.parameter("scope"));
    }
    // Whatever stands behind a challenge, it is found.
    let more = challenge::parse(&format!("Basic realm=\"x\", {header}"));
    assert_eq!((&*more[0].scheme, more[0].parameter("realm")), ("basic", Some("x")));
});
