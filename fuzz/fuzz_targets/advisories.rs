//! Any bytes as records of advisories: what is taken is written as a database that verifies, and answers.

#![no_main]

use std::io::Cursor;

use cutaway_vulns::{Builder, Database, Limits, query};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut builder = Builder::new(Limits::default());
    for record in bytes.split(|byte| *byte == b'\n') {
        let _ = builder.add(record);
    }
    let mut file = Vec::new();
    builder.write(&mut file).expect("a vector takes all");
    let mut database = Database::open(Cursor::new(file)).expect("what was written is read");
    database.verify().expect("what was written is whole");
    let ecosystems: Vec<String> =
        database.sources().map(|(source, _)| source.ecosystem.clone()).collect();
    for ecosystem in ecosystems {
        let told = query(&mut database, &ecosystem, "a", &["1.0".into(), "".into()]);
        assert!(told.expect("it is whole").is_some(), "{ecosystem} is there");
    }
});
