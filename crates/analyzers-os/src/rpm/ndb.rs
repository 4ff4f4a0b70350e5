//! NDB, rpm's own form of the database (`Packages.db`): slots that point to checksummed blobs.
//!
//! Numbers are little-endian. The file starts with a header of two slots' size; behind it follow
//! slots of 16 bytes on pages of 4 KiB. A slot names a blob by its place and size in blocks of 16
//! bytes; a blob has a head, the rpm header, padding, and a tail with an Adler-32 of all before it.
//! Format: `lib/backend/ndb/rpmpkg.c` of rpm 4.

use super::record::Records;
use crate::bytes::{Order, size, slice};

const MAGIC: &[u8] = b"RpmP";
const SLOT_MAGIC: &[u8] = b"Slot";
const HEAD_MAGIC: &[u8] = b"BlbS";
const TAIL_MAGIC: &[u8] = b"BlbE";

const PAGE: usize = 4096;
const BLOCK: usize = 16;
/// Bytes of the file's header, of a slot, of a blob's head and of its tail.
const HEADER: usize = 32;
const SLOT: usize = 16;
const HEAD: usize = 16;
const TAIL: usize = 12;

/// Why a database or a blob of it cannot be read.
#[derive(Debug, thiserror::Error)]
enum Error {
    /// A field of the header is out of its range.
    #[error("header: {field} is {value}, which {rule}")]
    Header {
        /// The field.
        field: &'static str,
        /// Its value.
        value: u32,
        /// The rule that it breaks.
        rule: &'static str,
    },
    /// A slot has no magic.
    #[error("slot {0} is damaged")]
    Slot(usize),
    /// A blob is not sound.
    #[error("package {index}: its blob at byte {at} {rule}")]
    Blob {
        /// The number of the package.
        index: u32,
        /// Where the slot says that the blob lies.
        at: usize,
        /// The rule that it breaks.
        rule: &'static str,
    },
}

impl Error {
    fn code(&self) -> &'static str {
        match self {
            Self::Header { .. } => "rpm-ndb-header",
            Self::Slot(_) => "rpm-ndb-slot",
            Self::Blob { .. } => "rpm-ndb-blob",
        }
    }
}

/// Returns whether `content` starts as such a database does.
pub(super) fn is_database(content: &[u8]) -> bool {
    content.starts_with(MAGIC)
}

/// Reads every record of the database.
pub(super) fn read(content: &[u8], records: &mut Records<'_>) {
    let mut slots = Vec::new();
    for slot in read_slots(content, records) {
        match slot {
            Ok(slot) => slots.push(slot),
            Err(error) => report(records, &error),
        }
    }
    // In the order of the file, blobs that share blocks stand side by side.
    slots.sort_unstable_by_key(|slot: &Slot| (slot.block, slot.index));
    let mut free = 0;
    for slot in slots {
        let overlapping = size(slot.block) < free;
        let result = if overlapping {
            Err(slot.error("lies in another package's blob"))
        } else {
            frame(content, slot)
        };
        match result {
            Ok(frame) => {
                // So each byte is read once, even if the checksum is wrong.
                free = size(slot.block).saturating_add(size(slot.blocks));
                match frame.header(slot) {
                    Ok(header) => records.add(header, format_args!("package {}", slot.index)),
                    Err(error) => report(records, &error),
                }
            }
            Err(error) => report(records, &error),
        }
    }
}

fn report(records: &mut Records<'_>, error: &Error) {
    records.reporter.error(error.code(), error);
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    index: u32,
    block: u32,
    blocks: u32,
}

impl Slot {
    fn at(self) -> usize {
        size(self.block).saturating_mul(BLOCK)
    }

    fn error(self, rule: &'static str) -> Error {
        Error::Blob { index: self.index, at: self.at(), rule }
    }
}

/// Returns the slots that are in use; those that the file is too short for are one error.
fn read_slots<'a>(
    content: &'a [u8],
    records: &mut Records<'_>,
) -> impl Iterator<Item = Result<Slot, Error>> + use<'a> {
    let field = |at| Order::Little.u32(content, at).unwrap_or_default();
    let (version, pages) = (field(4), field(12));
    if version != 0 {
        let rule = "is not 0, the only version known";
        report(records, &Error::Header { field: "version", value: version, rule });
    }
    let end = size(pages).saturating_mul(PAGE);
    if pages == 0 || end > content.len() {
        let rule =
            if pages == 0 { "leaves no room for slots" } else { "is more than the file has" };
        report(records, &Error::Header { field: "number of slot pages", value: pages, rule });
    }
    let area = content.get(HEADER..end.min(content.len())).unwrap_or_default();
    area.chunks_exact(SLOT).enumerate().filter_map(|(number, slot)| {
        if !slot.starts_with(SLOT_MAGIC) {
            return Some(Err(Error::Slot(number)));
        }
        let field = |at| Order::Little.u32(slot, at).unwrap_or_default();
        let slot = Slot { index: field(4), block: field(8), blocks: field(12) };
        // A slot that was freed has no package.
        (slot.index != 0).then_some(Ok(slot))
    })
}

/// A blob whose bounds were checked, but not yet its checksum.
#[derive(Debug, Clone, Copy)]
struct Frame<'a> {
    /// All of it but the tail.
    body: &'a [u8],
    length: usize,
    checksum: u32,
}

/// Returns the frame of the blob of a slot.
fn frame(content: &[u8], slot: Slot) -> Result<Frame<'_>, Error> {
    let len = size(slot.blocks).saturating_mul(BLOCK);
    let whole = slice(content, slot.at(), len).ok_or(slot.error("is outside the file"))?;
    let (body, tail) = len
        .checked_sub(TAIL)
        .and_then(|at| whole.split_at_checked(at))
        .ok_or(slot.error("has no blocks"))?;
    if !body.starts_with(HEAD_MAGIC) || !tail.ends_with(TAIL_MAGIC) {
        return Err(slot.error("has no magic at its start or end"));
    }
    let field = |bytes, at| Order::Little.u32(bytes, at).unwrap_or_default();
    if field(body, 4) != slot.index {
        return Err(slot.error("is that of another package"));
    }
    let length = size(field(body, 12));
    let blocks = length.checked_add(HEAD + TAIL).map(|len| len.div_ceil(BLOCK));
    if field(body, 12) != field(tail, 4) || blocks != Some(size(slot.blocks)) {
        return Err(slot.error("has a length that does not fit its slot"));
    }
    Ok(Frame { body, length, checksum: field(tail, 0) })
}

impl<'a> Frame<'a> {
    /// Verifies the checksum and returns the rpm header.
    fn header(self, slot: Slot) -> Result<&'a [u8], Error> {
        if self.checksum != adler32(self.body) {
            return Err(slot.error("does not match its checksum"));
        }
        slice(self.body, HEAD, self.length).ok_or(slot.error("is too short"))
    }
}

/// Computes the checksum of RFC 1950, section 8.2.
fn adler32(bytes: &[u8]) -> u32 {
    const MODULUS: u32 = 65_521;
    let (mut low, mut high) = (1_u32, 0_u32);
    // So many bytes can be summed up before either sum may overflow (zlib's NMAX).
    for chunk in bytes.chunks(5552) {
        for &byte in chunk {
            low = low.wrapping_add(u32::from(byte));
            high = high.wrapping_add(low);
        }
        low %= MODULUS;
        high %= MODULUS;
    }
    (high << 16) | low
}

#[cfg(test)]
mod tests {
    use super::adler32;

    #[test]
    fn checksums() {
        assert_eq!(adler32(b""), 1);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
        assert_eq!(adler32(&vec![0xff; 100_000]), 0x149a_302c);
    }
}
