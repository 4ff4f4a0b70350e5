//! What keeps a database of SQLite's, or a part of it, from being read.

use std::borrow::Cow;

/// Why a database or a part of it cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A field of the file's header is out of its range.
    #[error("header: {field} is {value}, which {rule}")]
    Header {
        /// The field.
        field: &'static str,
        /// Its value.
        value: u32,
        /// The rule that it breaks.
        rule: &'static str,
    },
    /// A page that is needed is neither in the file nor in the log.
    #[error("page {page} of {pages} missing")]
    PageMissing {
        /// The number of the page, from 1.
        page: u32,
        /// How many there should be.
        pages: u32,
    },
    /// A page is not sound.
    #[error("page {page}: {rule}")]
    Page {
        /// The number of the page, from 1.
        page: u32,
        /// The rule that it breaks.
        rule: Cow<'static, str>,
    },
    /// A row is not sound.
    #[error("row {row}: {rule}")]
    Row {
        /// The row's id.
        row: i64,
        /// The rule that it breaks.
        rule: &'static str,
    },
    /// The table is not there.
    #[error("the database has no table {0}")]
    NoTable(&'static str),
    /// The write-ahead log is not sound.
    #[error("write-ahead log: {0}")]
    Log(String),
}

impl Error {
    pub(super) fn page(page: u32, rule: impl Into<Cow<'static, str>>) -> Self {
        Self::Page { page, rule: rule.into() }
    }
}
