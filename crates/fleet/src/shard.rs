//! Which images of a list one machine of many works on.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

/// One part of several: `I/N`, counted from 0, as Kubernetes, Nomad and Slurm count the tasks of an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    index: u64,
    count: u64,
}

/// By what images are spread over machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ShardBy {
    /// Their manifests: each part has about as many.
    #[default]
    Manifest,
    /// Their first layers: images on one base are in one part, so that each base is read by one machine.
    Base,
}

impl FromStr for ShardBy {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        match text {
            "manifest" => Ok(Self::Manifest),
            "base" => Ok(Self::Base),
            _ => Err(ShardError::By),
        }
    }
}

/// Why a text is no part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShardError {
    /// It is not two numbers.
    #[error("a part is written I/N, such as 0/4")]
    Form,
    /// There is no such part.
    #[error("of N parts the last is N-1: they are counted from 0")]
    Range,
    /// It is nothing to spread images by.
    #[error("images are spread by manifest or by base")]
    By,
}

impl Shard {
    /// Returns whether what has this key is of this part. Every key is of exactly one.
    pub fn holds(&self, key: &str) -> bool {
        let hash: [u8; 32] = Sha256::digest(key).into();
        let [first, second, third, fourth, fifth, sixth, seventh, eighth, ..] = hash;
        let hash = [first, second, third, fourth, fifth, sixth, seventh, eighth];
        u64::from_be_bytes(hash).checked_rem(self.count) == Some(self.index)
    }
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let (index, count) = text.split_once('/').ok_or(ShardError::Form)?;
        let (true, true) = (is_number(index), is_number(count)) else {
            return Err(ShardError::Form);
        };
        let index = index.parse().map_err(|_| ShardError::Form)?;
        let count = count.parse().map_err(|_| ShardError::Form)?;
        if index >= count {
            return Err(ShardError::Range);
        }
        Ok(Self { index, count })
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parts_as_they_are_written() {
        for (text, expected) in [
            ("0/1", Ok("0/1")),
            ("3/4", Ok("3/4")),
            ("4/4", Err(ShardError::Range)),
            ("0/0", Err(ShardError::Range)),
            ("1", Err(ShardError::Form)),
            ("-1/4", Err(ShardError::Form)),
            ("+1/4", Err(ShardError::Form)),
            ("/4", Err(ShardError::Form)),
            ("1/99999999999999999999", Err(ShardError::Form)),
        ] {
            let read = text.parse::<Shard>().map(|shard| shard.to_string());
            assert_eq!(read, expected.map(str::to_owned), "{text}");
        }
    }

    #[test]
    fn parts_are_of_about_one_size() {
        let shard: Shard = "1/4".parse().unwrap();
        let held = (0..4000).filter(|number| shard.holds(&format!("sha256:{number}"))).count();
        assert!((900..1100).contains(&held), "{held}");
    }

    proptest! {
        #[test]
        fn everything_is_in_one_part(key in ".{0,80}", count in 1_u64..9) {
            let shards = (0..count).map(|index| Shard { index, count });
            prop_assert_eq!(shards.filter(|shard| shard.holds(&key)).count(), 1);
        }
    }
}
