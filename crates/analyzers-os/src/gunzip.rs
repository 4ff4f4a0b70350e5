//! Gzip in memory, for the few files of package managers that are compressed.

use std::io::Read as _;

use cutaway_tar::len64;
use flate2::read::MultiGzDecoder;

/// How many bytes such a file may unpack to.
const UNPACKED_MAX: u64 = 64 << 20;

/// Unpacks gzip, all members of it.
///
/// # Errors
///
/// Returns what is wrong with it, in one line.
pub(crate) fn gunzip(content: &[u8]) -> Result<Vec<u8>, String> {
    let mut unpacked = Vec::new();
    let mut rest = MultiGzDecoder::new(content).take(UNPACKED_MAX.saturating_add(1));
    rest.read_to_end(&mut unpacked).map_err(|error| format!("no sound gzip: {error}"))?;
    if len64(unpacked.len()) > UNPACKED_MAX {
        return Err(format!(
            "unpacks to more than {UNPACKED_MAX} bytes, the limit database_unpacked"
        ));
    }
    Ok(unpacked)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::gunzip;

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
}
