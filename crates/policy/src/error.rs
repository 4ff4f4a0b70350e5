//! Why a policy is refused.

use std::fmt;

/// A place in a file, each from 1 on; columns are characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The character of the line.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// What is wrong with a policy and where: one line, control characters escaped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
pub struct Error {
    place: Place,
    message: String,
}

impl Error {
    pub(crate) fn new(place: Place, message: impl AsRef<str>) -> Self {
        Self { place, message: cutaway_tar::Escaped::new(message.as_ref()).to_string() }
    }

    /// Where it is.
    pub fn place(&self) -> Place {
        self.place
    }
}
