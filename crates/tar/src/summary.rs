//! What is known of an archive once its stream has ended.

use crate::{Warning, WarningKind};

/// What the whole stream held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// Members.
    pub entries: u64,
    /// Bytes of the stream, with all that follows the end marker.
    pub bytes: u64,
    /// How the archive ended.
    pub end: End,
    /// Offset in the stream where the end marker begins; that of the end where there is none.
    pub end_offset: u64,
    /// Bytes after the end marker, from the first that is not zero to the end of the stream.
    pub trailing: u64,
}

/// How an archive ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With two zero blocks, as the format demands.
    Marker,
    /// With a single zero block.
    LoneZeroBlock,
    /// With its last member; many builders write no marker.
    Missing,
}

impl Summary {
    /// Returns what is odd about the end of the archive. A missing marker is not odd enough.
    pub fn warnings(&self) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let mut warn =
            |kind| warnings.push(Warning { kind, offset: self.end_offset, path: Box::default() });
        if self.end == End::LoneZeroBlock {
            warn(WarningKind::LoneZeroBlock);
        }
        if self.trailing > 0 {
            warn(WarningKind::TrailingBytes { bytes: self.trailing });
        }
        warnings
    }
}
