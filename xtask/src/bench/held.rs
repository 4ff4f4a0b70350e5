//! What the project holds itself to, and whether this run kept it.

use std::time::Duration;

use super::contestants::AGAIN;
use super::measure::Sample;
use super::table::{self, Result};

/// A promise: what is compared, the figure, and the bound on it.
#[derive(Debug, PartialEq)]
struct Promise {
    what: &'static str,
    /// `None` where something that it takes is not here, or failed.
    figure: Option<f64>,
    bound: Bound,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

/// Prints every promise with its figure; `start_up` is the time of a command that does nothing, and
/// `facts` the bytes that the facts of an entry take.
pub(crate) fn print(results: &[Result], start_up: Duration, facts: f64) {
    println!();
    for promise in promises(results, start_up, facts) {
        println!("{}", promise.line());
    }
}

fn promises(results: &[Result], start_up: Duration, facts: f64) -> Vec<Promise> {
    use Bound::{AtLeast, AtMost};
    let seconds = |name: &str, source: &str| {
        table::find(results, name, source)?.median(|sample: &Sample| sample.seconds)
    };
    let ratio = |over: Option<f64>, under: Option<f64>| Some(over? / under?);
    let floor = seconds("floor", "archive");
    let scans = ["archive", "docker-archive", "registry"];
    let peak = scans
        .into_iter()
        .map(|source| table::find(results, "cutaway scan", source)?.peak())
        .try_fold(0, |most, peak| Some(peak?.max(most)))
        .map(table::megabytes);
    let validate = table::find(results, "cutaway validate", "archive");
    let busy =
        validate.and_then(|it| ratio(it.median(|it| it.cpu_seconds), it.median(|it| it.seconds)));
    let promise = |what, figure, bound| Promise { what, figure, bound };
    vec![
        promise(
            "scan of the archive, x floor",
            ratio(seconds("cutaway scan", "archive"), floor),
            AtMost(1.05),
        ),
        promise(
            "scan from the registry, x floor",
            ratio(seconds("cutaway scan", "registry"), floor),
            AtMost(1.25),
        ),
        promise(
            "second scan, x first",
            ratio(seconds(AGAIN, "registry"), seconds("cutaway scan", "registry")),
            AtMost(0.06),
        ),
        promise(
            "peak memory of a scan, MB",
            peak.and_then(|peak| u32::try_from(peak).ok()).map(f64::from),
            AtMost(32.0),
        ),
        promise(
            "crane export, x cutaway export",
            ratio(seconds("crane export", "registry"), seconds("cutaway export", "registry")),
            AtLeast(3.0),
        ),
        promise(
            "cutaway pull, x crane pull",
            ratio(seconds("cutaway pull", "registry"), seconds("crane pull", "registry")),
            AtMost(1.0),
        ),
        promise("cores that validate keeps busy", busy, AtLeast(1.5)),
        promise("start-up, ms", Some(start_up.as_secs_f64() * 1000.0), AtMost(10.0)),
        promise("facts of an entry, bytes", Some(facts), AtMost(40.0)),
    ]
}

impl Promise {
    fn line(&self) -> String {
        let (held, bound) = match self.bound {
            Bound::AtMost(most) => {
                (self.figure.map(|figure| figure <= most), format!("at most {most}"))
            }
            Bound::AtLeast(least) => {
                (self.figure.map(|figure| figure >= least), format!("at least {least}"))
            }
        };
        let figure = self.figure.map_or_else(|| "-".to_owned(), |figure| format!("{figure:.2}"));
        let verdict = match held {
            Some(true) => "held",
            Some(false) => "not held",
            None => "not measured",
        };
        format!("{:<34}{figure:>8}  {bound:<14}{verdict}", self.what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::contestants::{Contestant, Job};

    fn result(name: &str, source: &str, seconds: f64) -> Result {
        let contestant = Contestant {
            job: Job::Export,
            name: name.into(),
            source: source.into(),
            program: String::new(),
            arguments: Vec::new(),
            environment: Vec::new(),
        };
        let sample = Sample { seconds, cpu_seconds: 1.75, peak: 40_000_000, ..Sample::default() };
        Result { contestant, samples: Ok(vec![sample]) }
    }

    #[test]
    fn bounds_are_kept_broken_or_unknown() {
        let mut broken = result("crane pull", "registry", 1.0);
        broken.samples = Err("exit status: 1".into());
        let results = [
            result("floor", "archive", 1.0),
            result("cutaway scan", "archive", 1.04),
            result("cutaway scan", "docker-archive", 1.0),
            result("cutaway scan", "registry", 1.5),
            result("crane export", "registry", 4.0),
            result("cutaway export", "registry", 1.0),
            result("cutaway pull", "registry", 1.0),
            result("cutaway validate", "archive", 1.0),
            broken,
        ];
        let lines: Vec<String> = promises(&results, Duration::from_millis(4), 21.0)
            .iter()
            .map(|promise| promise.line().split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(
            lines,
            [
                "scan of the archive, x floor 1.04 at most 1.05 held",
                "scan from the registry, x floor 1.50 at most 1.25 not held",
                "second scan, x first - at most 0.06 not measured",
                "peak memory of a scan, MB 40.00 at most 32 not held",
                "crane export, x cutaway export 4.00 at least 3 held",
                "cutaway pull, x crane pull - at most 1 not measured",
                "cores that validate keeps busy 1.75 at least 1.5 held",
                "start-up, ms 4.00 at most 10 held",
                "facts of an entry, bytes 21.00 at most 40 held",
            ]
        );
    }
}
