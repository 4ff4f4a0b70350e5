//! What databases say beyond the schema, as far as it changes a verdict.

use std::borrow::Cow;

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
}

#[derive(Deserialize)]
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

    /// Returns the names of binary packages, sorted.
    pub(crate) fn binaries(&self) -> Vec<String> {
        let names = loose::list::<Binary<'_>>(self.binaries).filter_map(|it| it.binary_name);
        let mut names: Vec<String> = names.map(Cow::into_owned).collect();
        names.sort();
        names.dedup();
        names
    }
}
