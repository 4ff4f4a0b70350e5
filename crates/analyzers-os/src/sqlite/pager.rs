//! The pages of a database (1.3): from the file, or newer ones from the write-ahead log.

use super::error::Error;
use super::value::Encoding;
use super::wal::Overlay;
use crate::bytes::{Order, size, slice};

/// Bytes of the header at the start of page 1.
pub(super) const HEADER: usize = 100;

/// The pages as a reader would see them after the last commit.
#[derive(Debug)]
pub(super) struct Pager<'a> {
    content: &'a [u8],
    overlay: Overlay<'a>,
    page_size: usize,
    /// Bytes of a page that may be used: some may be reserved at its end.
    usable: usize,
    pages: u32,
    encoding: Encoding,
}

impl<'a> Pager<'a> {
    /// Reads the header, from the log where that has a newer one.
    pub(super) fn open(content: &'a [u8], overlay: Overlay<'a>) -> Result<Self, Error> {
        let header = overlay.page(1).unwrap_or(content);
        let header = header.get(..HEADER).ok_or(Error::PageMissing { page: 1, pages: 1 })?;
        let field = |at| Order::Big.u32(header, at).unwrap_or_default();
        let wrong = |field, value, rule| Err(Error::Header { field, value, rule });
        let page_size = match Order::Big.u16(header, 16).unwrap_or_default() {
            1 => 65536,
            other => u32::from(other),
        };
        if !page_size.is_power_of_two() || page_size < 512 {
            return wrong("page size", page_size, "is no power of two from 512 to 65536");
        }
        if overlay.page_size().is_some_and(|of_log| of_log != size(page_size)) {
            return wrong("page size", page_size, "is not that of the write-ahead log");
        }
        let reserved = u32::from(header.get(20).copied().unwrap_or_default());
        let usable = page_size.saturating_sub(reserved);
        if usable < 480 {
            return wrong("reserved space", reserved, "leaves less than 480 bytes of a page");
        }
        let encoding = match field(56) {
            // An empty database has none yet.
            0 | 1 => Encoding::Utf8,
            2 => Encoding::Utf16(Order::Little),
            3 => Encoding::Utf16(Order::Big),
            other => return wrong("text encoding", other, "is none of 1 to 3"),
        };
        let in_file = u32::try_from(content.len().div_ceil(size(page_size))).unwrap_or(u32::MAX);
        // Old versions left the size alone; it counts if the change counters agree (1.3.8).
        let counted = Some(field(28)).filter(|pages| *pages > 0 && field(24) == field(92));
        let pages = overlay.pages().or(counted).unwrap_or(in_file);
        Ok(Self {
            content,
            overlay,
            page_size: size(page_size),
            usable: size(usable),
            pages,
            encoding,
        })
    }

    /// Returns the encoding of text.
    pub(super) fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Returns how many bytes of a page may be used.
    pub(super) fn usable(&self) -> usize {
        self.usable
    }

    /// Returns how many bytes a value can have at most: as many as there are.
    pub(super) fn len(&self) -> usize {
        self.content.len().saturating_add(self.overlay.len())
    }

    /// Checks that file and log have all the pages that there should be.
    pub(super) fn check_length(&self) -> Result<(), Error> {
        let in_file = self.content.len().checked_div(self.page_size).unwrap_or_default();
        let in_file = u32::try_from(in_file).unwrap_or(u32::MAX);
        let missing = self.overlay.first_missing(in_file, self.pages);
        missing.map_or(Ok(()), |page| Err(Error::PageMissing { page, pages: self.pages }))
    }

    /// Returns the usable bytes of a page.
    pub(super) fn page(&self, number: u32) -> Result<&'a [u8], Error> {
        let from_file = || {
            let start = size(number.checked_sub(1)?).checked_mul(self.page_size)?;
            slice(self.content, start, self.page_size)
        };
        let page = self.overlay.page(number).or_else(from_file);
        let page = page.ok_or(Error::PageMissing { page: number, pages: self.pages })?;
        Ok(page.get(..self.usable).unwrap_or(page))
    }
}
