//! The table of sections of PE files (Microsoft's PE format).

use crate::object::{Object, Section, Segment};
use crate::windows::{Order, Windows};

/// Characteristics of a section: initialised data that may be written.
const DATA: u64 = 0x40;
const WRITABLE: u64 = 0x8000_0000;
const SECTIONS: u64 = 96;

pub(crate) fn read(file: &Windows<'_>) -> Option<Object> {
    let order = Order { big: false };
    let start = order.at(file.get(0, 64)?, 60, 4)?;
    let header = file.get(start, 24)?;
    if !header.starts_with(b"PE\0\0") {
        return None;
    }
    let count = order.at(header, 6, 2)?.min(SECTIONS);
    let optional = order.at(header, 20, 2)?;
    let at = start.saturating_add(24);
    let base = file.get(at, 32).and_then(|bytes| match order.at(bytes, 0, 2)? {
        0x20b => order.at(bytes, 24, 8),
        _ => order.at(bytes, 28, 4),
    });
    let base = base.unwrap_or_default();
    let mut object = Object::default();
    let table = at.saturating_add(optional);
    for number in 0..count {
        let Some(header) = file.get(table.saturating_add(number.saturating_mul(40)), 40) else {
            break;
        };
        let name = header.get(..8).unwrap_or_default();
        let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
        let field = |at: usize| order.at(header, at, 4).unwrap_or_default();
        let (address, size, place, traits) = (field(12), field(16), field(20), field(36));
        let range = place..place.saturating_add(size).min(file.size());
        object.segments.push(Segment {
            range: range.clone(),
            address: base.saturating_add(address),
            writable: traits & WRITABLE != 0 && traits & DATA != 0,
            notes: false,
        });
        object.sections.push(Section { name: String::from_utf8_lossy(name).into_owned(), range });
    }
    Some(object)
}
