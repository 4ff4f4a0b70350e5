//! What all doors of a gate share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cutaway::names::Digest;
use tokio::sync::Semaphore;

use crate::event_queue::EventQueue;
use crate::gate::Gate;

/// What all doors share.
#[derive(Debug)]
pub(crate) struct House {
    pub(crate) gate: Arc<Gate>,
    pub(crate) events: EventQueue,
    /// The registry that events are about; none where they are not taken.
    pub(crate) events_of: Option<String>,
    /// The hash of the token that callers show from elsewhere.
    pub(crate) token: Option<Digest>,
    /// KiB of bodies that may still be held.
    pub(crate) room: Arc<Semaphore>,
    pub(crate) is_leaving: AtomicBool,
}

impl House {
    pub(crate) fn new(gate: Arc<Gate>, events_of: Option<String>, token: Option<&str>) -> Self {
        let room = usize::try_from(gate.limits.request_bytes_held >> 10).unwrap_or(usize::MAX);
        Self {
            events: EventQueue::default(),
            events_of,
            token: token.map(|token| Digest::sha256(token.as_bytes())),
            room: Arc::new(Semaphore::new(room.clamp(1, Semaphore::MAX_PERMITS))),
            is_leaving: AtomicBool::new(false),
            gate,
        }
    }

    /// Whether new requests are welcome: nobody said to end, and the certificate is valid.
    pub(crate) fn is_ready(&self) -> bool {
        let ends = self.gate.metrics.certificate_ends.load(Ordering::Relaxed);
        let is_valid = ends == 0 || ends > jiff::Timestamp::now().as_second();
        is_valid && !self.is_leaving.load(Ordering::Relaxed)
    }
}
