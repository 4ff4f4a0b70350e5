//! Any bytes, read as an SQLite database of small pages and its write-ahead log: never a panic, a
//! bounded number of diagnostics, and no more packages than both have room for.
//!
//! The first byte says how many pages at the end are frames of the log; these get their salts and
//! checksums, which no fuzzer would guess.

#![no_main]

use libfuzzer_sys::fuzz_target;

const PAGE: usize = 512;
/// A page and what stands in front of it in the log: its number and the size after a commit.
const FRAME: usize = 8 + PAGE;

fuzz_target!(|input: &[u8]| {
    let Some((frames, rest)) = input.split_first() else { return };
    let logged = (usize::from(frames % 4) * FRAME).min(rest.len());
    let (database, pages) = rest.split_at(rest.len() - logged);
    let mut content = database.to_vec();
    if content.len() >= 100 {
        content[..24].copy_from_slice(b"SQLite format 3\0\x02\0\x02\x02\0\x40\x20\x20");
        content[56..60].copy_from_slice(&[0, 0, 0, 1 + (frames >> 2) % 3]);
    }
    let log = log(pages);
    let companion = Some(log.as_slice()).filter(|_| logged > 0);
    cutaway_fuzz::read_rpm("var/lib/rpm/rpmdb.sqlite", &content, companion);
});

/// A log with sound checksums.
fn log(pages: &[u8]) -> Vec<u8> {
    let mut sum = (0, 0);
    let mut log = [0x377f_0683_u32, 3_007_000, 512, 0, 1, 2].map(u32::to_be_bytes).concat();
    add(&mut sum, &log);
    log.extend([sum.0, sum.1].map(u32::to_be_bytes).concat());
    for frame in pages.chunks_exact(FRAME) {
        let (start, page) = frame.split_at(8);
        add(&mut sum, start);
        add(&mut sum, page);
        log.extend(start);
        log.extend([1, 2, sum.0, sum.1].map(u32::to_be_bytes).concat());
        log.extend(page);
    }
    log
}

fn add(sum: &mut (u32, u32), bytes: &[u8]) {
    for pair in bytes.chunks_exact(8) {
        let number =
            |at: usize| u32::from_be_bytes(pair[at..at + 4].try_into().expect("four bytes"));
        sum.0 = sum.0.wrapping_add(number(0)).wrapping_add(sum.1);
        sum.1 = sum.1.wrapping_add(number(4)).wrapping_add(sum.0);
    }
}
