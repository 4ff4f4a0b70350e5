//! What databases say beyond the schema, as far as it changes a verdict.

use std::borrow::Cow;
use std::collections::BTreeMap;

use cutaway_report::FlawSeverity as Severity;
use serde::Deserialize;

use crate::osv::Standing;
use crate::osv::affected::RawRange;
use crate::osv::loose::{self, Raw};
use crate::osv::severity::of_word;

/// `ecosystem_specific` of an entry.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Extras<'a> {
    /// Debian's urgency.
    #[serde(borrow, default)]
    urgency: Raw<'a>,
    /// Ranges of Go's that the module index does not know.
    #[serde(borrow, default)]
    custom_ranges: Raw<'a>,
    /// The binary packages: a list (Ubuntu), or one for each architecture (openEuler).
    #[serde(borrow, default)]
    binaries: Raw<'a>,
    /// What is said of each component of a package (Chainguard).
    #[serde(borrow, default)]
    components: Raw<'a>,
}

#[derive(Deserialize)]
struct Component<'a> {
    #[serde(borrow, default)]
    status: Raw<'a>,
}

#[derive(Default, Deserialize)]
struct Binary<'a> {
    #[serde(borrow, default)]
    binary_name: Option<Cow<'a, str>>,
}

impl Extras<'_> {
    /// Returns what the urgency says: a state of its own, or how bad it is.
    pub(crate) fn urgency(&self) -> (Option<Standing>, Option<Severity>) {
        let word = loose::text(self.urgency).unwrap_or_default();
        match word.as_str() {
            "unimportant" => (Some(Standing::Negligible), Some(Severity::Negligible)),
            "end-of-life" => (Some(Standing::EndOfLife), None),
            word => (None, of_word(word)),
        }
    }

    pub(crate) fn custom_ranges(&self) -> Vec<RawRange<'_>> {
        loose::list(self.custom_ranges).collect()
    }

    /// Returns what is said of a package whose components are not mended.
    pub(crate) fn of_components(&self) -> Option<Standing> {
        let mut said = None;
        for component in loose::list::<Component<'_>>(self.components) {
            let status = loose::text(component.status).unwrap_or_default();
            match status.to_ascii_lowercase().replace(['-', ' '], "_").as_str() {
                "under_investigation" => said = Some(Standing::UnderInvestigation),
                "pending_upstream_fix" => said = Some(Standing::Deferred),
                "fix_not_planned" | "analysis_not_planned" => said = Some(Standing::WontFix),
                _ => {}
            }
        }
        said
    }

    /// Returns the names of binary packages, sorted.
    pub(crate) fn binaries(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for element in loose::list::<&serde_json::value::RawValue>(self.binaries) {
            let binary: Binary<'_> = loose::read(Some(element));
            match binary.binary_name {
                Some(name) => names.push(name.into_owned()),
                // Names are the keys, and versions the values (SUSE).
                None => {
                    let named: BTreeMap<Cow<'_, str>, Raw<'_>> = loose::read(Some(element));
                    names.extend(named.into_keys().map(Cow::into_owned));
                }
            }
        }
        names.sort();
        names.dedup();
        names
    }
}
