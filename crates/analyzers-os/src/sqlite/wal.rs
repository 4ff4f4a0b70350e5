//! The write-ahead log (4): pages that were written, but not yet copied into the database.
//!
//! Frames count up to the last commit. Behind it may lie frames of an older use of the file, which
//! have another salt and mean nothing; frames with the right salt are a transaction that never
//! ended, or whose end was cut off, and then the database is in doubt.

use std::collections::BTreeMap;

use super::error::Error;
use crate::bytes::{Order, size, slice};

const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// The newest committed version of every page that the log has.
#[derive(Debug, Default)]
pub(super) struct Overlay<'a> {
    frames: BTreeMap<u32, &'a [u8]>,
    page_size: Option<usize>,
    pages: Option<u32>,
    len: usize,
}

impl<'a> Overlay<'a> {
    /// Returns a page, where the log has it.
    pub(super) fn page(&self, number: u32) -> Option<&'a [u8]> {
        self.frames.get(&number).copied()
    }

    /// Returns the size of its pages, `None` for no log.
    pub(super) fn page_size(&self) -> Option<usize> {
        self.page_size
    }

    /// Returns how many pages the database has after the last commit, `None` without one.
    pub(super) fn pages(&self) -> Option<u32> {
        self.pages
    }

    /// Returns the size of the log in bytes.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Returns the first page behind the `in_file` first ones, up to the last, that is not in the log.
    pub(super) fn first_missing(&self, in_file: u32, last: u32) -> Option<u32> {
        let mut expected = in_file.checked_add(1).filter(|page| *page <= last)?;
        for &page in self.frames.range(expected..=last).map(|(page, _)| page) {
            if page != expected {
                break;
            }
            expected = page.checked_add(1).filter(|page| *page <= last)?;
        }
        Some(expected)
    }
}

/// Reads a log, which may be empty; what it cannot vouch for is left out and said.
pub(super) fn read(log: &[u8]) -> (Overlay<'_>, Option<Error>) {
    if log.is_empty() {
        return (Overlay::default(), None);
    }
    match Log::open(log) {
        Ok(log) => log.overlay(),
        Err(rule) => (Overlay::default(), Some(Error::Log(format!("{rule}; it was ignored")))),
    }
}

struct Log<'a> {
    frames: &'a [u8],
    salts: &'a [u8],
    page_size: usize,
    sum: Sum,
}

impl<'a> Log<'a> {
    fn open(log: &'a [u8]) -> Result<Self, String> {
        let (header, frames) =
            log.split_at_checked(HEADER).ok_or("it is shorter than its header")?;
        let field = |at| Order::Big.u32(header, at).unwrap_or_default();
        let order = match field(0) {
            0x377f_0682 => Order::Little,
            0x377f_0683 => Order::Big,
            other => return Err(format!("its magic is {other:#x}")),
        };
        if field(4) != 3_007_000 {
            return Err(format!("its version is {}, not 3007000", field(4)));
        }
        let page_size = field(8);
        if !page_size.is_power_of_two() || !(512..=65536).contains(&page_size) {
            return Err(format!("its page size is {page_size}"));
        }
        let mut sum = Sum { order, low: 0, high: 0 };
        sum.add(header.get(..24).unwrap_or_default());
        if (sum.low, sum.high) != (field(24), field(28)) {
            return Err("its header does not match its checksum".to_owned());
        }
        let salts = slice(header, 16, 8).unwrap_or_default();
        Ok(Self { frames, salts, page_size: size(page_size), sum })
    }

    fn overlay(mut self) -> (Overlay<'a>, Option<Error>) {
        let mut overlay = Overlay {
            page_size: Some(self.page_size),
            len: self.frames.len(),
            ..Overlay::default()
        };
        let whole = FRAME_HEADER.saturating_add(self.page_size);
        let mut open: Vec<(u32, &[u8])> = Vec::new();
        let mut trouble = None;
        for (number, frame) in self.frames.chunks(whole).enumerate() {
            let number = number.saturating_add(1);
            if !slice(frame, 8, 8).unwrap_or_default().eq(self.salts) {
                break;
            }
            if frame.len() < whole {
                trouble = Some(format!("frame {number} has {} of {whole} bytes", frame.len()));
                break;
            }
            let field = |at| Order::Big.u32(frame, at).unwrap_or_default();
            let page = frame.get(FRAME_HEADER..).unwrap_or_default();
            self.sum.add(frame.get(..8).unwrap_or_default());
            self.sum.add(page);
            if (self.sum.low, self.sum.high) != (field(16), field(20)) {
                trouble = Some(format!("frame {number} does not match its checksum"));
                break;
            }
            open.push((field(0), page));
            let pages = field(4);
            if pages != 0 {
                overlay.frames.extend(open.drain(..));
                overlay.pages = Some(pages);
            }
        }
        if trouble.is_none() && !open.is_empty() {
            trouble = Some(format!(
                "its last {} frames belong to a transaction without an end",
                open.len()
            ));
        }
        (
            overlay,
            trouble.map(|rule| {
                Error::Log(format!("{rule}; the database stands as of the last commit"))
            }),
        )
    }
}

/// The running checksum of a log (4.2).
struct Sum {
    order: Order,
    low: u32,
    high: u32,
}

impl Sum {
    fn add(&mut self, bytes: &[u8]) {
        for pair in bytes.chunks_exact(8) {
            let number = |at| self.order.u32(pair, at).unwrap_or_default();
            self.low = self.low.wrapping_add(number(0)).wrapping_add(self.high);
            self.high = self.high.wrapping_add(number(4)).wrapping_add(self.low);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Overlay;

    #[test]
    fn missing_pages() {
        let overlay =
            Overlay { frames: [3, 4, 6].map(|page| (page, &b""[..])).into(), ..Overlay::default() };
        for (in_file, last, missing) in [
            (2, 2, None),
            (2, 4, None),
            (2, 5, Some(5)),
            (1, 4, Some(2)),
            (5, 6, None),
            (9, 6, None),
            (6, u32::MAX, Some(7)),
            (u32::MAX, u32::MAX, None),
        ] {
            assert_eq!(overlay.first_missing(in_file, last), missing, "{in_file} {last}");
        }
    }
}
