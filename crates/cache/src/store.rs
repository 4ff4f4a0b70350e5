//! Where entries lie: on this machine, or elsewhere one day.

use std::fmt::Debug;
use std::io;

use async_trait::async_trait;
use bytes::Bytes;
use cutaway_analyze::Fingerprint;

/// Holds sealed entries by their names. It is not trusted: what it returns is believed for its seal.
///
/// Entries are replaced as a whole: whoever reads while somebody writes gets the one before or the one
/// after. A store may lose entries.
#[async_trait]
pub trait Store: Debug + Send + Sync {
    /// Returns the bytes that lie under `name`; none where nothing does.
    ///
    /// # Errors
    ///
    /// Returns what keeps them from being read, and that what lies there cannot be an entry.
    async fn get(&self, name: &Fingerprint) -> io::Result<Option<Bytes>>;

    /// Puts an entry where one may lie already.
    ///
    /// # Errors
    ///
    /// Returns what keeps it from being written; what was there is there still.
    async fn put(&self, name: &Fingerprint, entry: &[u8]) -> io::Result<()>;
}
