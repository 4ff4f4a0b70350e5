//! Digests: bytes named by their hash (OCI image specification, descriptor.md, "Digests").
//!
//! A digest is checked against its grammar when it is made, so it can stand in a path or a URL as
//! it is. An algorithm that is well-formed but unknown can be listed, never verified.

use std::str::FromStr;
use std::{fmt, io};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::Digest as _;

/// The digest of some bytes, such as `sha256:e3b0…`.
///
/// Guaranteed to match the grammar of the OCI image specification, and for the known algorithms to
/// have the right number of lower-case hexadecimal digits. Ordered by its text.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest {
    text: Box<str>,
    algorithm: Option<Algorithm>,
}

impl Digest {
    /// Returns the algorithm, or `None` where it is well-formed but unknown to us.
    pub fn algorithm(&self) -> Option<Algorithm> {
        self.algorithm
    }

    /// Returns the whole text, `algorithm:encoded`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the part in front of the colon.
    pub fn algorithm_name(&self) -> &str {
        self.text.split_once(':').map_or("", |(name, _)| name)
    }

    /// Returns the part behind the colon.
    pub fn encoded(&self) -> &str {
        self.text.split_once(':').map_or("", |(_, encoded)| encoded)
    }

    /// Returns the sha256 digest of `bytes`.
    pub fn sha256(bytes: &[u8]) -> Self {
        let mut hasher = Algorithm::Sha256.hasher();
        hasher.update(bytes);
        hasher.finish()
    }

    fn from_hash(algorithm: Algorithm, hash: &[u8]) -> Self {
        use fmt::Write as _;
        let mut text = String::new();
        text.push_str(algorithm.name());
        text.push(':');
        for byte in hash {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        Self { text: text.into(), algorithm: Some(algorithm) }
    }
}

impl FromStr for Digest {
    type Err = ParseDigestError;

    fn from_str(text: &str) -> Result<Self, ParseDigestError> {
        let (name, encoded) = text.split_once(':').ok_or(ParseDigestError::NoColon)?;
        let component = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        if !name.split(['+', '.', '_', '-']).all(component) {
            return Err(ParseDigestError::Algorithm);
        }
        let algorithm = Algorithm::from_name(name);
        if let Some(algorithm) = algorithm {
            if encoded.len() != algorithm.hex_len() {
                return Err(ParseDigestError::Length {
                    algorithm,
                    wanted: algorithm.hex_len(),
                    found: encoded.len(),
                });
            }
            if !encoded.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
                return Err(ParseDigestError::NotLowerHex);
            }
        } else if encoded.is_empty()
            || encoded.len() > 512
            || !encoded
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'=' | b'_' | b'-'))
        {
            return Err(ParseDigestError::Encoded);
        }
        Ok(Self { text: text.into(), algorithm })
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(|error| {
            let shown: String = text.chars().take(100).collect();
            serde::de::Error::custom(format_args!("digest \"{}\": {error}", shown.escape_debug()))
        })
    }
}

/// A hash algorithm whose digests can be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Algorithm {
    /// SHA-256, which every implementation must support.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Algorithm {
    /// Returns the name as it stands in front of the colon.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    /// Returns the number of hexadecimal digits of a digest.
    pub fn hex_len(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha384 => 96,
            Self::Sha512 => 128,
        }
    }

    /// Returns a fresh hasher of this algorithm.
    pub fn hasher(self) -> Hasher {
        match self {
            Self::Sha256 => Hasher(State::Sha256(sha2::Sha256::new())),
            Self::Sha384 => Hasher(State::Sha384(sha2::Sha384::new())),
            Self::Sha512 => Hasher(State::Sha512(sha2::Sha512::new())),
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        match name {
            "sha256" => Some(Self::Sha256),
            "sha384" => Some(Self::Sha384),
            "sha512" => Some(Self::Sha512),
            _ => None,
        }
    }
}

/// A digest in the making: bytes go in piece by piece, the digest comes out once.
#[derive(Clone)]
pub struct Hasher(State);

#[derive(Clone)]
enum State {
    Sha256(sha2::Sha256),
    Sha384(sha2::Sha384),
    Sha512(sha2::Sha512),
}

impl Hasher {
    /// Adds `bytes` to what is hashed.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::Sha256(state) => state.update(bytes),
            State::Sha384(state) => state.update(bytes),
            State::Sha512(state) => state.update(bytes),
        }
    }

    /// Returns the digest of everything that was added.
    pub fn finish(self) -> Digest {
        match self.0 {
            State::Sha256(state) => Digest::from_hash(Algorithm::Sha256, &state.finalize()),
            State::Sha384(state) => Digest::from_hash(Algorithm::Sha384, &state.finalize()),
            State::Sha512(state) => Digest::from_hash(Algorithm::Sha512, &state.finalize()),
        }
    }
}

/// Writing adds bytes, as [`update`](Hasher::update) does, and never fails.
impl io::Write for Hasher {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            State::Sha256(_) => "Hasher(sha256)",
            State::Sha384(_) => "Hasher(sha384)",
            State::Sha512(_) => "Hasher(sha512)",
        })
    }
}

/// The rule of the digest grammar that a text breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseDigestError {
    /// There is no colon between algorithm and hash.
    #[error("a digest is written algorithm:hash, and there is no colon")]
    NoColon,
    /// The algorithm has characters other than lower-case letters, digits and single separators.
    #[error("the algorithm of a digest has only a-z, 0-9 and single separators")]
    Algorithm,
    /// The hash of a known algorithm has the wrong length.
    #[error("a {} digest has {wanted} hexadecimal digits, not {found}", .algorithm.name())]
    Length {
        /// The algorithm that was named.
        algorithm: Algorithm,
        /// How many digits it has.
        wanted: usize,
        /// How many characters were given.
        found: usize,
    },
    /// The hash of a known algorithm has other characters than 0-9 and a-f.
    #[error("the hash of a digest has only the digits 0-9 and a-f, in lower case")]
    NotLowerHex,
    /// The hash of an unknown algorithm is empty, longer than 512 bytes, or has other characters than `[A-Za-z0-9=_-]`.
    #[error("the hash of a digest has 1 to 512 of the characters A-Z, a-z, 0-9, =, _ and -")]
    Encoded,
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn hashes_in_pieces() {
        assert_eq!(Digest::sha256(b"").as_str(), EMPTY);
        let mut hasher = Algorithm::Sha256.hasher();
        hasher.update(b"a");
        hasher.update(b"bc");
        assert_eq!(
            hasher.finish().encoded(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn grammar() {
        assert_eq!(EMPTY.parse::<Digest>().unwrap().to_string(), EMPTY);
        let unknown: Digest =
            "multihash+base58:QmRZxt2b1FVZPNqd8hsiykDL3TdBDeTSPX9Kv46HmX4Gx8".parse().unwrap();
        assert_eq!(unknown.algorithm(), None);
        for (bad, rule) in [
            ("e3b0", ParseDigestError::NoColon),
            (":e3b0", ParseDigestError::Algorithm),
            ("SHA256:e3b0", ParseDigestError::Algorithm),
            (
                "sha256:../../../etc/hostname",
                ParseDigestError::Length { algorithm: Algorithm::Sha256, wanted: 64, found: 21 },
            ),
            (&EMPTY.to_uppercase().replace("SHA", "sha"), ParseDigestError::NotLowerHex),
            ("md5:", ParseDigestError::Encoded),
            ("x:a/b", ParseDigestError::Encoded),
        ] {
            assert_eq!(bad.parse::<Digest>().unwrap_err(), rule, "{bad}");
        }
    }
}
