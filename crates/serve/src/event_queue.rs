//! Images that registries told of: a bounded queue that never makes a registry wait.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;

use crate::events::Pushed;
use crate::gate::{Answer, Gate};
use crate::judge::Asked;

/// Images that wait to be judged, each once.
#[derive(Debug, Default)]
pub(crate) struct EventQueue {
    waiting: Mutex<Waiting>,
    came: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    order: VecDeque<Pushed>,
    known: HashSet<Pushed>,
}

impl Waiting {
    fn pop(&mut self) -> Option<Pushed> {
        let pushed = self.order.pop_front()?;
        self.known.remove(&pushed);
        Some(pushed)
    }
}

/// What became of an image that came into the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Queued {
    /// It waits.
    New,
    /// It waits, and the oldest was dropped for it.
    InsteadOfAnother,
    /// It waited already.
    Twice,
}

impl EventQueue {
    /// Puts an image behind the others; `most` may wait.
    pub(crate) fn push(&self, pushed: Pushed, most: usize) -> Queued {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if !waiting.known.insert(pushed.clone()) {
            return Queued::Twice;
        }
        waiting.order.push_back(pushed);
        let is_over = waiting.order.len() > most;
        if is_over {
            waiting.pop();
        }
        drop(waiting);
        self.came.notify_one();
        if is_over { Queued::InsteadOfAnother } else { Queued::New }
    }

    /// Returns how many wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).order.len()
    }

    async fn next(&self) -> Pushed {
        loop {
            let next = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop();
            match next {
                Some(pushed) => return pushed,
                None => self.came.notified().await,
            }
        }
    }

    /// Judges what comes, one after the other, so that doors where somebody waits go before. It ends when
    /// it is dropped.
    pub(crate) async fn work(&self, gate: &Arc<Gate>, registry: &str) {
        loop {
            let Pushed { repository, digest, .. } = self.next().await;
            let name = format!("{registry}/{repository}@{digest}");
            let Ok(reference) = cutaway::reference(&name) else {
                gate.metrics.events.count(["failed", ""]);
                continue;
            };
            for platform in gate.platforms() {
                let (reference, platform) = (reference.clone(), platform.clone());
                let asked = Asked { reference, namespace: None, platform };
                let end = Instant::now().checked_add(gate.limits.scan);
                let end = end.unwrap_or_else(Instant::now);
                let end_of_event = match gate.judge(&asked, &digest, end).await {
                    (Answer::Judged(_), _) => "judged",
                    _ => "failed",
                };
                gate.metrics.events.count([end_of_event, ""]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use cutaway::names::Digest;

    use super::*;

    #[test]
    fn the_oldest_is_dropped_and_nothing_waits_twice() {
        let queue = EventQueue::default();
        let pushed = |number: usize| Pushed {
            repository: "a".to_owned(),
            tag: None,
            digest: Digest::sha256(number.to_string().as_bytes()),
        };
        assert_eq!(queue.push(pushed(0), 2), Queued::New);
        assert_eq!(queue.push(pushed(0), 2), Queued::Twice);
        assert_eq!(queue.push(pushed(1), 2), Queued::New);
        assert_eq!(queue.push(pushed(2), 2), Queued::InsteadOfAnother);
        assert_eq!(queue.len(), 2);
        // What was dropped may come again.
        assert_eq!(queue.push(pushed(0), 2), Queued::InsteadOfAnother);
    }
}
