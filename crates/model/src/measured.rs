//! What a layer was found to be when all of it was read.

use crate::{Compression, Stored, Unpacked};

/// What a layer was found to be: all of it as claimed, where something was claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// Digest and size of its stored bytes.
    pub stored: Stored,
    /// DiffID and size of its uncompressed tar.
    pub unpacked: Unpacked,
    /// How its stored bytes are compressed, whatever its media type says.
    pub compression: Compression,
    /// How many zero bytes stand behind its last gzip member.
    pub padding: u64,
}
