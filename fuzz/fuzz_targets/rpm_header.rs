//! Any bytes, read as an rpm header: never a panic. The header is put into a sound NDB database,
//! whose checksum no fuzzer would guess.

#![no_main]

use cutaway_fuzz::adler32;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|header: &[u8]| {
    let content = database(header);
    cutaway_fuzz::read("var/lib/rpm/Packages.db", &content, None, |findings| {
        let records = findings.packages().len() + findings.keys().len();
        assert!(
            records == 1 || (records == 0 && findings.incomplete()),
            "one header is one record or an error"
        );
    });
});

/// A database of one blob.
fn database(header: &[u8]) -> Vec<u8> {
    let number = |number: usize| u32::try_from(number).expect("a small number").to_le_bytes();
    let mut blob = [&b"BlbS"[..], &number(1), &number(1), &number(header.len()), header].concat();
    blob.resize((blob.len() + 12).next_multiple_of(16) - 12, 0);
    let sum = adler32(&blob);
    blob.extend([&sum.to_le_bytes()[..], &number(header.len()), b"BlbE"].concat());
    let mut database = [&b"RpmP"[..], &number(0), &number(1), &number(1), &number(2)].concat();
    database.resize(32, 0);
    database.extend([&b"Slot"[..], &number(1), &number(256), &number(blob.len() / 16)].concat());
    while database.len() < 4096 {
        database.extend(b"Slot\0\0\0\0\0\0\0\0\0\0\0\0");
    }
    database.extend(blob);
    database
}
