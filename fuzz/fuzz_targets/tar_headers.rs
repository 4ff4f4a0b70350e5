//! The archives of `cargo xtask tar-differential`, of every dialect, with some of their bytes changed:
//! never a panic, and read twice, whole and in chunks, they say the same.
//!
//! The first eight bytes are the seed, the ninth is the length of the chunks; then each three say where
//! in the archive a byte becomes which.

#![no_main]

use cutaway_tar::{Limits, Reader, Step};
use libfuzzer_sys::fuzz_target;

#[path = "../../crates/tar/tests/it/build.rs"]
#[allow(dead_code)]
mod build;
#[path = "../../crates/tar/tests/it/random.rs"]
#[allow(dead_code)]
mod random;

/// What each step gives, data put together, and how it ends.
fn read(stream: &[u8], chunk: usize) -> Vec<String> {
    let mut reader = Reader::new(Limits::default());
    let (mut said, mut data) = (Vec::new(), 0_usize);
    for mut input in stream.chunks(chunk) {
        loop {
            let step = match reader.step(&mut input) {
                Ok(Step::NeedInput) => break,
                Ok(Step::Data(bytes)) => {
                    data += bytes.len();
                    continue;
                }
                Ok(step) => format!("{step:?} after {data}"),
                Err(error) => {
                    said.push(error.to_string());
                    return said;
                }
            };
            said.push(step);
        }
    }
    said.push(format!("{:?}", reader.finish()));
    said
}

fuzz_target!(|bytes: &[u8]| {
    let Some((seed, rest)) = bytes.split_first_chunk() else { return };
    let Some((chunk, changes)) = rest.split_first() else { return };
    let mut archive = random::Random(u64::from_le_bytes(*seed)).archive();
    for change in changes.chunks_exact(3) {
        let at = usize::from(u16::from_le_bytes([change[0], change[1]]));
        if let Some(byte) = archive.get_mut(at) {
            *byte = change[2];
        }
    }
    for block in archive.chunks_exact_mut(512).filter(|block| block[257..262] == *b"ustar") {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    let whole = read(&archive, archive.len().max(1));
    assert_eq!(whole, read(&archive, archive.len().max(1)));
    assert_eq!(whole, read(&archive, usize::from(*chunk).max(1)));
});
