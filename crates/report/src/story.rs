//! What became of packages, layer by layer.

use cutaway_analyze::{Ecosystem, PackageEvent};
use serde::{Deserialize, Serialize};

/// What became of a package, layer by layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoryReport {
    /// The package manager's kind.
    pub kind: Ecosystem,
    /// What stands before the name where names alone are not unique.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
    /// The architecture, where records have one.
    pub arch: Option<String>,
    /// What tells copies apart that lie beside each other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// What happened, oldest first.
    pub events: Vec<EventReport>,
}

/// What a layer did to a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventReport {
    /// The layer.
    pub layer: usize,
    /// What it did.
    pub event: Event,
    /// The version that came or went.
    pub version: String,
    /// The version that was there before an upgrade.
    pub from: Option<String>,
    /// The database that says or said so.
    pub database: String,
    /// The command that built the layer, where the history says it without a guess.
    pub created_by: Option<String>,
}

/// What a layer can do to a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Event {
    /// It was not installed before.
    Installed,
    /// Another version was installed before, whichever of the two is the newer.
    Upgraded,
    /// It is not installed any more, but its database is there.
    Removed,
    /// It is gone with its whole database.
    Hidden,
}

impl Event {
    /// Returns the word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Installed => "installed",
            Self::Upgraded => "upgraded",
            Self::Removed => "removed",
            Self::Hidden => "hidden",
        }
    }
}

impl From<PackageEvent> for Event {
    fn from(event: PackageEvent) -> Self {
        match event {
            PackageEvent::Installed => Self::Installed,
            PackageEvent::Upgraded => Self::Upgraded,
            PackageEvent::Removed => Self::Removed,
            PackageEvent::Hidden => Self::Hidden,
        }
    }
}
