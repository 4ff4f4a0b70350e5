//! Digests of files as package managers record them.

use std::fmt;

/// The digest of a file's content, or of a link's target, as a package manager records it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContentDigest {
    /// MD5.
    Md5([u8; 16]),
    /// SHA-1.
    Sha1([u8; 20]),
    /// SHA-256.
    Sha256([u8; 32]),
    /// The first 160 bits of SHA-256.
    Sha256Start([u8; 20]),
    /// SHA-224.
    Sha224([u8; 28]),
    /// SHA-384.
    Sha384([u8; 48]),
    /// SHA-512.
    Sha512([u8; 64]),
}

impl ContentDigest {
    /// Reads a digest of this many hexadecimal digits: MD5, SHA-1 or SHA-256.
    pub fn from_hex(text: &[u8]) -> Option<Self> {
        match text.len() {
            32 => hex(text).map(Self::Md5),
            40 => hex(text).map(Self::Sha1),
            64 => hex(text).map(Self::Sha256),
            _ => None,
        }
    }

    /// Reads the hexadecimal digits of a digest of the algorithm that OpenPGP, and so rpm, calls by this
    /// number (RFC 4880, 9.4).
    pub fn from_hex_of(algorithm: u32, text: &[u8]) -> Option<Self> {
        match (algorithm, text.len()) {
            (1, 32) => hex(text).map(Self::Md5),
            (2, 40) => hex(text).map(Self::Sha1),
            (8, 64) => hex(text).map(Self::Sha256),
            (9, 96) => hex(text).map(Self::Sha384),
            (10, 128) => hex(text).map(Self::Sha512),
            (11, 56) => hex(text).map(Self::Sha224),
            _ => None,
        }
    }

    /// Returns the name of the algorithm.
    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::Md5(_) => "md5",
            Self::Sha1(_) => "sha1",
            Self::Sha256(_) => "sha256",
            Self::Sha256Start(_) => "sha256-160",
            Self::Sha224(_) => "sha224",
            Self::Sha384(_) => "sha384",
            Self::Sha512(_) => "sha512",
        }
    }

    /// Returns the bytes.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Md5(bytes) => bytes,
            Self::Sha1(bytes) | Self::Sha256Start(bytes) => bytes,
            Self::Sha256(bytes) => bytes,
            Self::Sha224(bytes) => bytes,
            Self::Sha384(bytes) => bytes,
            Self::Sha512(bytes) => bytes,
        }
    }

    /// Returns the number that stands for the algorithm where records are packed.
    pub(crate) fn tag(self) -> u8 {
        match self {
            Self::Md5(_) => 0,
            Self::Sha1(_) => 1,
            Self::Sha256(_) => 2,
            Self::Sha256Start(_) => 3,
            Self::Sha224(_) => 4,
            Self::Sha384(_) => 5,
            Self::Sha512(_) => 6,
        }
    }

    /// Takes what [`ContentDigest::tag`] and [`ContentDigest::bytes`] returned from the front of `rest`.
    pub(crate) fn read(rest: &mut &[u8]) -> Option<Self> {
        let [tag] = array(rest)?;
        match tag {
            0 => array(rest).map(Self::Md5),
            1 => array(rest).map(Self::Sha1),
            2 => array(rest).map(Self::Sha256),
            4 => array(rest).map(Self::Sha224),
            5 => array(rest).map(Self::Sha384),
            6 => array(rest).map(Self::Sha512),
            _ => array(rest).map(Self::Sha256Start),
        }
    }
}

/// Prints `algorithm:hex`.
impl fmt::Display for ContentDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.algorithm())?;
        self.bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

fn array<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, left) = rest.split_first_chunk()?;
    *rest = left;
    Some(*taken)
}

fn hex<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut bytes = [0; N];
    let mut pairs = text.chunks_exact(2);
    for byte in &mut bytes {
        let &[high, low] = pairs.next()? else { return None };
        *byte = (digit(high)? << 4) | digit(low)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests() {
        let md5 = "d41d8cd98f00b204e9800998ecf8427e";
        let digest = ContentDigest::from_hex(md5.as_bytes()).unwrap();
        assert_eq!(digest.to_string(), format!("md5:{md5}"));
        for (algorithm, digits, name) in [
            (1, 32, "md5"),
            (2, 40, "sha1"),
            (8, 64, "sha256"),
            (9, 96, "sha384"),
            (10, 128, "sha512"),
            (11, 56, "sha224"),
        ] {
            let text = "0f".repeat(digits / 2);
            let digest = ContentDigest::from_hex_of(algorithm, text.as_bytes()).unwrap();
            assert_eq!(digest.to_string(), format!("{name}:{text}"));
            let bytes = [&[digest.tag()], digest.bytes()].concat();
            assert_eq!(ContentDigest::read(&mut bytes.as_slice()), Some(digest));
            assert_eq!(ContentDigest::from_hex_of(12, text.as_bytes()), None);
            assert_eq!(ContentDigest::from_hex_of(algorithm, b"0f"), None);
        }
        for wrong in [
            "",
            "d4",
            &md5.replace('d', "x"),
            "0123456789abcdef0123456789abcde",
            &format!("{md5}00"),
        ] {
            assert_eq!(ContentDigest::from_hex(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
