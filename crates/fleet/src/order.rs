//! Several at once, and what comes of them in order.

use std::sync::Arc;

use futures_util::stream;
use futures_util::{Stream, StreamExt as _};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

/// Works on `items`, `at_once` of them at a time, and streams what comes of each in their order. Work is never
/// more than `ahead` items ahead of what was taken from the stream.
///
/// There is none of an item whose work has panicked. Needs a tokio runtime, on whose threads it is worked;
/// dropping the stream ends all work.
pub fn in_order<I, F, T>(
    items: I,
    at_once: usize,
    ahead: usize,
    work: impl Fn(I::Item) -> F,
) -> impl Stream<Item = Option<T>>
where
    I: IntoIterator,
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let turns = Arc::new(Semaphore::new(at_once.clamp(1, Semaphore::MAX_PERMITS)));
    let started = items.into_iter().map(move |item| {
        let (work, turns) = (work(item), Arc::clone(&turns));
        async move {
            // Those that come first ask first.
            let turn = turns.acquire_owned().await;
            let running = async move {
                let _turn = turn;
                work.await
            };
            Ended(tokio::spawn(running)).done().await
        }
    });
    stream::iter(started).buffered(ahead.max(1))
}

/// A task that ends when this is dropped.
struct Ended<T>(JoinHandle<T>);

impl<T> Ended<T> {
    async fn done(mut self) -> Option<T> {
        (&mut self.0).await.ok()
    }
}

impl<T> Drop for Ended<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_comes_first_is_told_first_and_few_run_at_once() {
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let work = |number: u64| {
            let (now, most) = (Arc::clone(&now), Arc::clone(&most));
            async move {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis((number * 7) % 5)).await;
                now.fetch_sub(1, Ordering::SeqCst);
                assert_ne!(number, 13, "one that panics");
                number
            }
        };
        let told: Vec<_> = in_order(0..40, 3, 8, work).collect().await;
        let expected: Vec<_> = (0..40).map(|number| (number != 13).then_some(number)).collect();
        assert_eq!(told, expected);
        assert!(most.load(Ordering::SeqCst) <= 3);
    }

    #[tokio::test]
    async fn nobody_runs_far_ahead() {
        let started = Arc::new(AtomicUsize::new(0));
        let work = |number: usize| {
            started.fetch_add(1, Ordering::SeqCst);
            async move { number }
        };
        let mut stream = std::pin::pin!(in_order(0..1000, 2, 4, work));
        for number in 0..3 {
            assert_eq!(stream.next().await, Some(Some(number)));
        }
        assert!(started.load(Ordering::SeqCst) <= 8);
    }
}
