//! Writes headers as an NDB database, and takes them out of one by a way of its own.

const BLOCK: usize = 16;
const PAGE: usize = 4096;

/// Returns a database that maps 1, 2, 3… to `headers`.
pub(crate) fn write(headers: &[Vec<u8>]) -> Vec<u8> {
    let pages = ((headers.len() + 2) * BLOCK).div_ceil(PAGE);
    let mut database = vec![0; pages * PAGE];
    let number = |number: usize| u32::try_from(number).unwrap().to_le_bytes();
    let head =
        [&b"RpmP"[..], &number(0), &number(1), &number(pages), &number(headers.len() + 1)].concat();
    database[..head.len()].copy_from_slice(&head);
    for slot in 2..pages * PAGE / BLOCK {
        database[slot * BLOCK..slot * BLOCK + 4].copy_from_slice(b"Slot");
    }
    for (header, index) in headers.iter().zip(1..) {
        let block = database.len() / BLOCK;
        let mut blob =
            [&b"BlbS"[..], &number(index), &number(1), &number(header.len()), header.as_slice()]
                .concat();
        blob.resize((blob.len() + 12).next_multiple_of(BLOCK) - 12, 0);
        let sum = adler32(&blob);
        blob.extend([&sum.to_le_bytes()[..], &number(header.len()), b"BlbE"].concat());
        let slot =
            [&b"Slot"[..], &number(index), &number(block), &number(blob.len() / BLOCK)].concat();
        let at = (index + 1) * BLOCK;
        database[at..at + BLOCK].copy_from_slice(&slot);
        database.extend(blob);
    }
    database
}

/// Returns the headers of a sound database, found by the magic of blobs rather than by slots.
pub(crate) fn headers(database: &[u8]) -> Vec<Vec<u8>> {
    let blocks =
        database.chunks_exact(BLOCK).enumerate().filter(|(_, block)| block.starts_with(b"BlbS"));
    blocks
        .map(|(number, block)| {
            let len = usize::try_from(u32::from_le_bytes(block[12..].try_into().unwrap())).unwrap();
            let start = (number + 1) * BLOCK;
            database[start..start + len].to_vec()
        })
        .collect()
}

/// Computes the checksum of a blob.
pub(crate) fn adler32(bytes: &[u8]) -> u32 {
    let (mut low, mut high) = (1_u32, 0_u32);
    for byte in bytes {
        low = (low + u32::from(*byte)) % 65521;
        high = (high + low) % 65521;
    }
    (high << 16) | low
}
