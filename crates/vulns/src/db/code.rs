//! Numbers and texts in blocks.

use cutaway_layerfs::wire;

use crate::db::error::DbError;

/// Writes LEB128 numbers and texts that begin with their length.
#[derive(Debug, Default, Clone)]
pub(crate) struct Writer {
    pub(crate) bytes: Vec<u8>,
}

/// Reads what [`Writer`] wrote; everything is checked against what is left.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl Writer {
    pub(crate) fn number(&mut self, value: u64) {
        wire::put(&mut self.bytes, value);
    }

    pub(crate) fn count(&mut self, count: usize) {
        self.number(u64::try_from(count).unwrap_or(u64::MAX));
    }

    pub(crate) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    pub(crate) fn fixed(&mut self, value: u64) {
        self.bytes.extend(value.to_le_bytes());
    }

    pub(crate) fn text(&mut self, text: &str) {
        wire::put_bytes(&mut self.bytes, text.as_bytes());
    }

    pub(crate) fn texts(&mut self, texts: &[String]) {
        self.count(texts.len());
        texts.iter().for_each(|text| self.text(text));
    }
}

const CUT: DbError = DbError::Forged("a block ends before what it holds");

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Reads a number, and refuses what [`wire::get`] may take: one that is spelled longer than it has to be.
    pub(crate) fn number(&mut self) -> Result<u64, DbError> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = u64::from(self.byte()?);
            let low = byte & 0x7f;
            let shifted = low.checked_shl(shift).filter(|it| it.checked_shr(shift) == Some(low));
            value |= shifted.ok_or(DbError::Forged("a number beyond 64 bits"))?;
            if byte & 0x80 == 0 {
                let padded = byte == 0 && shift > 0;
                let padding = DbError::Forged("a number is longer than it has to be");
                return if padded { Err(padding) } else { Ok(value) };
            }
        }
        Err(DbError::Forged("a number beyond 64 bits"))
    }

    /// Reads how many there are of something that takes at least a byte each.
    pub(crate) fn count(&mut self) -> Result<usize, DbError> {
        let count = usize::try_from(self.number()?).map_err(|_| CUT)?;
        if count > self.rest.len() { Err(CUT) } else { Ok(count) }
    }

    pub(crate) fn byte(&mut self) -> Result<u8, DbError> {
        let (first, rest) = self.rest.split_first().ok_or(CUT)?;
        self.rest = rest;
        Ok(*first)
    }

    pub(crate) fn fixed(&mut self) -> Result<u64, DbError> {
        let (first, rest) = self.rest.split_first_chunk::<8>().ok_or(CUT)?;
        self.rest = rest;
        Ok(u64::from_le_bytes(*first))
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Result<&'a [u8], DbError> {
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(CUT)?;
        self.rest = rest;
        Ok(bytes)
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, DbError> {
        let length = self.count()?;
        let bytes = self.bytes(length)?;
        std::str::from_utf8(bytes).map_err(|_| DbError::Forged("a text is not UTF-8"))
    }

    pub(crate) fn texts(&mut self) -> Result<Vec<String>, DbError> {
        let count = self.count()?;
        (0..count).map(|_| self.text().map(str::to_owned)).collect()
    }

    /// Returns how many bytes are left.
    pub(crate) fn left(&self) -> usize {
        self.rest.len()
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// Says that there is nothing more, as there must not be.
    pub(crate) fn end(self) -> Result<(), DbError> {
        let left = DbError::Forged("a block goes on after what it holds");
        if self.is_at_end() { Ok(()) } else { Err(left) }
    }
}
