//! Where an eStargz layer has its table: the footer says it.

use std::io::Read as _;

use cutaway_tar::{Limits as TarLimits, Reader, Step};
use flate2::bufread::GzDecoder;

use crate::{Error, Limits};

/// Bytes of the footer, which ends the layer.
pub const FOOTER_BYTES: usize = 51;
/// The name of the member that holds the table.
pub const INDEX_NAME: &str = "stargz.index.json";

/// A gzip header with an extra field of 26 bytes, and the name and length of the one subfield in it.
const HEAD: [u8; 16] = [0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 26, 0, b'S', b'G', 22, 0];
/// An empty stored block, the last one, and the sum and length of nothing.
const TAIL: [u8; 13] = [1, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0];

/// Reads the footer, the last bytes of a layer: where its table begins.
///
/// # Errors
///
/// Returns [`Error::Malformed`] for bytes that do not end in a footer.
pub fn table_offset(tail: &[u8]) -> Result<u64, Error> {
    let broken = || Error::malformed("the layer does not end in a footer of eStargz");
    let start = tail.len().checked_sub(FOOTER_BYTES).ok_or_else(broken)?;
    let footer = tail.get(start..).ok_or_else(broken)?;
    let field = footer.strip_prefix(&HEAD).and_then(|rest| rest.strip_suffix(&TAIL));
    let digits = field.and_then(|field| field.strip_suffix(b"STARGZ")).ok_or_else(broken)?;
    let digits = str::from_utf8(digits).map_err(|_| broken())?;
    if digits.len() != 16 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(broken());
    }
    u64::from_str_radix(digits, 16).map_err(|_| broken())
}

/// Takes the JSON of the table out of the gzip member that holds it.
///
/// # Errors
///
/// Returns [`Error::Malformed`] for bytes that hold no table, and [`Error::Limit`] for a table that is too
/// large.
pub fn unpack(member: &[u8], limits: &Limits) -> Result<Vec<u8>, Error> {
    let too_large = Error::Limit { limit: "table_bytes", max: limits.table_bytes };
    let mut unpacked = GzDecoder::new(member);
    let mut reader = Reader::new(TarLimits::default());
    let mut buffer = vec![0; 64 << 10];
    let mut json = None;
    loop {
        let count = unpacked.read(&mut buffer).map_err(|error| broken(&error))?;
        let mut input = buffer.get(..count).unwrap_or_default();
        if input.is_empty() {
            return Err(Error::malformed("the member of the table ends before the table does"));
        }
        loop {
            match reader.step(&mut input).map_err(|error| broken(&error))? {
                Step::NeedInput => break,
                Step::Entry(entry) if *entry.path == *INDEX_NAME.as_bytes() => {
                    if entry.size > limits.table_bytes {
                        return Err(too_large);
                    }
                    json = Some(Vec::new());
                }
                Step::Data(data) => {
                    if let Some(json) = &mut json {
                        json.extend_from_slice(data);
                    }
                }
                Step::EndEntry => return json.ok_or_else(no_table),
                Step::Hole(_) | Step::EndOfArchive | Step::Entry(_) => return Err(no_table()),
                Step::GlobalHeader(_) | Step::Warning(_) => {}
            }
        }
    }
}

/// Returns whether a name is one of the two with which builders say what is to be fetched first: a file of
/// the format, not of the image.
pub fn is_landmark(path: &[u8]) -> bool {
    matches!(path, b".prefetch.landmark" | b".no.prefetch.landmark")
}

fn no_table() -> Error {
    Error::malformed(format!("what the footer leads to is no {INDEX_NAME}"))
}

fn broken(error: &dyn std::error::Error) -> Error {
    Error::malformed(format!("its member cannot be unpacked: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn footer(offset: &[u8]) -> Vec<u8> {
        [&HEAD[..], offset, b"STARGZ", &TAIL].concat()
    }

    #[test]
    fn footers() {
        assert_eq!(footer(&[b'0'; 16]).len(), FOOTER_BYTES);
        assert_eq!(table_offset(&footer(b"000000000000a0ff")), Ok(0xa0ff));
        let before = [&[7; 100][..], &footer(b"0000000000000001")].concat();
        assert_eq!(table_offset(&before), Ok(1));
        for broken in [
            footer(b"+00000000000a0ff"),
            footer(b"000000000000a0fg"),
            footer(b"00000000000a0ff"),
            footer(b"000000000000a0ff")[1..].to_vec(),
            [&footer(b"000000000000a0ff")[..], b"\0"].concat(),
            Vec::new(),
        ] {
            assert!(table_offset(&broken).is_err(), "{broken:?}");
        }
    }
}
