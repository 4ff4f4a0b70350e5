//! Whether a record holds a version of a package, and why.

use cutaway_version::{Error, Family, check, compare};

use crate::Range;
use crate::range::Interval;

/// Why a version is affected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// It lies in a range.
    Range(Interval),
    /// It is one of those that are listed, here as it is spelled there.
    Listed(String),
}

/// Judges a version by the ranges and listed versions of one entry. Ranges come first, because they say
/// what mends it.
///
/// # Errors
///
/// Returns why the version has no place in the order, where no list has it literally.
pub fn judge(
    family: Family,
    ranges: &[Range],
    versions: &[String],
    version: &str,
) -> Result<Option<Reason>, Error> {
    if let Err(error) = check(family, version) {
        // What has no order can still be the same.
        return match versions.iter().find(|listed| *listed == version) {
            Some(listed) => Ok(Some(Reason::Listed(listed.clone()))),
            None => Err(error),
        };
    }
    for range in ranges {
        // A range with an order of its own may not know the version; then it does not hold it.
        if let Ok(Some(interval)) = range.interval(family, version) {
            return Ok(Some(Reason::Range(interval)));
        }
    }
    let same = |listed: &&String| {
        *listed == version || compare(family, listed, version).is_ok_and(std::cmp::Ordering::is_eq)
    };
    Ok(versions.iter().find(same).map(|listed| Reason::Listed(listed.clone())))
}
