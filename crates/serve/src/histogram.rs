//! Times, counted by how long they are.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The upper bounds of the buckets, in microseconds.
const BOUNDS: [u64; 16] = [
    250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    2_500_000, 5_000_000, 10_000_000, 30_000_000,
];

/// A histogram, as Prometheus has them.
#[derive(Debug, Default)]
pub struct Histogram {
    /// How many are in each bucket alone; those above all bounds are in none.
    buckets: [AtomicU64; BOUNDS.len()],
    count: AtomicU64,
    micros: AtomicU64,
}

impl Histogram {
    /// Counts a time.
    pub fn count(&self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.iter().zip(&self.buckets).find(|(bound, _)| micros <= **bound);
        if let Some((_, bucket)) = bucket {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// Returns how many were counted.
    pub fn total(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// Returns the upper bound of the bucket under which so many per mille of all times lie; none where
    /// that is above all bounds, or nothing was counted.
    pub fn quantile(&self, per_mille: u64) -> Option<Duration> {
        let total = u128::from(self.total());
        let wanted = total.saturating_mul(u128::from(per_mille)).div_ceil(1000).max(1);
        let mut sum = 0_u128;
        let reached = BOUNDS.iter().zip(&self.buckets).find(|(_, bucket)| {
            sum = sum.saturating_add(u128::from(bucket.load(Ordering::Relaxed)));
            sum >= wanted
        });
        reached.map(|(bound, _)| Duration::from_micros(*bound))
    }

    /// Writes it in the form of Prometheus, with these labels before that of the bound.
    pub(crate) fn write(&self, name: &str, labels: &str, text: &mut String) {
        let mut sum = 0_u64;
        for (bound, bucket) in BOUNDS.iter().zip(&self.buckets) {
            sum = sum.saturating_add(bucket.load(Ordering::Relaxed));
            let bound = seconds(*bound);
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{name}_bucket{{{labels}le=\"{bound}\"}} {sum}");
        }
        let (count, micros) = (self.total(), self.micros.load(Ordering::Relaxed));
        let bare = labels.strip_suffix(',').map(|it| format!("{{{it}}}")).unwrap_or_default();
        let _ = writeln!(text, "{name}_bucket{{{labels}le=\"+Inf\"}} {count}");
        let _ = writeln!(text, "{name}_sum{bare} {}", seconds(micros));
        let _ = writeln!(text, "{name}_count{bare} {count}");
    }
}

/// Returns microseconds as seconds, without the zeros behind.
fn seconds(micros: u64) -> String {
    let (whole, part) = (micros.div_euclid(1_000_000), micros.rem_euclid(1_000_000));
    let text = format!("{whole}.{part:06}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_counted_below_their_bounds() {
        let histogram = Histogram::default();
        assert_eq!(histogram.quantile(990), None);
        for micros in [100, 250, 251, 4_000, 60_000_000] {
            histogram.count(Duration::from_micros(micros));
        }
        assert_eq!(histogram.quantile(400), Some(Duration::from_micros(250)));
        assert_eq!(histogram.quantile(800), Some(Duration::from_millis(5)));
        assert_eq!(histogram.quantile(990), None);
        let mut text = String::new();
        histogram.write("x", "door=\"d\",", &mut text);
        for line in [
            "x_bucket{door=\"d\",le=\"0.00025\"} 2",
            "x_bucket{door=\"d\",le=\"0.005\"} 4",
            "x_bucket{door=\"d\",le=\"30\"} 4",
            "x_bucket{door=\"d\",le=\"+Inf\"} 5",
            "x_sum{door=\"d\"} 60.004601",
            "x_count{door=\"d\"} 5",
        ] {
            assert!(text.lines().any(|it| it == line), "{line}: {text}");
        }
    }
}
