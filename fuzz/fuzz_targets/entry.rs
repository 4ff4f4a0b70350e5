//! Sealed entries of a cache: whatever the bytes, what is opened is what was sealed.
#![no_main]

use bytes::Bytes;
use cutaway_analyze::Fingerprint;
use cutaway_cache::{Key, open, seal};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (key, name) = (Key::of_bytes(b"a key that everybody knows"), Fingerprint::of(["a"]));
    assert!(open(&key, &name, &Bytes::copy_from_slice(data)).is_err());
    let parts = data.chunks(40).filter_map(|part| {
        let (id, bytes) = part.split_first_chunk::<32>()?;
        Some((*id, Bytes::copy_from_slice(bytes)))
    });
    let parts = parts.collect();
    assert_eq!(open(&key, &name, &seal(&key, &name, &parts).into()), Ok(parts));
});
