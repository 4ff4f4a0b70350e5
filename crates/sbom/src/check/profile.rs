//! What lists want a bill to have.
//!
//! Sources: NTIA, The Minimum Elements For a Software Bill of Materials (July 2021); CISA, 2025 Minimum
//! Elements for a Software Bill of Materials (draft of August 2025); BSI TR-03183-2, version 2.1.0
//! (August 2025), its required fields. Names are ours.

use std::str::FromStr;

use serde::Serialize;

/// A list of what a bill has to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// NTIA's minimum elements.
    Ntia,
    /// CISA's minimum elements.
    Cisa,
    /// BSI TR-03183-2.
    Bsi,
}

/// A field of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Document {
    Author,
    ReachableAuthor,
    Timestamp,
    Tool,
    Context,
    Completeness,
    NoVulnerabilities,
    Version,
}

/// A field of each component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Component {
    Name,
    Version,
    Supplier,
    /// What CISA calls a supplier.
    Producer,
    ReachableSupplier,
    OwnId,
    Identifier,
    License,
    Hash,
    Sha512,
    Filename,
    Properties,
    Relation,
}

impl Profile {
    pub(super) fn of_documents(self) -> &'static [Document] {
        use Document::{
            Author, Completeness, Context, NoVulnerabilities, ReachableAuthor, Timestamp, Tool,
            Version,
        };
        match self {
            Self::Ntia => &[Author, Timestamp],
            Self::Cisa => &[Author, Timestamp, Tool, Context],
            Self::Bsi => &[Version, ReachableAuthor, Timestamp, Completeness, NoVulnerabilities],
        }
    }

    pub(super) fn of_components(self) -> &'static [Component] {
        use Component::{
            Filename, Hash, Identifier, License, Name, OwnId, Producer, Properties,
            ReachableSupplier, Relation, Sha512, Supplier, Version,
        };
        match self {
            Self::Ntia => &[Supplier, Name, Version, OwnId, Relation],
            Self::Cisa => &[Producer, Name, Version, Identifier, Hash, License, Relation],
            Self::Bsi => {
                &[ReachableSupplier, Name, Version, Filename, Relation, License, Sha512, Properties]
            }
        }
    }
}

impl Document {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Author => "author",
            Self::ReachableAuthor => "author_contact",
            Self::Timestamp => "timestamp",
            Self::Tool => "tool",
            Self::Context => "generation_context",
            Self::Completeness => "dependency_completeness",
            Self::NoVulnerabilities => "no_vulnerabilities",
            Self::Version => "spec_version",
        }
    }
}

impl Component {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Version => "version",
            Self::Supplier => "supplier",
            Self::Producer => "producer",
            Self::ReachableSupplier => "creator_contact",
            Self::OwnId => "unique_id",
            Self::Identifier => "identifier",
            Self::License => "license",
            Self::Hash => "hash",
            Self::Sha512 => "sha512",
            Self::Filename => "filename",
            Self::Properties => "properties",
            Self::Relation => "relationship",
        }
    }
}

impl FromStr for Profile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "ntia" => Ok(Self::Ntia),
            "cisa" => Ok(Self::Cisa),
            "bsi" => Ok(Self::Bsi),
            _ => Err("it is ntia, cisa or bsi".to_owned()),
        }
    }
}
