//! The load commands of Mach-O files (Apple's `mach-o/loader.h`), thin and universal.

use crate::object::{Object, Section, Segment};
use crate::windows::{Order, Windows};

const COMMANDS: u64 = 512;
const SEGMENT: u64 = 1;
const SEGMENT_64: u64 = 0x19;
const WRITABLE: u64 = 2;
const SECTIONS: u64 = 256;

/// Reads the first part of a universal file.
pub(crate) fn read_universal(file: &Windows<'_>) -> Option<Object> {
    let order = Order { big: true };
    let head = file.get(0, 28)?;
    let start = match head.get(3)? {
        0xbf => order.at(head, 16, 8)?,
        _ => order.at(head, 16, 4)?,
    };
    read(file, start)
}

/// Reads the file that starts at a place.
pub(crate) fn read(file: &Windows<'_>, start: u64) -> Option<Object> {
    let head = file.get(start, 28)?;
    let (big, wide) = match head {
        [0xfe, 0xed, 0xfa, last, ..] => (true, *last == 0xcf),
        [first, 0xfa, 0xed, 0xfe, ..] => (false, *first == 0xcf),
        _ => return None,
    };
    let order = Order { big };
    let count = order.at(head, 16, 4)?.min(COMMANDS);
    let mut object = Object { big, ..Object::default() };
    let mut at = start.saturating_add(if wide { 32 } else { 28 });
    for _ in 0..count {
        let Some(command) = file.get(at, 8) else { break };
        let (kind, len) = (order.number(command.get(..4)?), order.number(command.get(4..)?));
        if kind == SEGMENT || kind == SEGMENT_64 {
            segment(file, (start, at), kind == SEGMENT_64, order, &mut object);
        }
        at = at.saturating_add(len.max(8));
    }
    Some(object)
}

fn segment(
    file: &Windows<'_>,
    (start, at): (u64, u64),
    wide: bool,
    order: Order,
    object: &mut Object,
) {
    let (len, section) = if wide { (72, 80) } else { (56, 68) };
    let Some(command) = file.get(at, len) else { return };
    let field = |narrow: usize, broad: usize| match wide {
        true => order.at(command, broad, 8).unwrap_or_default(),
        false => order.at(command, narrow, 4).unwrap_or_default(),
    };
    let place = start.saturating_add(field(32, 40));
    let size = field(36, 48);
    let (protection, count) = if wide { (60, 64) } else { (44, 48) };
    let protection = order.at(command, protection, 4).unwrap_or_default();
    object.segments.push(Segment {
        range: place..place.saturating_add(size).min(file.size()),
        address: field(24, 24),
        writable: protection & WRITABLE != 0,
        notes: false,
    });
    let count = order.at(command, count, 4).unwrap_or_default().min(SECTIONS);
    for number in 0..count {
        let at = at.saturating_add(len).saturating_add(number.saturating_mul(section));
        let Some(header) = file.get(at, section) else { break };
        let name = header.get(..16).unwrap_or_default();
        let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
        let (size, place) = match wide {
            true => (order.at(header, 40, 8), order.at(header, 48, 4)),
            false => (order.at(header, 36, 4), order.at(header, 40, 4)),
        };
        let place = start.saturating_add(place.unwrap_or_default());
        let range = place..place.saturating_add(size.unwrap_or_default()).min(file.size());
        object.sections.push(Section { name: String::from_utf8_lossy(name).into_owned(), range });
    }
}
