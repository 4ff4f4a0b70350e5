//! Where tokio meets rayon, and where tasks are started.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Work that was handed to the pool.
#[derive(Debug)]
pub(crate) struct Job<T>(oneshot::Receiver<Result<T, Box<dyn Any + Send>>>);

impl<T> Job<T> {
    /// Waits for the result. A panic of the work is resumed here, since in the pool it would end the process.
    pub(crate) async fn result(self) -> T {
        match self.0.await {
            Ok(Ok(value)) => value,
            Ok(Err(panic)) => resume_unwind(panic),
            // The sender is dropped without an answer only where the pool itself is torn down.
            Err(_) => std::future::pending().await,
        }
    }
}

/// Hands computing to rayon. Work that nobody waits for any more is not started.
pub(crate) fn on_pool<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Job<T> {
    let (sender, receiver) = oneshot::channel();
    rayon::spawn(move || {
        if !sender.is_closed() {
            // The receiver may be gone by now; then nobody wants the result.
            let _ = sender.send(catch_unwind(AssertUnwindSafe(work)));
        }
    });
    Job(receiver)
}

/// A task that ends when its handle is dropped.
#[derive(Debug)]
pub(crate) struct Task<T>(JoinHandle<T>);

/// Starts a task of its own for `work`, so that it runs on another core.
pub(crate) fn on_task<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Task<T> {
    Task(tokio::spawn(work))
}

impl<T> Future for Task<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        match Pin::new(&mut self.0).poll(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(value)) => Poll::Ready(value),
            Poll::Ready(Err(error)) => match error.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                // Cancelled: the runtime shuts down, and this task with it.
                Err(_) => Poll::Pending,
            },
        }
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_pool_answers() {
        assert_eq!(on_pool(|| 6 * 7).result().await, 42);
    }

    #[tokio::test]
    async fn a_panic_in_the_pool_comes_out_where_it_is_awaited() {
        let job = on_pool(|| panic!("in the pool"));
        let outcome = tokio::spawn(job.result()).await;
        assert!(outcome.unwrap_err().is_panic());
    }
}
