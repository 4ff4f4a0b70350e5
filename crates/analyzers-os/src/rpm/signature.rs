//! Who signed: the id of the key in a signature of OpenPGP (RFC 9580, section 5.2). Nothing is verified.

use crate::bytes::slice;

/// The tag of a packet that is a signature.
const SIGNATURE: u8 = 2;
/// Subpackets that name who signed.
const ISSUER: u8 = 16;
const ISSUER_FINGERPRINT: u8 = 33;

/// Returns the id of the key that signed, as sixteen hexadecimal digits.
pub(super) fn signer(packet: &[u8]) -> Option<String> {
    let body = body(packet)?;
    let id = match body.first()? {
        3 => slice(body, 7, 8)?,
        4 => {
            let hashed_len = usize::from(u16::from_be_bytes(*slice(body, 4, 2)?.first_chunk()?));
            let hashed = slice(body, 6, hashed_len)?;
            let at = hashed_len.checked_add(6)?;
            let other_len = usize::from(u16::from_be_bytes(*slice(body, at, 2)?.first_chunk()?));
            let other = slice(body, at.checked_add(2)?, other_len)?;
            issuer(other).or_else(|| issuer(hashed))?
        }
        _ => return None,
    };
    Some(id.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Returns the content of a packet, of the old form or the new one.
fn body(packet: &[u8]) -> Option<&[u8]> {
    let (&first, rest) = packet.split_first()?;
    let (tag, len, rest) = match first {
        0xc0.. => {
            let (len, rest) = length(rest)?;
            (first & 0x3f, len, rest)
        }
        0x80.. => {
            let width = [1, 2, 4].get(usize::from(first & 3)).copied()?;
            let (len, rest) = rest.split_at_checked(width)?;
            ((first >> 2) & 0xf, number(len), rest)
        }
        _ => return None,
    };
    (tag == SIGNATURE).then(|| rest.get(..len)).flatten()
}

/// Returns the id in a list of subpackets.
fn issuer(mut rest: &[u8]) -> Option<&[u8]> {
    let mut of_fingerprint = None;
    while !rest.is_empty() {
        let (len, behind) = length(rest)?;
        let (subpacket, behind) = behind.split_at_checked(len)?;
        rest = behind;
        match subpacket.split_first() {
            Some((&kind, id)) if kind & 0x7f == ISSUER && id.len() == 8 => return Some(id),
            // A version, and of a key of version 4 twenty bytes, of which the last are the id.
            Some((&kind, [4, fingerprint @ ..]))
                if kind & 0x7f == ISSUER_FINGERPRINT && fingerprint.len() == 20 =>
            {
                of_fingerprint = fingerprint.get(12..);
            }
            _ => {}
        }
    }
    of_fingerprint
}

/// Takes a length of the new form.
fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    match first {
        0..192 => Some((usize::from(first), rest)),
        192..224 => {
            let (&second, rest) = rest.split_first()?;
            let high = usize::from(first.saturating_sub(192)) << 8;
            Some((high.saturating_add(usize::from(second)).saturating_add(192), rest))
        }
        255 => {
            let (len, rest) = rest.split_at_checked(4)?;
            Some((number(len), rest))
        }
        _ => None,
    }
}

fn number(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |sum, &byte| (sum << 8) | usize::from(byte))
}

#[cfg(test)]
mod tests {
    use super::signer;

    #[test]
    fn signers() {
        let id = [0x19, 0x9e, 0x2f, 0x91, 0xfd, 0x43, 0x1d, 0x51];
        let old = [&[0x88, 15, 3, 5, 0, 0, 0, 0, 0][..], &id].concat();
        assert_eq!(signer(&old).as_deref(), Some("199e2f91fd431d51"));
        let subpacket = [&[9, 16][..], &id].concat();
        let new = [&[0xc2, 18, 4, 0, 1, 8, 0, 0, 0, 10][..], &subpacket].concat();
        assert_eq!(signer(&new).as_deref(), Some("199e2f91fd431d51"));
        let fingerprint = [&[22, 33, 4][..], &[7; 12], &id].concat();
        let hashed = [&[0xc2, 31, 4, 0, 1, 8, 0, 23][..], &fingerprint, &[0, 0]].concat();
        assert_eq!(signer(&hashed).as_deref(), Some("199e2f91fd431d51"));
        for packet in [&old, &new, &hashed] {
            for end in 0..packet.len() {
                assert_eq!(signer(&packet[..end]), None, "{end} of {packet:?}");
            }
        }
        assert_eq!(signer(&[0x99, 0, 2, 5, 5]), None);
    }
}
