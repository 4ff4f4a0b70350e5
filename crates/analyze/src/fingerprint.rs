//! A short value that stands for settings.

use std::fmt;

use cutaway_tar::len64;
use sha2::{Digest as _, Sha256};

/// The SHA-256 of settings that decide what is found: equal exactly when they are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Returns the fingerprint of some texts in this order.
    pub fn of<T: AsRef<[u8]>>(texts: impl IntoIterator<Item = T>) -> Self {
        let mut hasher = Sha256::new();
        for text in texts {
            let text = text.as_ref();
            // The length in front, so that no two lists run together to the same bytes.
            hasher.update(len64(text.len()).to_le_bytes());
            hasher.update(text);
        }
        Self(hasher.finalize().into())
    }

    /// Returns the bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// Prints it in hexadecimal.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boundaries_count() {
        assert_ne!(Fingerprint::of(["ab", "c"]), Fingerprint::of(["a", "bc"]));
        assert_ne!(Fingerprint::of(["a"]), Fingerprint::of(["a", ""]));
        assert_eq!(Fingerprint::of(["a", "b"]), Fingerprint::of([b"a", b"b"]));
    }
}
