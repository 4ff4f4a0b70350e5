//! What goes wrong on the way to a daemon and back.

use cutaway_model as model;
use cutaway_tar::Escaped;

use crate::AddressError;

/// Why a daemon gave no image. Every text is one line without control characters.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No daemon answers at any of the addresses.
    #[error("no {engine} daemon answers: {tried}")]
    Absent {
        /// What kind of daemon.
        engine: String,
        /// The addresses, each with what happened there.
        tried: String,
    },
    /// An address cannot be used as it is.
    #[error("{address}: {rule}")]
    Address {
        /// The address.
        address: String,
        /// What is wrong with it.
        rule: String,
    },
    /// The address is none.
    #[error(transparent)]
    Syntax(#[from] AddressError),
    /// The daemon answered that it will not.
    #[error("{daemon} answered {status}: {message}")]
    Refused {
        /// The daemon.
        daemon: String,
        /// The HTTP status.
        status: u16,
        /// What it says, escaped.
        message: String,
    },
    /// The daemon answered what it should not.
    #[error("{daemon} sent {rule}")]
    Answer {
        /// The daemon.
        daemon: String,
        /// What is wrong with it.
        rule: String,
    },
    /// The connection broke off or stood still.
    #[error("{daemon}: {reason}")]
    Interrupted {
        /// The daemon.
        daemon: String,
        /// What happened.
        reason: String,
    },
}

impl From<Error> for model::Error {
    fn from(error: Error) -> Self {
        Self::Transport(Box::new(error))
    }
}

impl From<Error> for std::io::Error {
    fn from(error: Error) -> Self {
        model::Error::from(error).into()
    }
}

/// Returns the reason at the bottom of a client's error, without the addresses above it.
pub(crate) fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(below) = cause.source() {
        cause = below;
    }
    quoted(cause.to_string().as_bytes())
}

/// Returns foreign text in one short line.
pub(crate) fn quoted(bytes: &[u8]) -> String {
    const SHOWN: usize = 300;
    Escaped::new(bytes.trim_ascii()).at_most(SHOWN).to_string()
}
