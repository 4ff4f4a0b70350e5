//! Why a scan gave no report.

use cutaway_model::{self as model, Class};
use cutaway_read::Error as ReadError;

/// Why an image could not be scanned. Every text is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The image or a part of it could not be had, or is not what it claims to be.
    #[error(transparent)]
    Model(#[from] model::Error),
    /// A layer is no sound tar, or breaks the rules of layers.
    #[error("{what}: {source}")]
    Layer {
        /// The layer.
        what: String,
        /// The rule, and where it is broken.
        source: cutaway_layerfs::Error,
    },
    /// A pattern of entries to skip is none.
    #[error("pattern \"{pattern}\" of entries to skip: {reason}")]
    Pattern {
        /// The pattern, escaped.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Layer { what, source } => Self::Layer { what, source },
            ReadError::Model(error) => Self::Model(error),
            other => Self::Model(model::Error::malformed("layer", other.to_string())),
        }
    }
}

impl Error {
    /// Returns whose fault it is.
    pub fn class(&self) -> Class {
        match self {
            Self::Model(error) => error.class(),
            Self::Layer { .. } => Class::Malformed,
            Self::Pattern { .. } => Class::Usage,
        }
    }
}
