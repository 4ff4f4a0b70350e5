//! The record format (2.1): the values of a row, and the variable-length numbers in front of them.

use crate::bytes::Order;

/// A value of a row. Fractions are not told from `Null`, since nothing here asks for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    /// Nothing.
    Null,
    /// An integer.
    Integer(i64),
    /// Bytes.
    Blob(&'a [u8]),
    /// Text in the encoding of the database.
    Text(&'a [u8]),
}

/// The encoding of text in a database.
#[derive(Debug, Clone, Copy)]
pub(super) enum Encoding {
    /// UTF-8.
    Utf8,
    /// UTF-16 in a byte order.
    Utf16(Order),
}

impl Encoding {
    /// Decodes a text; what is not valid is replaced.
    pub(super) fn decode(self, text: &[u8]) -> String {
        match self {
            Self::Utf8 => String::from_utf8_lossy(text).into_owned(),
            Self::Utf16(order) => {
                let units = text.chunks_exact(2).map(|unit| order.u16(unit, 0).unwrap_or_default());
                char::decode_utf16(units)
                    .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
                    .collect()
            }
        }
    }
}

/// How many columns of a row are looked at; the tables read here have nine at most.
const COLUMNS_MAX: usize = 16;

/// Returns the first values of a row, `None` where its header or a value goes past the end.
pub(super) fn values(payload: &[u8]) -> Option<Vec<Value<'_>>> {
    let (header_len, _) = varint(payload)?;
    let (header, mut body) = payload.split_at_checked(usize::try_from(header_len).ok()?)?;
    let (_, mut header) = varint(header)?;
    let mut values = Vec::new();
    while !header.is_empty() && values.len() < COLUMNS_MAX {
        let (kind, rest) = varint(header)?;
        header = rest;
        let (value, rest) = value(kind, body)?;
        body = rest;
        values.push(value);
    }
    Some(values)
}

fn value(kind: u64, body: &[u8]) -> Option<(Value<'_>, &[u8])> {
    let len = match kind {
        0..=4 => usize::try_from(kind).ok()?,
        5 => 6,
        6 | 7 => 8,
        8 | 9 => 0,
        10 | 11 => return None,
        _ => usize::try_from(kind.checked_sub(12)? / 2).ok()?,
    };
    let (bytes, rest) = body.split_at_checked(len)?;
    let value = match kind {
        0 | 7 => Value::Null,
        8 => Value::Integer(0),
        9 => Value::Integer(1),
        1..=6 => Value::Integer(integer(bytes)),
        _ if kind.is_multiple_of(2) => Value::Blob(bytes),
        _ => Value::Text(bytes),
    };
    Some((value, rest))
}

/// Reads a big-endian integer of up to eight bytes in two's complement.
fn integer(bytes: &[u8]) -> i64 {
    let negative = bytes.first().is_some_and(|first| *first >= 0x80);
    let start: i64 = if negative { -1 } else { 0 };
    bytes.iter().fold(start, |number, byte| (number << 8) | i64::from(*byte))
}

/// Reads a number of one to nine bytes; returns what follows it.
pub(super) fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0_u64;
    for (at, &byte) in bytes.iter().take(9).enumerate() {
        let last = at == 8;
        let (bits, value) = if last { (8, byte) } else { (7, byte & 0x7f) };
        number = (number << bits) | u64::from(value);
        if last || byte < 0x80 {
            return Some((number, bytes.get(at.checked_add(1)?..)?));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Encoding, Order, Value, values, varint};

    #[test]
    fn varints() {
        let table: &[(&[u8], Option<u64>)] = &[
            (&[0], Some(0)),
            (&[0x7f, 9], Some(0x7f)),
            (&[0x81, 0x00], Some(0x80)),
            (&[0xff; 9], Some(u64::MAX)),
            (&[0x80; 8], None),
            (&[], None),
        ];
        for (bytes, expected) in table {
            assert_eq!(varint(bytes).map(|(number, _)| number), *expected, "{bytes:x?}");
        }
        assert_eq!(varint(&[0x7f, 9]), Some((0x7f, &[9][..])));
    }

    #[test]
    fn rows() {
        // NULL, -2, 1, "ab", x'0102', 1.0
        let payload = [7, 0, 1, 9, 17, 16, 7, 0xfe, b'a', b'b', 1, 2, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0];
        let expected = [
            Value::Null,
            Value::Integer(-2),
            Value::Integer(1),
            Value::Text(b"ab"),
            Value::Blob(&[1, 2]),
            Value::Null,
        ];
        assert_eq!(values(&payload).as_deref(), Some(&expected[..]));
        for end in 0..payload.len() {
            assert_eq!(values(&payload[..end]), None, "{end}");
        }
        assert_eq!(values(&[2, 10]), None, "reserved type");
        assert_eq!(values(&[0]), None, "a header shorter than its own length");
    }

    #[test]
    fn encodings() {
        assert_eq!(Encoding::Utf8.decode(b"table"), "table");
        assert_eq!(Encoding::Utf16(Order::Little).decode(b"t\0a\0"), "ta");
        assert_eq!(Encoding::Utf16(Order::Big).decode(b"\0t\0a\xd8\0"), "ta\u{fffd}");
    }
}
