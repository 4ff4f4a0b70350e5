//! Any bytes, read as a bill of materials: what is read can be written in every form, and what is written
//! gives the same packages.

#![no_main]

use cutaway_report::{Format, Report};
use cutaway_sbom::{CycloneDx, Limits, Spdx, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default();
    let Ok(report) = read(bytes, "fuzz", &limits).or_else(|_| Report::read(bytes)) else { return };
    for format in [&CycloneDx::default() as &dyn Format, &Spdx::default()] {
        let mut bill = Vec::new();
        format.write(&report, &mut bill).expect("a vector takes all");
        let again = read(bill.as_slice(), "fuzz", &limits).expect("what was written is read");
        assert_eq!(again.packages.len(), report.installed().count());
    }
});
