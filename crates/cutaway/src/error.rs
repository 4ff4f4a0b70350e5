//! Why an image cannot be had, and whose fault it is.

use std::io;
use std::path::PathBuf;

use cutaway_model::Class;
use cutaway_ref::{ParseReferenceError, RouteError};

use crate::limits::LimitError;

/// Why the façade cannot do what it was asked to.
///
/// A text is one line without secrets; [`Error::class`] says whose fault it is.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// What was asked for, or a setting of the client, makes no sense.
    #[error("{0}")]
    Usage(String),
    /// A reference breaks a rule of its grammar.
    #[error(transparent)]
    Reference(#[from] ParseReferenceError),
    /// A limit is not known, or its value is none.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// A file of this machine's settings cannot be read or breaks its format.
    #[error("cannot use {}: {reason}", .path.display())]
    Settings {
        /// The file or folder.
        path: PathBuf,
        /// The rule that it breaks, or what the system says.
        reason: String,
    },
    /// A file that a setting names cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// `registries.conf` forbids the reference, or leads it nowhere.
    #[error("{reference}: {source}")]
    Route {
        /// The reference.
        reference: String,
        /// The rule.
        source: RouteError,
    },
    /// The place that was named has no image, or is out of reach.
    #[error("{0}")]
    Unreachable(String),
    /// The registry failed, and its mirrors before it.
    #[error("{source} (mirrors failed too: {})", .mirrors.join(", "))]
    Mirrors {
        /// Why the registry itself failed.
        source: cutaway_model::Error,
        /// The hosts that failed before it.
        mirrors: Vec<String>,
    },
    /// The image or the way to it.
    #[error(transparent)]
    Model(#[from] cutaway_model::Error),
}

impl Error {
    /// Returns whose fault it is.
    pub fn class(&self) -> Class {
        match self {
            Self::Usage(_)
            | Self::Reference(_)
            | Self::Limit(_)
            | Self::Settings { .. }
            | Self::Unreadable { .. } => Class::Usage,
            Self::Route { .. } | Self::Unreachable(_) => Class::Transport,
            Self::Mirrors { source, .. } | Self::Model(source) => source.class(),
        }
    }
}
