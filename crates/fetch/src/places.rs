//! The places that hold the same blobs: a mirror, the next one, and the registry itself.
//!
//! A blob is asked for at the first place; when that one gives up, the next one goes on where it stopped.
//! Whoever holds the digest can say whether the bytes are the right ones, so it does not matter which
//! place they come from.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use cutaway_model::Error as ModelError;
use cutaway_ref::Digest;

use crate::Repository;

/// Where else the blobs of a repository may be had.
#[async_trait]
pub trait Elsewhere: fmt::Debug + Send + Sync {
    /// Returns the place number `number`, counted from 0 in the order in which they are to be asked, or
    /// why it cannot be asked; `None` behind the last one.
    ///
    /// It is asked for a place only when all places before it have failed, and may be more than once.
    async fn place(&self, number: usize) -> Option<Result<Repository, ModelError>>;
}

/// The places behind the first one, and what is known of all of them.
#[derive(Debug)]
pub(crate) struct Places {
    elsewhere: Arc<dyn Elsewhere>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The first place that has not been given up.
    first: usize,
    /// Of each blob: the place at which it was begun last, and the first that may have it right.
    blobs: HashMap<Digest, (usize, usize)>,
}

impl Places {
    pub(crate) fn new(elsewhere: Arc<dyn Elsewhere>) -> Self {
        Self { elsewhere, state: Mutex::default() }
    }

    /// Returns the place at which to begin with a blob.
    pub(crate) fn begin(&self, blob: &Digest) -> usize {
        let state = self.state();
        state.blobs.get(blob).map_or(state.first, |(_, sound)| state.first.max(*sound))
    }

    /// Notes that a blob is begun at `place`.
    pub(crate) fn begun(&self, blob: &Digest, place: usize) {
        self.state().blobs.entry(blob.clone()).or_default().0 = place;
    }

    /// Notes that a place has failed in a way in which it will fail for every blob.
    pub(crate) fn give_up(&self, place: usize) {
        let mut state = self.state();
        state.first = state.first.max(place.saturating_add(1));
    }

    /// Returns the place number `number`, which is not the first.
    pub(crate) async fn place(&self, number: usize) -> Option<Result<Repository, ModelError>> {
        self.elsewhere.place(number.checked_sub(1)?).await
    }

    /// Notes that the bytes of a blob were wrong. Returns whether a place is left that was not asked for all of them.
    pub(crate) async fn report_bad_bytes(&self, blob: &Digest) -> bool {
        let Some(begun) = self.state().blobs.get(blob).map(|(begun, _)| *begun) else {
            return false;
        };
        let next = begun.saturating_add(1);
        if self.place(next).await.is_none() {
            return false;
        }
        self.state().blobs.entry(blob.clone()).or_default().1 = next;
        true
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
