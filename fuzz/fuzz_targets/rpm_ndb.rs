//! Any bytes, read as an NDB database: never a panic, a bounded number of diagnostics, and no more
//! packages than the file has room for. Blobs where slots say so get their checksum, which no
//! fuzzer would guess.

#![no_main]

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
    cutaway_fuzz::read_rpm("var/lib/rpm/Packages.db", &content, None);
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
    tail[..4].copy_from_slice(&cutaway_fuzz::adler32(body).to_le_bytes());
    tail[4..8].copy_from_slice(&body[12..16]);
    tail[8..].copy_from_slice(b"BlbE");
}
