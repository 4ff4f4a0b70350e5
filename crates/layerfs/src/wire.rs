//! Numbers and bytes as listings hold them: numbers in as few groups of seven bits as they need, the
//! lowest first and one a byte; bytes with their number in front.
//!
//! What is read is hostile: a number above 64 bits and bytes that are not there are `None`, and nothing
//! is allocated.

use cutaway_tar::len64;

/// Appends a number.
pub fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(u8::try_from(number & 0x7f).unwrap_or(0) | 0x80);
        number >>= 7;
    }
    out.push(u8::try_from(number).unwrap_or(0));
}

/// Appends bytes, their number in front.
pub fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put(out, len64(bytes.len()));
    out.extend_from_slice(bytes);
}

/// Takes a number from the front.
pub fn get(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    let mut shift = 0_u32;
    loop {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        let bits = u64::from(byte & 0x7f);
        let group = bits.checked_shl(shift)?;
        if group >> shift != bits {
            return None;
        }
        number |= group;
        if byte & 0x80 == 0 {
            return Some(number);
        }
        shift = shift.saturating_add(7);
    }
}

/// Takes a number of 32 bits.
pub fn get_u32(rest: &mut &[u8]) -> Option<u32> {
    u32::try_from(get(rest)?).ok()
}

/// Takes bytes, their number in front.
pub fn get_bytes<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let len = usize::try_from(get(rest)?).ok()?;
    take(rest, len)
}

/// Takes so many bytes.
pub fn take<'a>(rest: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(len)?;
    *rest = left;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_round_trip() {
        for value in [0, 1, 127, 128, 300, u64::MAX >> 1, u64::MAX] {
            let mut out = Vec::new();
            put(&mut out, value);
            let mut rest = &out[..];
            assert_eq!((get(&mut rest), rest.len()), (Some(value), 0));
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        let above = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02];
        for bytes in [&[0x80][..], &[0xff; 20], &above] {
            assert_eq!(get(&mut &bytes[..]), None, "{bytes:x?}");
        }
        assert_eq!(get_bytes(&mut &[3, 1, 2][..]), None);
    }
}
