//! Cutting input into blocks of 512 bytes, whatever chunks it comes in.

use crate::len64;

/// Length of a block, the unit of the format.
pub(crate) const BLOCK: usize = 512;

/// The same as an offset.
pub(crate) const BLOCK_LEN: u64 = 512;

/// The part of a block that earlier chunks held.
#[derive(Debug, Default)]
pub(crate) struct PartialBlock(Vec<u8>);

impl PartialBlock {
    /// Takes a whole block, borrowed from the input where that has all of it and copied to `buffer`
    /// otherwise; none while it is not complete.
    pub(crate) fn fill<'b, 'c: 'b>(
        &mut self,
        input: &mut &'c [u8],
        buffer: &'b mut [u8; BLOCK],
    ) -> Option<&'b [u8; BLOCK]> {
        if self.0.is_empty()
            && let Some((block, rest)) = input.split_first_chunk::<BLOCK>()
        {
            *input = rest;
            return Some(block);
        }
        let part = take(input, BLOCK_LEN.saturating_sub(self.len()));
        self.0.extend_from_slice(part);
        buffer.copy_from_slice(self.0.first_chunk::<BLOCK>()?);
        self.0.clear();
        Some(buffer)
    }

    /// Returns how many bytes there are so far.
    pub(crate) fn len(&self) -> u64 {
        len64(self.0.len())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Returns how far a body of this length is padded to the next block.
pub(crate) fn padding(len: u64) -> u64 {
    len.checked_rem(BLOCK_LEN)
        .filter(|&over| over != 0)
        .map_or(0, |over| BLOCK_LEN.saturating_sub(over))
}

/// Splits at most `max` bytes off the front.
pub(crate) fn take<'c>(input: &mut &'c [u8], max: u64) -> &'c [u8] {
    let at = usize::try_from(max).map_or(input.len(), |max| max.min(input.len()));
    let (taken, rest) = input.split_at_checked(at).unwrap_or_default();
    *input = rest;
    taken
}

pub(crate) fn is_zero(block: &[u8; BLOCK]) -> bool {
    block.iter().fold(0, |seen, byte| seen | byte) == 0
}

/// Returns how many zero bytes there are in front, a block at a time where it can.
pub(crate) fn leading_zeros(bytes: &[u8]) -> usize {
    let blocks = bytes.as_chunks::<BLOCK>().0.iter().take_while(|block| is_zero(block)).count();
    let whole = blocks.saturating_mul(BLOCK);
    let rest = bytes.get(whole..).unwrap_or_default();
    whole.saturating_add(rest.iter().position(|&byte| byte != 0).unwrap_or(rest.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pads() {
        assert_eq!([0, 1, 511, 512, 513].map(padding), [0, 511, 1, 0, 511]);
    }

    #[test]
    fn counts_leading_zeros() {
        for at in [0, 1, 511, 512, 513, 1400] {
            let mut bytes = vec![0; 1500];
            bytes[at] = 1;
            assert_eq!(leading_zeros(&bytes), at);
        }
        assert_eq!(leading_zeros(&[0; 1500]), 1500);
    }
}
