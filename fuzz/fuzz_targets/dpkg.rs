//! Any bytes, read as dpkg's database: never a panic, a bounded number of one-line diagnostics, and
//! no more text in the packages than the file has.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| cutaway_fuzz::read_text("var/lib/dpkg/status", content));
