//! Why an image cannot be had, and whose fault it is.

use std::io;
use std::path::PathBuf;

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
    /// Nothing is where it was looked for in an image, or not what it was looked for as.
    #[error("{0}")]
    Absent(String),
    /// Runtimes have different files at a path.
    #[error("{0}")]
    Ambiguous(String),
    /// A daemon leaves out a part of what it saves.
    #[error("{0}")]
    LeftOut(Box<Self>),
    /// A bill of materials cannot be had, or is none.
    #[error("{name}: {source}")]
    Bill {
        /// Which one.
        name: String,
        /// Why.
        source: cutaway_sbom::ReadError,
    },
    /// A database of advisories cannot be used.
    #[error("{}: {source}", .path.display())]
    Advisories {
        /// The file.
        path: PathBuf,
        /// Why.
        source: cutaway_vulns::DbError,
    },
    /// What is asked for is not in what answers are looked up in.
    #[error("{0}")]
    Unanswered(String),
    /// Advisories cannot be read.
    #[error(transparent)]
    Import(#[from] cutaway_vulns::ImportError),
    /// What advisories were to be read from has none.
    #[error("{0}")]
    NoAdvisories(String),
    /// What a registry lists as referring to an image breaks the format of such a list.
    #[error("the list of referrers is no index: {0}")]
    Referrers(String),
    /// The image or the way to it.
    #[error(transparent)]
    Model(#[from] cutaway_model::Error),
    /// Reading its layers.
    #[error(transparent)]
    Read(#[from] cutaway_read::Error),
    /// Reading its packages.
    #[error(transparent)]
    Scan(#[from] cutaway_scan::Error),
    /// Reading its files.
    #[error(transparent)]
    Files(#[from] cutaway_files::Error),
    /// Writing it out.
    #[error(transparent)]
    Export(#[from] cutaway_export::Error),
}

/// Whose fault an error is; the command line turns it into its exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Class {
    /// The request itself, or a setting.
    Usage,
    /// Everything on the way to the bytes.
    Transport,
    /// Bytes that contradict their digest, size, diffID, format or a limit.
    Malformed,
    /// Nothing of all that: the image does not have what was asked for.
    Absent,
    /// The image has what was asked for, and to other runtimes something else.
    Ambiguous,
    /// What was to be written could not be.
    Write,
    /// What answers are to be looked up in is not there.
    Unanswered,
}

impl From<cutaway_model::Class> for Class {
    fn from(class: cutaway_model::Class) -> Self {
        match class {
            cutaway_model::Class::Usage => Self::Usage,
            cutaway_model::Class::Transport => Self::Transport,
            cutaway_model::Class::Malformed => Self::Malformed,
        }
    }
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
            Self::Route { .. } | Self::Unreachable(_) | Self::LeftOut(_) => Class::Transport,
            Self::Bill { source, .. } if source.is_of_the_way() => Class::Transport,
            Self::Bill { .. } | Self::NoAdvisories(_) => Class::Malformed,
            Self::Advisories { source: cutaway_vulns::DbError::Io(_), .. } => Class::Unanswered,
            Self::Unanswered(_) => Class::Unanswered,
            Self::Import(cutaway_vulns::ImportError::Io { .. }) => Class::Usage,
            Self::Advisories { .. } | Self::Import(_) => Class::Malformed,
            Self::Absent(_) => Class::Absent,
            Self::Ambiguous(_) => Class::Ambiguous,
            Self::Referrers(_) => Class::Malformed,
            Self::Mirrors { source, .. } | Self::Model(source) => source.class().into(),
            Self::Read(error) => error.class().into(),
            Self::Scan(error) => error.class().into(),
            Self::Files(cutaway_files::Error::Write(_)) => Class::Write,
            Self::Files(error) => error.class().into(),
            Self::Export(error) => error.class().map_or(Class::Write, Class::from),
        }
    }

    /// Returns whether a part of an image is listed and not there.
    pub(crate) fn is_about_missing(&self) -> bool {
        use cutaway_read::Error as ReadError;
        let model = match self {
            Self::Model(model)
            | Self::Read(ReadError::Model(model))
            | Self::Scan(cutaway_scan::Error::Model(model))
            | Self::Files(cutaway_files::Error::Read(ReadError::Model(model))) => Some(model),
            Self::Export(error) => error.model(),
            _ => None,
        };
        matches!(model, Some(cutaway_model::Error::Missing { .. }))
    }
}

impl From<cutaway_model::SinkError> for Error {
    fn from(error: cutaway_model::SinkError) -> Self {
        cutaway_export::Error::from(error).into()
    }
}
