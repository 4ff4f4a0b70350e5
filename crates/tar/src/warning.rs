//! What is odd in a stream without making it unreadable.

use std::fmt;

use crate::{Escaped, Kind};

/// Something odd in an archive, which programs may read differently.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warning {
    /// What is odd.
    pub kind: WarningKind,
    /// Where in the stream: the header at fault.
    pub offset: u64,
    /// The member it belongs to; empty where there is none.
    pub path: Box<[u8]>,
}

/// The oddities that are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WarningKind {
    /// The extended header gives another size than the header; the extended header wins.
    SizeConflict {
        /// Size in the header.
        header: u64,
        /// Size in the extended header.
        extended: u64,
    },
    /// A link, directory, device or pipe with a size; it is read as having none, as in Go.
    SizeWithoutContent {
        /// Size in the headers.
        size: u64,
    },
    /// The extended header and a GNU long name give different names; the long name wins, as in Go.
    NameConflict,
    /// Two extended headers or long names of one kind for one member; the last one wins.
    RepeatedExtension,
    /// An extended header or long name that no member follows; it is ignored.
    DroppedExtension,
    /// A global header that tries to name, link or size the members after it; it is ignored.
    GlobalOverride,
    /// A sparse file of a version that nobody defined; its content is passed on as stored.
    UnknownSparse,
    /// A type flag that container layers have no use for.
    UnknownKind(Kind),
    /// A GNU header with text where its times are; it is read as the beginning of the name, as in Go.
    GnuPrefix,
    /// A number that readers may take differently: with something after its NUL, below zero, or
    /// more than the system takes.
    OddNumber {
        /// Name of the field.
        field: &'static str,
    },
    /// One zero block where the end marker has two; what follows is not read.
    LoneZeroBlock,
    /// Bytes after the end marker; they are not read.
    TrailingBytes {
        /// How many, from the first one that is not zero.
        bytes: u64,
    },
}

impl WarningKind {
    /// Returns the kebab-case name of the oddity.
    pub fn code(self) -> &'static str {
        match self {
            Self::SizeConflict { .. } => "tar-size-conflict",
            Self::SizeWithoutContent { .. } => "tar-size-without-content",
            Self::NameConflict => "tar-name-conflict",
            Self::RepeatedExtension => "tar-repeated-extension",
            Self::DroppedExtension => "tar-dropped-extension",
            Self::GlobalOverride => "tar-global-override",
            Self::UnknownSparse => "tar-unknown-sparse",
            Self::UnknownKind(_) => "tar-unknown-type",
            Self::GnuPrefix => "tar-gnu-prefix",
            Self::OddNumber { .. } => "tar-odd-number",
            Self::LoneZeroBlock => "tar-lone-zero-block",
            Self::TrailingBytes { .. } => "tar-trailing-bytes",
        }
    }
}

impl fmt::Display for WarningKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SizeConflict { header, extended } => {
                write!(
                    f,
                    "header says {header} bytes, extended header {extended}; read as the latter"
                )
            }
            Self::SizeWithoutContent { size } => {
                write!(f, "has a size of {size} bytes but no content by its type; read as empty")
            }
            Self::NameConflict => {
                write!(f, "extended header and long name differ; named as the latter")
            }
            Self::RepeatedExtension => {
                write!(f, "two extended headers of one kind; the last one counts")
            }
            Self::DroppedExtension => {
                write!(f, "extended header without a member after it; ignored")
            }
            Self::GlobalOverride => {
                write!(f, "global header tries to rename or resize members; ignored")
            }
            Self::UnknownSparse => {
                write!(f, "unknown version of sparse file; content passed on as stored")
            }
            Self::UnknownKind(Kind::Other(flag)) => {
                write!(f, "unknown type flag '{}'", char::from(*flag).escape_default())
            }
            Self::UnknownKind(kind) => write!(f, "unexpected type {kind:?}"),
            Self::GnuPrefix => {
                write!(f, "GNU header with text in place of its times; read as part of the name")
            }
            Self::OddNumber { field } => {
                write!(f, "number in {field} that readers take differently; read as in Go")
            }
            Self::LoneZeroBlock => {
                write!(f, "single zero block instead of an end marker; read as the end")
            }
            Self::TrailingBytes { bytes } => {
                write!(f, "{bytes} bytes after end of archive; not read")
            }
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        if !self.path.is_empty() {
            write!(f, ", in {}", Escaped::name(&self.path))?;
        }
        write!(f, ", at offset {} of the archive", self.offset)
    }
}
