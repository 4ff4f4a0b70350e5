//! Identifiers from content: UUIDs of version 8 (RFC 9562).

use std::io;

use cutaway_ref::Algorithm;

/// Returns the UUID of version 8 for what `write` writes: the first half of its SHA-256.
pub(crate) fn of_content(
    write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
) -> io::Result<String> {
    let mut hasher = Algorithm::Sha256.hasher();
    write(&mut io::BufWriter::with_capacity(64 << 10, &mut hasher))?;
    Ok(of_hex(hasher.finish().encoded(), '8'))
}

/// Returns the UUID of version 8 for a text.
pub(crate) fn of_text(text: &str) -> String {
    of_hex(cutaway_ref::Digest::sha256(text.as_bytes()).encoded(), '8')
}

/// Returns the UUID of version 4 with these random bytes.
pub(crate) fn of_random(bytes: [u8; 16]) -> String {
    of_hex(&bytes.map(|byte| format!("{byte:02x}")).concat(), '4')
}

/// Returns the first hexadecimal digits of the SHA-256 of a text.
pub(crate) fn short(text: &str, digits: usize) -> String {
    cutaway_ref::Digest::sha256(text.as_bytes()).encoded().chars().take(digits).collect()
}

/// Makes a UUID of the first 32 hexadecimal digits: the bits of version and variant are fixed.
fn of_hex(digits: &str, version: char) -> String {
    let mut uuid = String::with_capacity(36);
    for (position, digit) in digits.chars().take(32).enumerate() {
        if [8, 12, 16, 20].contains(&position) {
            uuid.push('-');
        }
        uuid.push(match position {
            12 => version,
            // 10xx: the variant of RFC 9562.
            16 => char::from_digit(8 | (digit.to_digit(16).unwrap_or_default() & 3), 16)
                .unwrap_or('8'),
            _ => digit,
        });
    }
    uuid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids() {
        // SHA-256 of "abc" begins with ba7816bf8f01cfea414140de5dae2223.
        let uuid = of_content(|out| out.write_all(b"abc")).unwrap();
        assert_eq!(uuid, "ba7816bf-8f01-8fea-8141-40de5dae2223");
        assert_eq!(of_random([0xff; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(short("abc", 12), "ba7816bf8f01");
    }
}
