//! What the gate counts, in the text form of Prometheus.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::histogram::Histogram;

/// Counters of one name, by their labels, which are words of ours and never a stranger's.
#[derive(Debug, Default)]
pub(crate) struct Family(Mutex<BTreeMap<[&'static str; 2], u64>>);

impl Family {
    pub(crate) fn count(&self, labels: [&'static str; 2]) {
        let mut counters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let counter = counters.entry(labels).or_default();
        *counter = counter.saturating_add(1);
    }

    pub(crate) fn get(&self, labels: [&'static str; 2]) -> u64 {
        let counters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counters.get(&labels).copied().unwrap_or_default()
    }
}

/// All counters of a gate.
#[derive(Debug)]
pub struct Metrics {
    /// By door and decision.
    pub(crate) verdicts: Family,
    /// Why there was no decision, by door and reason.
    pub(crate) undecided: Family,
    /// What became of events.
    pub(crate) events: Family,
    /// Answers that no image had to be read or looked up for, in the handler.
    pub cached: Histogram,
    /// All other answers, in the handler.
    pub fresh: Histogram,
    /// Judgements, the wait for their turn left out.
    pub scans: Histogram,
    pub(crate) hits: AtomicU64,
    pub(crate) misses: AtomicU64,
    /// When the certificate ends, in seconds since the epoch; 0 without one.
    pub(crate) certificate_ends: AtomicI64,
    /// Certificates that could not be taken over.
    pub(crate) certificates_refused: AtomicU64,
    pub(crate) begun: Instant,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            verdicts: Family::default(),
            undecided: Family::default(),
            events: Family::default(),
            cached: Histogram::default(),
            fresh: Histogram::default(),
            scans: Histogram::default(),
            hits: AtomicU64::default(),
            misses: AtomicU64::default(),
            certificate_ends: AtomicI64::default(),
            certificates_refused: AtomicU64::default(),
            begun: Instant::now(),
        }
    }
}

/// What stands at one moment and is no counter.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gauges {
    pub(crate) scans: usize,
    pub(crate) scans_queued: usize,
    pub(crate) events_queued: usize,
    pub(crate) verdicts: usize,
    pub(crate) verdict_bytes: usize,
}

impl Metrics {
    /// Returns how many events came to this end: `queued`, `dropped`, `twice`, `ignored`, `judged`,
    /// `failed`.
    pub fn events(&self, end: &'static str) -> u64 {
        self.events.get([end, ""])
    }

    /// Counts how long an answer took in the handler.
    pub(crate) fn answered(&self, is_cached: bool, time: Duration) {
        match is_cached {
            true => self.cached.count(time),
            false => self.fresh.count(time),
        }
    }

    /// Writes all of it.
    pub(crate) fn text(&self, gauges: Gauges) -> String {
        let mut text = String::new();
        family(&mut text, "cutaway_verdicts_total", ["door", "verdict"], &self.verdicts);
        family(&mut text, "cutaway_undecided_total", ["door", "reason"], &self.undecided);
        family(&mut text, "cutaway_events_total", ["end", ""], &self.events);
        let name = "cutaway_request_seconds";
        head(&mut text, name, "histogram");
        self.cached.write(name, "cached=\"true\",", &mut text);
        self.fresh.write(name, "cached=\"false\",", &mut text);
        let name = "cutaway_scan_seconds";
        head(&mut text, name, "histogram");
        self.scans.write(name, "", &mut text);
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        for (name, kind, value) in [
            ("cutaway_verdict_cache_hits_total", "counter", load(&self.hits)),
            ("cutaway_verdict_cache_misses_total", "counter", load(&self.misses)),
            ("cutaway_certificates_refused_total", "counter", load(&self.certificates_refused)),
            ("cutaway_policy_age_seconds", "gauge", self.begun.elapsed().as_secs()),
            ("cutaway_scans_in_flight", "gauge", wide(gauges.scans)),
            ("cutaway_scans_queued", "gauge", wide(gauges.scans_queued)),
            ("cutaway_events_queued", "gauge", wide(gauges.events_queued)),
            ("cutaway_verdicts_kept", "gauge", wide(gauges.verdicts)),
            ("cutaway_verdicts_kept_bytes", "gauge", wide(gauges.verdict_bytes)),
        ] {
            head(&mut text, name, kind);
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{name} {value}");
        }
        let ends = self.certificate_ends.load(Ordering::Relaxed);
        if ends != 0 {
            let name = "cutaway_certificate_expiry_timestamp_seconds";
            head(&mut text, name, "gauge");
            let _ = writeln!(text, "{name} {ends}");
        }
        text
    }
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn head(text: &mut String, name: &str, kind: &str) {
    let _ = writeln!(text, "# TYPE {name} {kind}");
}

fn family(text: &mut String, name: &str, labels: [&str; 2], family: &Family) {
    head(text, name, "counter");
    let counters = family.0.lock().unwrap_or_else(PoisonError::into_inner);
    for ([first, second], value) in counters.iter() {
        let second = match labels {
            [_, ""] => String::new(),
            [_, label] => format!(",{label}=\"{second}\""),
        };
        let _ = writeln!(text, "{name}{{{}=\"{first}\"{second}}} {value}", labels[0]);
    }
}
