//! The clock of this machine.

use std::time::{SystemTime, UNIX_EPOCH};

/// Returns the time, in seconds since 1970.
pub(super) fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |it| it.as_secs());
    i64::try_from(now).unwrap_or(i64::MAX)
}
