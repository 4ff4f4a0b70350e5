//! Lengths in memory as sizes of files and streams.

/// Returns a length as the 64 bits that sizes have everywhere.
///
/// No machine has a `usize` that is larger; if one had, the largest size would stand for it, and meet the
/// limit that sizes are held to.
pub fn len64(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
