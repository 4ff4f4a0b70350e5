//! Why a package is said to have a flaw, in a line.

use crate::{FlawRange, NameRole, VulnerabilityReport};

impl VulnerabilityReport {
    /// Returns the record, the range, the name and the two versions that a finding rests on, as one line.
    pub fn why(&self) -> String {
        let source = &self.source;
        let versions = match &source.range {
            FlawRange { listed: Some(listed), .. } => format!("lists {listed}"),
            FlawRange { introduced, fixed, last_affected, .. } => {
                let from = match introduced.as_deref() {
                    None | Some("0") => "all versions".to_owned(),
                    Some(first) => format!("versions from {first}"),
                };
                match (fixed, last_affected) {
                    (Some(fixed), _) => format!("holds {from} before {fixed}"),
                    (None, Some(last)) => format!("holds {from} up to {last}"),
                    (None, None) => format!("holds {from}, none of them fixed"),
                }
            }
        };
        let role = match source.role {
            NameRole::Binary => "package",
            NameRole::Source => "source package",
            NameRole::Component => "component",
        };
        let notes = match source.notes.is_empty() {
            true => String::new(),
            false => format!(" ({})", source.notes.join(", ")),
        };
        format!(
            "{} in {} {versions} of the {role} {}; {} was compared as {} does{notes}",
            source.record, source.ecosystem, source.name, source.compared, source.family
        )
    }
}
