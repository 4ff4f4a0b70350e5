//! Judges the report on standard input, as `cutaway scan --format json` writes it, by the policy POLICY.
//!
//! ```text
//! cargo run -p cutaway-policy --example judge -- POLICY < REPORT
//! ```

#![expect(clippy::print_stdout, reason = "an example shows its result")]

use std::collections::BTreeMap;
use std::error::Error;

use cutaway_policy::{Facts, Policy, judge, text};
use cutaway_report::{Report, text::Style};
use jiff::{Timestamp, tz::TimeZone};

fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args().nth(1).ok_or("usage: judge POLICY < REPORT")?;
    let now = Timestamp::now();
    let today = TimeZone::UTC.to_datetime(now).date();
    let policy = Policy::read(&std::fs::read_to_string(file)?, today)?;
    let report = Report::read(std::io::stdin().lock())?;
    let facts = Facts {
        report: &report,
        config: None,
        annotations: &BTreeMap::new(),
        index_digest: None,
        asked: None,
        passwd: None,
        namespace: None,
        now,
    };
    print!("{}", text(&judge(&[policy], &facts), Style::new(false, None)));
    Ok(())
}
