//! What ends the writing of an image.

use std::io;

use cutaway_layerfs as layerfs;
use cutaway_model::{self as model, Class, SinkError};
use cutaway_read::Error as ReadError;

/// Why an image could not be written out. Every text is one line.
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
        source: layerfs::Error,
    },
    /// The target cannot be written.
    #[error("cannot write {target}: {source}")]
    Write {
        /// The file, escaped.
        target: String,
        /// What the system says.
        source: io::Error,
    },
    /// The target is something else than an image may be written to.
    #[error("{target}: {rule}")]
    Target {
        /// The file or directory, escaped.
        target: String,
        /// What is wrong with it.
        rule: String,
    },
}

impl Error {
    /// Returns whose fault it is; none where it is the target's, which is neither the image's nor the source's.
    pub fn class(&self) -> Option<Class> {
        match self {
            Self::Model(error) => Some(error.class()),
            Self::Layer { .. } => Some(Class::Malformed),
            Self::Target { .. } => Some(Class::Usage),
            Self::Write { .. } => None,
        }
    }

    /// Makes the error of a write.
    pub(crate) fn write(target: impl Into<String>, source: io::Error) -> Self {
        Self::Write { target: target.into(), source }
    }
}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Model(error) => Self::Model(error),
            ReadError::Layer { what, source } => Self::Layer { what, source },
            other => Self::Model(model::Error::malformed("layer", other.to_string())),
        }
    }
}

impl From<SinkError> for Error {
    fn from(error: SinkError) -> Self {
        match error {
            SinkError::Model(error) => Self::Model(error),
            SinkError::Write { target, source } => Self::Write { target, source },
            SinkError::Target { target, rule } => Self::Target { target, rule },
            other => Self::Model(model::Error::malformed("target", other.to_string())),
        }
    }
}

/// What writing a tar fails with, as the error of a sink.
impl From<Error> for SinkError {
    fn from(error: Error) -> Self {
        match error {
            Error::Model(error) => Self::Model(error),
            Error::Layer { what, source } => {
                Self::Model(model::Error::malformed(what, source.to_string()))
            }
            Error::Write { target, source } => Self::Write { target, source },
            Error::Target { target, rule } => Self::Target { target, rule },
        }
    }
}
