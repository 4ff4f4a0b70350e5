//! CRAN: numbers with `.` or `-` between them; where all are equal, more of them are newer.

use std::cmp::Ordering;

use crate::bytes::Rule;
use crate::numbers;

pub(crate) struct Version<'a>(&'a [u8]);

impl<'a> Version<'a> {
    pub(crate) fn read(text: &'a str) -> Result<Self, Rule> {
        if !numbers::are(text.as_bytes(), is_separator) {
            return Err("it is not numbers with dots or hyphens between them");
        }
        Ok(Self(text.as_bytes()))
    }

    pub(crate) fn order(&self, other: &Self) -> Ordering {
        numbers::listed(self.0, other.0, is_separator)
    }
}

fn is_separator(byte: u8) -> bool {
    byte == b'.' || byte == b'-'
}
