//! Policies in files.

use std::path::PathBuf;

use cutaway_policy::Policy;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::config::text_of;
use crate::error::Error;

/// Reads policies from files.
///
/// # Errors
///
/// Returns which file is wrong, with line and column.
pub fn read_policies(files: &[PathBuf]) -> Result<Vec<Policy>, Error> {
    let today = TimeZone::UTC.to_datetime(Timestamp::now()).date();
    let read = |path: &PathBuf| {
        Policy::read(&text_of(path)?, today)
            .map_err(|error| Error::of_file(path, error.to_string()))
    };
    files.iter().map(read).collect()
}
