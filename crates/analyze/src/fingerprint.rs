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

    /// Reads what it is printed as.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 64 {
            return None;
        }
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let digits = std::str::from_utf8(digits).ok()?;
            let lower = |digit: char| matches!(digit, '0'..='9' | 'a'..='f');
            *byte = digits.chars().all(lower).then(|| u8::from_str_radix(digits, 16).ok())??;
        }
        Some(Self(bytes))
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

    #[test]
    fn what_is_printed_is_read() {
        let of = Fingerprint::of(["a"]);
        assert_eq!(Fingerprint::parse(&of.to_string()), Some(of));
        for none in ["", "ab", &of.to_string().to_uppercase(), &format!("{of}0")] {
            assert_eq!(Fingerprint::parse(none), None, "{none}");
        }
        let signed = format!("+a{}", "0".repeat(62));
        assert_eq!(Fingerprint::parse(&signed), None);
    }
}
