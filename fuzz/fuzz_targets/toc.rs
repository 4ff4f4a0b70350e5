//! Any bytes, read as a table of contents, its footer, its member and its chunks: never a panic, and chunks that
//! are all of their files.

#![no_main]

use cutaway_toc::{Form, Limits, Place, Table, table_offset, unpack, unpack_chunked};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default();
    let _ = table_offset(bytes);
    let _ = unpack(bytes, &limits);
    let _ = unpack_chunked(bytes, 1 << 16);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = Place::of(|_| Some(text), 1 << 20, &limits);
    }
    for form in [Form::Stargz, Form::Chunked] {
        let Ok(table) = Table::read(bytes, form, 1 << 20, &limits) else { continue };
        for entry in table.entries() {
            let mut at = 0;
            for chunk in &entry.chunks {
                assert_eq!(chunk.at, at);
                at += chunk.len;
                assert!(chunk.is_hole() || chunk.stored.end <= 1 << 20);
                let _ = table.content(chunk, bytes, &limits);
            }
            assert_eq!(at, entry.meta.size);
        }
    }
});
