//! How old advisories are: the newest change of what was asked.

use std::collections::BTreeSet;
use std::time::Duration;

use cutaway_report::{AdvisorySource, parse_time};

/// Returns which of the sources that were asked is the oldest, and how old its newest change is. The time is
/// in seconds since 1970.
pub fn oldest<'s>(
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
    aged.max_by_key(|(_, age)| *age)
}
