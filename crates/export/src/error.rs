//! What ends the writing of an image.

use cutaway_model::{self as model, Class, SinkError};
use cutaway_read::Error as ReadError;

/// Why an image could not be written out. Every text is one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The image or a part of it could not be had, or is not what it claims to be.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The target cannot be written, or is something else than an image may be written to.
    #[error(transparent)]
    Sink(#[from] SinkError),
}

impl Error {
    /// Returns whose fault it is; none where it is the target's, which is neither the image's nor the source's.
    pub fn class(&self) -> Option<Class> {
        match self {
            Self::Read(error) => Some(error.class()),
            Self::Sink(error) => error.class(),
        }
    }

    /// Returns what the model says of the image, where that is what ended the writing.
    pub fn model(&self) -> Option<&model::Error> {
        match self {
            Self::Read(ReadError::Model(error)) | Self::Sink(SinkError::Model(error)) => {
                Some(error)
            }
            Self::Read(_) | Self::Sink(_) => None,
        }
    }
}

impl From<model::Error> for Error {
    fn from(error: model::Error) -> Self {
        Self::Read(error.into())
    }
}
