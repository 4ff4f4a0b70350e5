//! What of hostile input is read, and no more.

/// The limits of reading advisories and of building and opening a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The largest record, in bytes: `osv_record_bytes`.
    pub record_bytes: usize,
    /// The most rows of one record, one for each package of each release: `osv_record_rows`.
    pub record_rows: usize,
    /// The most bytes of a name, a version or an id: `osv_text_bytes`.
    pub text_bytes: usize,
    /// The most bytes of all rows of a database that is built: `osv_total_bytes`.
    pub total_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            record_bytes: 16 << 20,
            record_rows: 100_000,
            text_bytes: 4 << 10,
            total_bytes: 2 << 30,
        }
    }
}
