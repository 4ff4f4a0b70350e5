//! Compressed streams: any bytes, cut anyhow, give the same bytes or fail alike, and end.

#![no_main]

use cutaway_model::{Decoded, Limits};
use libfuzzer_sys::fuzz_target;
use tokio::io::{AsyncReadExt as _, BufReader};

fuzz_target!(|data: &[u8]| {
    let Some((&chunk, stored)) = data.split_first() else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("it needs nothing");
    runtime.block_on(async {
        let whole = decode(stored, 1 << 20).await;
        let pieces = decode(stored, usize::from(chunk).max(1)).await;
        match (whole, pieces) {
            (Ok(one), Ok(other)) => assert!(one == other),
            (Err(error), Err(_)) => {
                assert!(error.len() <= 1024 && !error.chars().any(char::is_control), "{error:?}");
            }
            (one, other) => {
                panic!("the size of the pieces makes the difference: {one:?} {other:?}")
            }
        }
    });
});

async fn decode(stored: &[u8], chunk: usize) -> Result<Vec<u8>, String> {
    let mut limits = Limits::default();
    limits.unpacked_bytes = 16 << 20;
    limits.xz_memory_bytes = 8 << 20;
    limits.zstd_window_log = 23;
    // Counted from where a read has ended, which the pieces decide.
    limits.gzip_header_bytes = u64::MAX;
    limits.idle_bytes = u64::MAX;
    let stream = BufReader::with_capacity(chunk, stored);
    let mut decoded =
        Decoded::open(stream, "stream", &limits).await.map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    match decoded.read_to_end(&mut bytes).await {
        Ok(_) => Ok(bytes),
        Err(error) => Err(error.to_string()),
    }
}
