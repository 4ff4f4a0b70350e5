//! One judgement of one image at a time, however many ask, which goes on when those who ask have gone.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Semaphore, watch};

use crate::judge::Failure;
use crate::kept::Kept;
use crate::verdicts::Key;

/// How a judgement ends.
pub(crate) type Ended = Result<Arc<Kept>, Arc<Failure>>;
/// What hears of that.
pub(crate) type Ending = watch::Receiver<Option<Ended>>;
/// The work of one judgement.
pub(crate) type Work = Pin<Box<dyn Future<Output = Ended> + Send>>;

type Open = Arc<Mutex<HashMap<Key, Ending>>>;

/// Judgements that go on.
#[derive(Debug)]
pub(crate) struct Flights {
    open: Open,
    seats: Arc<Semaphore>,
    at_once: usize,
    in_all: usize,
}

impl Flights {
    /// Lets some fly at once, and some more wait for that.
    pub(crate) fn new(at_once: usize, waiting: usize) -> Self {
        let at_once = at_once.clamp(1, Semaphore::MAX_PERMITS);
        let (open, seats) = (Open::default(), Arc::new(Semaphore::new(at_once)));
        Self { open, seats, at_once, in_all: at_once.saturating_add(waiting) }
    }

    /// Joins the judgement of this key, or begins it. None where too many wait.
    pub(crate) fn join(&self, key: &Key, work: impl FnOnce() -> Work) -> Option<Ending> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ending) = open.get(key) {
            return Some(ending.clone());
        }
        if open.len() >= self.in_all {
            return None;
        }
        let (tell, ending) = watch::channel(None);
        open.insert(key.clone(), ending.clone());
        drop(open);
        let landing = Landing { open: Arc::clone(&self.open), key: key.clone() };
        let (work, seats) = (work(), Arc::clone(&self.seats));
        tokio::spawn(async move {
            let seat = seats.acquire_owned().await;
            let ended = work.await;
            drop(seat);
            // Whoever comes from now on finds the verdict that is kept, and those who wait hear of it. A
            // panic lands too, and they hear that nobody will tell them.
            drop(landing);
            let _ = tell.send(Some(ended));
        });
        Some(ending)
    }

    /// Returns how many images are being judged, and how many wait for that.
    pub(crate) fn count(&self) -> (usize, usize) {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner).len();
        let flying = self.at_once.saturating_sub(self.seats.available_permits());
        (flying, open.saturating_sub(flying))
    }
}

/// Takes a judgement from those that are open, however it ends.
struct Landing {
    open: Open,
    key: Key,
}

impl Drop for Landing {
    fn drop(&mut self) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

/// Waits for the end of a judgement.
pub(crate) async fn end_of(mut ending: Ending) -> Ended {
    let lost = || Err(Arc::new(Failure::passing("the judgement broke off")));
    match ending.wait_for(Option::is_some).await {
        Ok(ended) => ended.clone().unwrap_or_else(lost),
        Err(_) => lost(),
    }
}
