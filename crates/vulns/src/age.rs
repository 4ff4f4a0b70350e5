//! How old advisories are: the newest change of what was asked. Of several sources the one that changed last
//! counts: some change seldom, and that says nothing of the file.

use std::collections::BTreeSet;
use std::time::Duration;

use cutaway_report::{AdvisorySource, parse_time};

/// Returns which of the sources that were asked changed last, and how long ago. The time is in seconds since
/// 1970. Nothing where no source says when it changed.
pub fn newest<'s>(
    sources: &'s [AdvisorySource],
    asked: &BTreeSet<String>,
    now: i64,
) -> Option<(&'s AdvisorySource, Duration)> {
    let asked = sources.iter().filter(|source| asked.contains(&source.ecosystem));
    let aged = asked.filter_map(|source| {
        let newest = parse_time(source.newest.as_deref()?).ok()?;
        let age = u64::try_from(now.saturating_sub(newest)).unwrap_or_default();
        Some((source, Duration::from_secs(age)))
    });
    aged.min_by_key(|(_, age)| *age)
}
