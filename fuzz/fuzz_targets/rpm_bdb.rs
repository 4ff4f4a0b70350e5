//! Any bytes, read as a BerkeleyDB hash of small pages: never a panic, a bounded number of
//! diagnostics, and no more packages than a file of this size has room for.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((choice, rest)) = input.split_first() else { return };
    let mut content = rest.to_vec();
    if content.len() >= 512 {
        let number =
            |number: u32| if choice & 1 == 0 { number.to_le_bytes() } else { number.to_be_bytes() };
        let pages = u32::try_from(content.len() / 512).expect("a small number");
        // The fields that must hold for anything behind them to be read.
        for (at, value) in
            [(12, 0x0006_1561), (16, 9), (20, 512 << (choice >> 1 & 1)), (32, pages - 1)]
        {
            content[at..at + 4].copy_from_slice(&number(value));
        }
        content[24..28].copy_from_slice(&[0, 8, 0, 0]);
    }
    cutaway_fuzz::read_rpm("var/lib/rpm/Packages", &content, None);
});
