//! Where tokio meets rayon.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use tokio::sync::oneshot;

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
