//! Any bytes, read as an NDB database: never a panic, a bounded number of diagnostics, and no more
//! packages than the file has room for. Blobs where slots say so get their checksum, which no
//! fuzzer would guess.

#![no_main]

use cutaway_analyze::{Findings, Input};
use cutaway_analyzers_os::ALL;
use cutaway_layerfs::EntryPath;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let mut content = input.to_vec();
    if content.len() >= 32 {
        content[..8].copy_from_slice(b"RpmP\0\0\0\0");
        for slot in 2..(content.len() / 16).min(16) {
            content[slot * 16..slot * 16 + 4].copy_from_slice(b"Slot");
            seal(&mut content, slot * 16);
        }
    }
    let path = EntryPath::clean(b"var/lib/rpm/Packages.db").expect("a clean path");
    for analyzer in ALL.iter().filter(|analyzer| analyzer.wants(path.as_bytes())) {
        let mut findings = Findings::default();
        analyzer.analyze(&Input { path: &path, content: &content, companion: None }, &mut findings);
        assert!(findings.diagnostics.len() <= 102);
        // A header with a name and a version has at least 8 + 2 * 16 + 4 bytes.
        assert!(findings.packages.len() <= content.len() / 44);
    }
});

/// Puts magic and checksum where the slot at a byte says that its blob is.
fn seal(content: &mut [u8], slot: usize) {
    let field = |at: usize| {
        u32::from_le_bytes(content[slot + at..slot + at + 4].try_into().expect("four bytes"))
    };
    let place = |blocks: u32| usize::try_from(blocks).expect("a 64-bit machine") * 16;
    let (start, len) = (place(field(8)), place(field(12)));
    let Some(blob) = content.get_mut(start..start + len).filter(|blob| blob.len() >= 32) else {
        return;
    };
    let (body, tail) = blob.split_at_mut(len - 12);
    body[..4].copy_from_slice(b"BlbS");
    let (low, high) = body.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65521;
        (low, (high + low) % 65521)
    });
    tail[..4].copy_from_slice(&((high << 16) | low).to_le_bytes());
    tail[4..8].copy_from_slice(&body[12..16]);
    tail[8..].copy_from_slice(b"BlbE");
}
