//! What is printed: a table for each job, a row for each contestant, also for one that failed.

use super::contestants::{Contestant, Job};
use super::measure::Sample;

/// What came of a contestant: its samples, or why it has none.
#[derive(Debug, Clone)]
pub(crate) struct Result {
    /// Who it was.
    pub(crate) contestant: Contestant,
    /// A sample a round, or the failure that ended its part.
    pub(crate) samples: std::result::Result<Vec<Sample>, String>,
}

impl Result {
    /// The median of what the samples say, `None` where there are none.
    pub(crate) fn median(&self, of: impl Fn(&Sample) -> f64) -> Option<f64> {
        let mut values: Vec<f64> = self.samples.as_ref().ok()?.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    }

    /// The most memory of all rounds, in bytes.
    pub(crate) fn peak(&self) -> Option<u64> {
        self.samples.as_ref().ok()?.iter().map(|sample| sample.peak).max()
    }
}

/// Returns the result of a contestant, by its name and source.
pub(crate) fn find<'a>(results: &'a [Result], name: &str, source: &str) -> Option<&'a Result> {
    results
        .iter()
        .find(|result| result.contestant.name == name && result.contestant.source == source)
}

/// Prints all tables.
pub(crate) fn print(results: &[Result]) {
    let floor = find(results, "floor", "archive").and_then(|floor| floor.median(seconds));
    for job in Job::ALL {
        println!("\n{}", job.title());
        println!(
            "{:<18}{:<15}{:>9}{:>17}{:>8}{:>9}{:>9}{:>9}{:>12}{:>9}{:>11}",
            "",
            "source",
            "median s",
            "min - max",
            "cpu s",
            "peak MB",
            "read MB",
            "disk MB",
            "temp files",
            "x floor",
            "x cutaway"
        );
        for result in results.iter().filter(|result| result.contestant.job == job) {
            let ours = results.iter().find(|ours| {
                ours.contestant.job == job
                    && ours.contestant.source == result.contestant.source
                    && ours.contestant.name.starts_with("cutaway")
            });
            println!("{}", row(result, floor, ours.and_then(|ours| ours.median(seconds))));
        }
    }
}

fn seconds(sample: &Sample) -> f64 {
    sample.seconds
}

fn row(result: &Result, floor: Option<f64>, ours: Option<f64>) -> String {
    let start = format!("{:<18}{:<15}", result.contestant.name, result.contestant.source);
    let (samples, median) = match (&result.samples, result.median(seconds)) {
        (Ok(samples), Some(median)) => (samples, median),
        (Err(why), _) => return format!("{start}failed: {why}"),
        (Ok(_), None) => return format!("{start}not measured"),
    };
    let ratio =
        |base: Option<f64>| base.map_or_else(String::new, |base| format!("{:.2}", median / base));
    let most = |of: fn(&Sample) -> u64| megabytes(samples.iter().map(of).max().unwrap_or(0));
    let least = samples.iter().map(seconds).fold(f64::INFINITY, f64::min);
    let longest = samples.iter().map(seconds).fold(0.0, f64::max);
    format!(
        "{start}{median:>9.3}{:>17}{:>8.2}{:>9}{:>9}{:>9}{:>12}{:>9}{:>11}",
        format!("{least:.3} - {longest:.3}"),
        result.median(|sample| sample.cpu_seconds).unwrap_or(f64::NAN),
        most(|sample| sample.peak),
        most(|sample| sample.read),
        most(|sample| sample.written),
        samples.iter().map(|sample| sample.temporary_files).max().unwrap_or(0),
        ratio(floor),
        ratio(ours),
    )
}

/// Millions of bytes, rounded.
pub(crate) fn megabytes(bytes: u64) -> u64 {
    bytes.saturating_add(500_000) / 1_000_000
}
