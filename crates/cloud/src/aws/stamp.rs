//! Moments as Amazon writes them, `20150830T123600Z`. Pure.

use std::time::SystemTime;

use jiff::Timestamp;

/// A moment, in UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    /// `YYYYMMDD`.
    pub(super) date: String,
    /// `YYYYMMDDTHHMMSSZ`.
    pub(super) time: String,
}

impl Stamp {
    pub(super) fn of(moment: SystemTime) -> Self {
        // A clock that is out of the calendar's range makes a key that is refused, as one that is wrong does.
        let moment = Timestamp::try_from(moment).unwrap_or_default();
        Self {
            date: moment.strftime("%Y%m%d").to_string(),
            time: moment.strftime("%Y%m%dT%H%M%SZ").to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn moments() {
        for (seconds, time) in [
            (0, "19700101T000000Z"),
            (951_782_399, "20000228T235959Z"),
            (951_782_400, "20000229T000000Z"),
            (951_868_800, "20000301T000000Z"),
            (1_440_938_160, "20150830T123600Z"),
            (1_709_164_800, "20240229T000000Z"),
            (4_107_542_399, "21000228T235959Z"),
            (4_107_542_400, "21000301T000000Z"),
            (1_798_761_599, "20261231T235959Z"),
        ] {
            let stamp = Stamp::of(UNIX_EPOCH + Duration::from_secs(seconds));
            assert_eq!(stamp.time, time);
            assert!(time.starts_with(&stamp.date));
        }
    }
}
