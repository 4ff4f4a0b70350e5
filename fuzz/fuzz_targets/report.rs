//! Any bytes, read as a report: what is read is written as JSON that says the same when it is read, and
//! its package URLs are one a line.

#![no_main]

use cutaway_report::{Format as _, Json, Purls, Report};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(report) = Report::read(bytes) else { return };
    let mut json = Vec::new();
    Json.write(&report, &mut json).expect("a vector takes all");
    let again = Report::read(json.as_slice()).expect("what was written is read");
    assert_eq!(again, report);
    let mut second = Vec::new();
    Json.write(&again, &mut second).expect("a vector takes all");
    assert_eq!(second, json);
    Purls.write(&report, &mut Vec::new()).expect("a vector takes all");
});
