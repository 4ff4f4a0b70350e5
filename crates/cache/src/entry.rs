//! The form of an entry: its parts, and the seal over them and their name.
//!
//! ```text
//! "cutaway facts 1\n"                    16 bytes
//! for each part: id 32, length 8 (little-endian), bytes
//! seal: HMAC-SHA-256 of the name and of all before it, 32 bytes
//! ```
//!
//! Nothing of an entry is looked at before its seal is right.

use bytes::Bytes;
use cutaway_analyze::Fingerprint;
use cutaway_tar::len64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::Key;

const MAGIC: &[u8; 16] = b"cutaway facts 1\n";
const SEAL: usize = 32;

/// Parts of what is kept under one name, by what each of them is.
pub type Parts = Vec<([u8; 32], Bytes)>;

/// Why bytes are no entry of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// They were not sealed with this key for this name, or altered since.
    #[error("its seal is broken")]
    Seal,
    /// They were sealed, and are of another form.
    #[error("it is of another form")]
    Form,
}

/// Returns the entry that has these parts, for `name` and no other.
pub fn seal(key: &Key, name: &Fingerprint, parts: &Parts) -> Vec<u8> {
    let mut entry = MAGIC.to_vec();
    for (id, bytes) in parts {
        entry.extend_from_slice(id);
        entry.extend_from_slice(&len64(bytes.len()).to_le_bytes());
        entry.extend_from_slice(bytes);
    }
    let seal = mac(key, name, &entry).finalize().into_bytes();
    entry.extend_from_slice(&seal);
    entry
}

/// Returns the parts of the entry of `name`.
///
/// # Errors
///
/// Returns why these bytes are none.
pub fn open(key: &Key, name: &Fingerprint, entry: &Bytes) -> Result<Parts, Damage> {
    let (_, seal) = entry.split_last_chunk::<SEAL>().ok_or(Damage::Seal)?;
    let mut body = entry.slice(..entry.len().saturating_sub(SEAL));
    mac(key, name, &body).verify_slice(seal).map_err(|_| Damage::Seal)?;
    if take(&mut body, MAGIC.len())? != MAGIC[..] {
        return Err(Damage::Form);
    }
    let mut parts = Parts::new();
    while !body.is_empty() {
        let id = take(&mut body, 32)?;
        let length = take(&mut body, 8)?;
        let length = length.first_chunk::<8>().ok_or(Damage::Form)?;
        let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| Damage::Form)?;
        parts.push((*id.first_chunk().ok_or(Damage::Form)?, take(&mut body, length)?));
    }
    Ok(parts)
}

fn take(body: &mut Bytes, length: usize) -> Result<Bytes, Damage> {
    if length > body.len() {
        return Err(Damage::Form);
    }
    Ok(body.split_to(length))
}

fn mac(key: &Key, name: &Fingerprint, body: &[u8]) -> Hmac<Sha256> {
    // A key of HMAC may have any length: it is no error that can come.
    let mut mac = Hmac::<Sha256>::new(key.block().into());
    mac.update(name.as_bytes());
    mac.update(body);
    mac
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(of: &str) -> Fingerprint {
        Fingerprint::of([of])
    }

    fn parts() -> Parts {
        vec![([1; 32], Bytes::from_static(b"a listing")), ([2; 32], Bytes::new())]
    }

    #[test]
    fn every_other_byte_and_every_shorter_entry_is_damage() {
        let key = Key::of_bytes(b"a key of thirty-two bytes at least");
        let entry = seal(&key, &name("a"), &parts());
        assert_eq!(open(&key, &name("a"), &entry.clone().into()), Ok(parts()));
        assert_eq!(open(&key, &name("b"), &entry.clone().into()), Err(Damage::Seal));
        let other = Key::of_bytes(b"another key of thirty-two bytes here");
        assert_eq!(open(&other, &name("a"), &entry.clone().into()), Err(Damage::Seal));
        for at in 0..entry.len() {
            let cut = Bytes::copy_from_slice(&entry[..at]);
            assert_eq!(open(&key, &name("a"), &cut), Err(Damage::Seal), "cut at {at}");
            let mut flipped = entry.clone();
            flipped[at] ^= 1 << (at % 8);
            assert_eq!(open(&key, &name("a"), &flipped.into()), Err(Damage::Seal), "flip {at}");
        }
    }

    proptest! {
        #[test]
        fn what_is_sealed_comes_out(lists in prop::collection::vec((any::<[u8; 32]>(), prop::collection::vec(any::<u8>(), 0..200)), 0..6)) {
            let key = Key::of_bytes(b"a key of thirty-two bytes at least");
            let parts: Parts = lists.into_iter().map(|(id, bytes)| (id, bytes.into())).collect();
            let entry = seal(&key, &name("a"), &parts);
            prop_assert_eq!(open(&key, &name("a"), &entry.into()), Ok(parts));
        }

        #[test]
        fn what_was_sealed_is_still_bounded_by_its_length(body in prop::collection::vec(any::<u8>(), 0..300)) {
            let key = Key::of_bytes(b"a key of thirty-two bytes at least");
            let mut entry = MAGIC.to_vec();
            entry.extend(body);
            let sealed = mac(&key, &name("a"), &entry).finalize().into_bytes();
            entry.extend_from_slice(&sealed);
            // Whatever comes out, it is no more than what went in.
            let held = open(&key, &name("a"), &entry.clone().into()).unwrap_or_default();
            prop_assert!(held.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() <= entry.len());
        }
    }
}
