//! The tables of ELF files (the ELF specification, gABI 4), of both widths and byte orders.

use crate::object::{NAMES, Object, SECTIONS, SEGMENTS, Section, Segment};
use crate::windows::{Order, Windows};

const PT_LOAD: u64 = 1;
const PT_NOTE: u64 = 4;
const WRITABLE: u64 = 2;
/// Sections without bytes in the file.
const SHT_NOBITS: u64 = 8;

/// Where the table of sections lies, and what it takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table {
    pub(crate) start: u64,
    pub(crate) len: u64,
    entry: u64,
    names: u64,
}

/// Returns where the table of sections lies, by the first 64 bytes.
pub(crate) fn table(head: &[u8]) -> Option<Table> {
    let (wide, order) = form(head)?;
    let number = |narrow: (usize, usize), broad: (usize, usize)| {
        let (at, len) = if wide { broad } else { narrow };
        order.at(head, at, len)
    };
    let start = number((32, 4), (40, 8))?;
    let entry = number((46, 2), (58, 2))?;
    let count = number((48, 2), (60, 2))?.min(SECTIONS);
    let names = number((50, 2), (62, 2))?;
    let least = if wide { 64 } else { 40 };
    (start > 0 && entry >= least).then(|| Table {
        start,
        len: entry.saturating_mul(count),
        entry,
        names,
    })
}

pub(crate) fn read(file: &Windows<'_>) -> Option<Object> {
    let head = file.from(0, 64);
    let (wide, order) = form(head)?;
    let mut object = Object { big: order.big, ..Object::default() };
    segments(file, head, wide, order, &mut object);
    let Some(table) = table(head).filter(|table| table.len > 0) else { return Some(object) };
    let missing = table.start..table.start.saturating_add(table.len).min(file.size());
    let Some(bytes) = file.get(table.start, table.len) else {
        object.missing = Some(missing).filter(|it| !it.is_empty());
        return Some(object);
    };
    let entry = usize::try_from(table.entry).ok()?;
    let headers: Vec<&[u8]> = bytes.chunks_exact(entry.max(1)).collect();
    let range = |header: &[u8]| {
        let (start, len) = match wide {
            true => (order.at(header, 24, 8)?, order.at(header, 32, 8)?),
            false => (order.at(header, 16, 4)?, order.at(header, 20, 4)?),
        };
        Some(start..start.checked_add(len).filter(|end| *end <= file.size())?)
    };
    let names = usize::try_from(table.names).ok().and_then(|at| headers.get(at).copied());
    let Some(names) = names.and_then(range) else { return Some(object) };
    let len = names.end.saturating_sub(names.start).min(NAMES);
    let names = names.start..names.start.saturating_add(len);
    object.names = Some(names.clone());
    let Some(texts) = file.get(names.start, len) else {
        object.missing = Some(names);
        return Some(object);
    };
    for header in headers {
        let kind = order.at(header, 4, 4).unwrap_or_default();
        let name = order.at(header, 0, 4).and_then(|at| usize::try_from(at).ok());
        let name = name.and_then(|at| texts.get(at..)).unwrap_or_default();
        let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
        if let Some(range) = range(header).filter(|_| kind != SHT_NOBITS && !name.is_empty()) {
            object
                .sections
                .push(Section { name: String::from_utf8_lossy(name).into_owned(), range });
        }
    }
    Some(object)
}

fn segments(file: &Windows<'_>, head: &[u8], wide: bool, order: Order, object: &mut Object) {
    let read = || {
        let (start, entry, count) = match wide {
            true => (order.at(head, 32, 8)?, order.at(head, 54, 2)?, order.at(head, 56, 2)?),
            false => (order.at(head, 28, 4)?, order.at(head, 42, 2)?, order.at(head, 44, 2)?),
        };
        Some((start, entry, count.min(SEGMENTS)))
    };
    let Some((start, entry, count)) = read() else { return };
    for number in 0..count {
        let at = start.saturating_add(number.saturating_mul(entry));
        let len = if wide { 56 } else { 32 };
        let Some(header) = file.get(at, len) else { break };
        let field = |narrow: usize, broad: (usize, usize)| match wide {
            true => order.at(header, broad.0, broad.1).unwrap_or_default(),
            false => order.at(header, narrow, 4).unwrap_or_default(),
        };
        let kind = order.at(header, 0, 4).unwrap_or_default();
        let (place, size) = (field(4, (8, 8)), field(16, (32, 8)));
        let segment = Segment {
            range: place..place.saturating_add(size).min(file.size()),
            address: field(8, (16, 8)),
            writable: field(24, (4, 4)) & WRITABLE != 0,
            notes: kind == PT_NOTE,
        };
        if kind == PT_LOAD || kind == PT_NOTE {
            object.segments.push(segment);
        }
    }
}

fn form(head: &[u8]) -> Option<(bool, Order)> {
    let class = *head.get(4)?;
    let data = *head.get(5)?;
    Some((class == 2, Order { big: data == 2 }))
}
