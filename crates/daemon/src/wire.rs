//! As much of the protobuf encoding as containerd's answers need (Protocol Buffers, "Encoding").

use cutaway_tar::len64;

/// The kinds of fields (wire types).
const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const LENGTH: u64 = 2;
const FIXED32: u64 = 5;

/// The value of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value<'m> {
    /// A number.
    Number(u64),
    /// Bytes, a text or a message.
    Bytes(&'m [u8]),
}

impl<'m> Value<'m> {
    /// Returns the bytes; none of a number.
    pub(crate) fn bytes(self) -> &'m [u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Number(_) => &[],
        }
    }

    /// Returns the text, as far as it is one.
    pub(crate) fn text(self) -> String {
        String::from_utf8_lossy(self.bytes()).into_owned()
    }
}

/// Appends a field with a text; an empty one is left out, as that is what it is then.
pub(crate) fn put_text(message: &mut Vec<u8>, field: u64, text: &str) {
    if text.is_empty() {
        return;
    }
    put_number(message, field.saturating_mul(8).saturating_add(LENGTH));
    put_number(message, len64(text.len()));
    message.extend_from_slice(text.as_bytes());
}

fn put_number(message: &mut Vec<u8>, number: u64) {
    let mut rest = number;
    loop {
        // The lowest seven bits always fit.
        let low = u8::try_from(rest & 0x7f).unwrap_or(0);
        rest = rest.checked_shr(7).unwrap_or(0);
        if rest == 0 {
            message.push(low);
            return;
        }
        message.push(low | 0x80);
    }
}

/// Returns the fields of a message with their numbers; `None` where it is malformed.
pub(crate) fn fields(message: &[u8]) -> Option<Vec<(u64, Value<'_>)>> {
    let mut rest = message;
    let mut fields = Vec::new();
    while !rest.is_empty() {
        let key = number(&mut rest)?;
        let (field, kind) = (key.checked_shr(3)?, key & 7);
        match kind {
            VARINT => fields.push((field, Value::Number(number(&mut rest)?))),
            LENGTH => {
                let length = usize::try_from(number(&mut rest)?).ok()?;
                let (bytes, after) = rest.split_at_checked(length)?;
                rest = after;
                fields.push((field, Value::Bytes(bytes)));
            }
            FIXED64 => rest = rest.get(8..)?,
            FIXED32 => rest = rest.get(4..)?,
            _ => return None,
        }
    }
    Some(fields)
}

fn number(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        let part = u64::from(byte & 0x7f);
        // Bits above the 64th are none of a number.
        if part.checked_shl(shift)?.checked_shr(shift)? != part {
            return None;
        }
        number |= part.checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages() {
        let mut message = Vec::new();
        put_text(&mut message, 1, "name");
        put_text(&mut message, 2, "");
        put_text(&mut message, 16, &"x".repeat(300));
        let read = fields(&message).unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!(read[0], (1, Value::Bytes(b"name")));
        assert_eq!((read[1].0, read[1].1.bytes().len()), (16, 300));
        for (message, wanted) in [
            (&[0x08, 0x96, 0x01][..], Some(vec![(1, Value::Number(150))])),
            (&[0x09, 1, 2, 3, 4, 5, 6, 7, 8, 0x10, 1], Some(vec![(2, Value::Number(1))])),
            (&[0x0d, 1, 2, 3, 4], Some(vec![])),
            (&[0x0a, 5, b'x'], None),
            (&[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], None),
            (&[0x08], None),
            (&[0x08, 0x80], None),
            (&[0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], None),
            (&[0x0b], None),
            (&[], Some(vec![])),
        ] {
            assert_eq!(fields(message), wanted, "{message:?}");
        }
    }
}
