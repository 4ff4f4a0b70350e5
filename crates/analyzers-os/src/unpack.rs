//! Compressed files in memory, for the few files of package managers that are compressed.

use std::io::Read;

use cutaway_tar::len64;
use flate2::read::MultiGzDecoder;
use zstd::stream::read::Decoder;

/// How many bytes such a file may unpack to.
const UNPACKED_MAX: u64 = 64 << 20;
/// `zstd_window_log`: the largest window of a zstd stream, as a power of two.
const WINDOW_LOG_MAX: u32 = 23;

/// Unpacks gzip, all members of it.
///
/// # Errors
///
/// Returns what is wrong with it, in one line.
pub(crate) fn gunzip(content: &[u8]) -> Result<Vec<u8>, String> {
    let (unpacked, end) = read("gzip", MultiGzDecoder::new(content));
    end.map(|()| unpacked)
}

/// Unpacks zstd, all frames of it, and returns what was got until it ended or was found to be broken; what
/// is wrong with it in one line.
pub(crate) fn unzstd(content: &[u8]) -> (Vec<u8>, Result<(), String>) {
    if content.is_empty() {
        return (Vec::new(), Ok(()));
    }
    let decoder = Decoder::with_buffer(content).and_then(|mut decoder| {
        decoder.window_log_max(WINDOW_LOG_MAX)?;
        Ok(decoder)
    });
    match decoder {
        Ok(decoder) => read("zstd", decoder),
        Err(error) => (Vec::new(), Err(format!("no zstd: {error}"))),
    }
}

fn read(form: &str, stream: impl Read) -> (Vec<u8>, Result<(), String>) {
    let mut unpacked = Vec::new();
    let end = stream.take(UNPACKED_MAX.saturating_add(1)).read_to_end(&mut unpacked);
    let end = match end {
        Err(error) => Err(format!("no sound {form}: {error}")),
        Ok(_) if len64(unpacked.len()) > UNPACKED_MAX => {
            Err(format!("unpacks to more than {UNPACKED_MAX} bytes, the limit database_unpacked"))
        }
        Ok(_) => Ok(()),
    };
    (unpacked, end)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::{gunzip, unzstd};

    fn gzip(content: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn unpacks_within_bounds() {
        let two = [gzip(b"one "), gzip(b"two")].concat();
        assert_eq!(gunzip(&two).unwrap(), b"one two");
        assert!(gunzip(&two[..10]).unwrap_err().contains("no sound gzip"));
        let bomb = gzip(&vec![0; 65 << 20]);
        assert!(gunzip(&bomb).unwrap_err().contains("limit"));
    }
    #[test]
    fn zstd_unpacks_within_bounds_and_keeps_what_it_got() {
        let frame = |content: &[u8]| zstd::encode_all(content, 3).unwrap();
        let two = [frame(b"one "), frame(b"two")].concat();
        assert_eq!(unzstd(&two), (b"one two".to_vec(), Ok(())));
        let (got, end) = unzstd(&two[..two.len() - 2]);
        assert!(got.starts_with(b"one "));
        assert!(end.unwrap_err().contains("no sound zstd"));
        let (got, end) = unzstd(&frame(&vec![0; 65 << 20]));
        assert!(got.len() <= (64 << 20) + 1 && end.unwrap_err().contains("database_unpacked"));
        assert!(unzstd(b"text").1.is_err());
        let mut wide = zstd::Encoder::new(Vec::new(), 1).unwrap();
        wide.window_log(27).unwrap();
        wide.write_all(&vec![1; 9 << 20]).unwrap();
        assert!(unzstd(&wide.finish().unwrap()).1.unwrap_err().contains("no sound zstd"));
    }
}
