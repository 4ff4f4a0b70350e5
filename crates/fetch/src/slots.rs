//! How many answers of one registry are on their way at once.
//!
//! A slot is taken with a request and given back when its answer was read or dropped. Whoever opens
//! many streams and reads them one after the other would wait for ever for the slots of his own, so
//! when no byte of any answer has moved for a while, a request goes ahead without one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long all answers stand still until a request goes ahead without a slot.
const PATIENCE: Duration = Duration::from_secs(5);

/// The slots of one registry.
#[derive(Debug)]
pub(crate) struct Slots {
    free: Arc<Semaphore>,
    moved: Arc<AtomicU64>,
}

/// A slot that is taken. It travels with the answer.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    _permit: Option<Arc<OwnedSemaphorePermit>>,
    moved: Arc<AtomicU64>,
}

impl Slots {
    pub(crate) fn new(count: u32) -> Self {
        let count = usize::try_from(count.max(1)).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            free: Arc::new(Semaphore::new(count.min(Semaphore::MAX_PERMITS))),
            moved: Arc::default(),
        }
    }

    /// Waits for a slot, as long as there is a reason to.
    pub(crate) async fn take(&self) -> Slot {
        let permit = loop {
            let before = self.moved.load(Ordering::Relaxed);
            let free = Arc::clone(&self.free).acquire_owned();
            match tokio::time::timeout(PATIENCE, free).await {
                Ok(permit) => break permit.ok().map(Arc::new),
                Err(_) if self.moved.load(Ordering::Relaxed) == before => break None,
                Err(_) => {}
            }
        };
        Slot { _permit: permit, moved: Arc::clone(&self.moved) }
    }
}

impl Slot {
    /// Notes that bytes of an answer were read.
    pub(crate) fn moves(&self) {
        self.moved.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[tokio::test]
    async fn slots_come_back() {
        let slots = Slots::new(2);
        let first = slots.take().await;
        let _second = slots.take().await;
        let waiting = tokio::time::timeout(Duration::from_millis(50), slots.take()).await;
        assert!(waiting.is_err());
        // A clone is the same slot.
        drop(first.clone());
        assert!(tokio::time::timeout(Duration::from_millis(50), slots.take()).await.is_err());
        drop(first);
        let started = Instant::now();
        let _third = slots.take().await;
        assert!(started.elapsed() < PATIENCE / 2);
    }

    #[tokio::test]
    async fn nobody_waits_for_those_who_stand_still() {
        let slots = Slots::new(1);
        let _held = slots.take().await;
        let started = Instant::now();
        let _next = slots.take().await;
        assert!(started.elapsed() >= PATIENCE);
    }
}
