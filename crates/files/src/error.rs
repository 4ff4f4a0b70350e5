//! Why a question about files was not answered.

use cutaway_layerfs::{EntryPath, Loop};
use cutaway_model::{Class, Error as ModelError};
use cutaway_read::Error as ReadError;
use cutaway_tar::Escaped;

/// Why the files of an image could not be told. Every text is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A layer could not be read, or is not what it claims to be.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Layers do not lie over each other within the limits.
    #[error("layer {layer}: {source}")]
    Overlay {
        /// The position of the layer.
        layer: usize,
        /// The limit, and where it is met.
        source: cutaway_layerfs::Error,
    },
    /// A path goes in circles.
    #[error("{}: {source}", Escaped::new(.path))]
    Loop {
        /// The path.
        path: Vec<u8>,
        /// The limit.
        source: Loop,
    },
    /// What was written while the layer was read is not what counts.
    #[error(
        "{path}: {what} has another entry of this name further on, which counts instead of the one that was written; wait for it with --verify"
    )]
    Overtaken {
        /// The path.
        path: EntryPath,
        /// The layer.
        what: String,
    },
    /// A file is larger than what is held in memory.
    #[error("{path} is larger than the limit {limit} = {max} of what is held in memory")]
    TooLarge {
        /// The path.
        path: EntryPath,
        /// The name of the limit.
        limit: &'static str,
        /// Its value.
        max: u64,
    },
    /// The bytes of a file went by before it was known that they are wanted.
    #[error(
        "{path} had passed before it showed that it is meant; ask for {path} itself, or read the archive from a file"
    )]
    Passed {
        /// The path where it lies.
        path: EntryPath,
        /// How the entry that holds the bytes is called in its layer, for a second pass.
        entry: EntryPath,
    },
    /// What was found could not be written.
    #[error("cannot write: {0}")]
    Write(#[source] std::io::Error),
}

impl Error {
    /// Returns whose fault it is.
    pub fn class(&self) -> Class {
        match self {
            Self::Read(error) => error.class(),
            Self::Passed { .. } | Self::Write(_) => Class::Transport,
            Self::Overlay { .. }
            | Self::Loop { .. }
            | Self::Overtaken { .. }
            | Self::TooLarge { .. } => Class::Malformed,
        }
    }
}

impl From<ModelError> for Error {
    fn from(error: ModelError) -> Self {
        Self::Read(error.into())
    }
}
