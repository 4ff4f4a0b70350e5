//! The limits of the gate as a service.

use std::time::Duration;

/// What bounds the gate as a service. A verdict never outlives its `valid_until`, however long it may be kept.
#[derive(Debug, Clone)]
pub struct Serving {
    /// `review_bytes`: the body of a review. 8 MiB, twice what Kubernetes has for an object.
    pub review_bytes: u64,
    /// `event_bytes`: the body of a notification. 1 MiB.
    pub event_bytes: u64,
    /// `request_bytes_held`: all bodies that are held at once; who comes later waits. 64 MiB.
    pub request_bytes_held: u64,
    /// `request_header_bytes`: the head of a request. 16 KiB.
    pub request_header_bytes: u32,
    /// `request_ms`: how long a request may take to come in. 10 s.
    pub request: Duration,
    /// `review_ms`: how long an answer may take where the caller names no time. 8 s.
    pub review: Duration,
    /// `review_images`: images of one review. 256.
    pub review_images: usize,
    /// `connections`: connections at once; who comes later waits. 1,024.
    pub connections: usize,
    /// `lookups`: names that are looked up at once. 64.
    pub lookups: usize,
    /// `scans`: images that are read at once. 4.
    pub scans: usize,
    /// `scans_queued`: images that wait for that; more are refused. 256.
    pub scans_queued: usize,
    /// `scan_ms`: how long reading one image may take. 10 min.
    pub scan: Duration,
    /// `events_queued`: images that registries told of and that wait; the oldest is dropped. 1,000.
    pub events_queued: usize,
    /// `verdicts`: verdicts that are kept; the oldest is dropped. 10,000.
    pub verdicts: usize,
    /// `verdict_bytes`: verdicts that are kept, together. 64 MiB.
    pub verdict_bytes: usize,
    /// `pass_kept_ms`: how long a verdict that lets pass is kept. 24 h.
    pub pass_kept: Duration,
    /// `block_kept_ms`: how long one that blocks is. 5 min.
    pub block_kept: Duration,
    /// `undecided_kept_ms`: how long one that is undecided is. 10 s.
    pub undecided_kept: Duration,
    /// `certificate_ms`: how often the files of a certificate are looked at. 10 s.
    pub certificate: Duration,
    /// `leaving_ms`: how long to serve on after the word to end, while others learn of it. 5 s.
    pub leaving: Duration,
    /// `drain_ms`: how long what is being answered then may take. 20 s.
    pub drain: Duration,
}

impl Default for Serving {
    fn default() -> Self {
        Self {
            review_bytes: 8 << 20,
            event_bytes: 1 << 20,
            request_bytes_held: 64 << 20,
            request_header_bytes: 16 << 10,
            request: Duration::from_secs(10),
            review: Duration::from_secs(8),
            review_images: 256,
            connections: 1024,
            lookups: 64,
            scans: 4,
            scans_queued: 256,
            scan: Duration::from_secs(600),
            events_queued: 1000,
            verdicts: 10_000,
            verdict_bytes: 64 << 20,
            pass_kept: Duration::from_secs(24 * 60 * 60),
            block_kept: Duration::from_secs(5 * 60),
            undecided_kept: Duration::from_secs(10),
            certificate: Duration::from_secs(10),
            leaving: Duration::from_secs(5),
            drain: Duration::from_secs(20),
        }
    }
}
