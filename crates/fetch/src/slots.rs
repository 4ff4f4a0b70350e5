//! How many exchanges with one registry are on their way at once.
//!
//! A slot belongs to an exchange: one question, with the challenge that it meets and the tries that it
//! takes, until its answer was read to the end or dropped. An answer that breaks off keeps its slot for the
//! request that goes on with it, so whoever has begun never waits again. Slots are given in the order in
//! which they are asked for. Nothing takes one away: who opens more streams than there are slots, and reads
//! none, waits until one of them is read or dropped.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The slots of one registry.
#[derive(Debug)]
pub(crate) struct Slots(Arc<Semaphore>);

/// The slot of one exchange, from the moment at which it has one.
#[derive(Debug, Default)]
pub(crate) struct Slot(Option<OwnedSemaphorePermit>);

impl Slots {
    pub(crate) fn new(count: u32) -> Self {
        let count = usize::try_from(count.max(1)).unwrap_or(Semaphore::MAX_PERMITS);
        Self(Arc::new(Semaphore::new(count.min(Semaphore::MAX_PERMITS))))
    }

    /// Waits until `slot` is one of these. Where it is already, there is nothing to wait for.
    pub(crate) async fn take(&self, slot: &mut Slot) {
        if slot.0.is_none() {
            // It fails only where somebody closes the semaphore, which nobody does.
            slot.0 = Arc::clone(&self.0).acquire_owned().await.ok();
        }
    }
}

impl Slot {
    /// Gives it back, since nothing is on its way any more.
    pub(crate) fn free(&mut self) {
        self.0 = None;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    async fn is_free(slots: &Slots) -> bool {
        let short = Duration::from_millis(10);
        tokio::time::timeout(short, slots.take(&mut Slot::default())).await.is_ok()
    }

    #[tokio::test]
    async fn slots_come_back() {
        let slots = Slots::new(2);
        let (mut first, mut second) = (Slot::default(), Slot::default());
        slots.take(&mut first).await;
        slots.take(&mut second).await;
        assert!(!is_free(&slots).await);
        // Who has one does not wait for another.
        slots.take(&mut first).await;
        first.free();
        assert!(is_free(&slots).await);
        slots.take(&mut first).await;
        assert!(!is_free(&slots).await);
        drop(second);
        assert!(is_free(&slots).await);
    }

    #[tokio::test]
    async fn the_first_to_ask_is_the_first_to_have() {
        let slots = Slots::new(1);
        let mut held = Slot::default();
        slots.take(&mut held).await;
        let (mut second, mut third) = (Slot::default(), Slot::default());
        let mut asks_second = std::pin::pin!(slots.take(&mut second));
        let mut asks_third = std::pin::pin!(slots.take(&mut third));
        let short = Duration::from_millis(10);
        assert!(tokio::time::timeout(short, &mut asks_second).await.is_err());
        assert!(tokio::time::timeout(short, &mut asks_third).await.is_err());
        held.free();
        assert!(tokio::time::timeout(short, &mut asks_third).await.is_err());
        asks_second.await;
    }
}
