//! Layers that several scans of one process need: each is read by one of them, and the others wait for what it
//! keeps.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cutaway_analyze::Fingerprint;
use tokio::sync::watch;

/// Who reads which layer. Clones share it: scans that do wait for each other, and need a cache for what one
/// hands to another.
#[derive(Debug, Clone, Default)]
pub struct Flights(Arc<Mutex<HashMap<Fingerprint, watch::Receiver<()>>>>);

/// Whose turn it is to look for a layer, or to read it.
#[derive(Debug)]
pub(crate) enum Claim {
    /// One's own. Who has it must not wait for others.
    Mine(Option<Flight>),
    /// Somebody else's.
    Elsewhere(watch::Receiver<()>),
}

/// One's own turn; over when it is dropped, however it went.
#[derive(Debug)]
pub(crate) struct Flight {
    flights: Flights,
    layer: Fingerprint,
    _over: watch::Sender<()>,
}

impl Flights {
    pub(crate) fn claim(&self, layer: Fingerprint) -> Claim {
        let mut flights = self.lock();
        if let Some(over) = flights.get(&layer) {
            return Claim::Elsewhere(over.clone());
        }
        let (_over, listening) = watch::channel(());
        flights.insert(layer, listening);
        drop(flights);
        Claim::Mine(Some(Flight { flights: self.clone(), layer, _over }))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Fingerprint, watch::Receiver<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.flights.lock().remove(&self.layer);
    }
}

/// Waits until it is over.
pub(crate) async fn over(mut elsewhere: watch::Receiver<()>) {
    // It fails when the other end is dropped, which is what is waited for.
    while elsewhere.changed().await.is_ok() {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_reads_and_the_others_wait() {
        let flights = Flights::default();
        let layer = || Fingerprint::of(["a"]);
        let Claim::Mine(mine) = flights.claim(layer()) else { panic!("nobody else has it") };
        let Claim::Elsewhere(wait) = flights.clone().claim(layer()) else { panic!("it is taken") };
        assert!(matches!(flights.claim(Fingerprint::of(["b"])), Claim::Mine(_)));
        let waiting = tokio::spawn(over(wait));
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(mine);
        waiting.await.unwrap();
        assert!(matches!(flights.claim(layer()), Claim::Mine(_)));
    }
}
