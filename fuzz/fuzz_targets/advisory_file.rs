//! Any bytes as a database of advisories, with right checksums at its ends: an error or an answer, and no panic.

#![no_main]

use std::io::Cursor;

use cutaway_vulns::{Database, query};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut database) = Database::open(Cursor::new(bytes.to_vec())) else { return };
    let ecosystems: Vec<String> =
        database.sources().map(|(source, _)| source.ecosystem.clone()).collect();
    for ecosystem in ecosystems {
        let _ = query(&mut database, &ecosystem, "a", &["1.0".into()]);
    }
    for place in 0..3 {
        let _ = database.advisory(place);
        let _ = database.flaw(place);
    }
    let _ = database.verify();
});
