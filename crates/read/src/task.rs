//! Tasks that end with whoever waits for them.

use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::{AbortHandle, Aborted, abortable};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

/// Work that ends when its handle is dropped.
#[derive(Debug)]
pub struct Task<T> {
    work: JoinHandle<Result<T, Aborted>>,
    end: AbortHandle,
}

/// Starts a task of its own for `work`, so that it runs on another core.
pub fn on_task<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Task<T> {
    let (work, end) = abortable(work);
    Task { work: tokio::spawn(work), end }
}

/// Starts a thread of its own for `work`, where no other task comes between.
pub(crate) fn on_thread<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Task<T> {
    let (work, end) = abortable(work);
    let runtime = Handle::current();
    #[expect(
        clippy::disallowed_methods,
        reason = "a worker that computes for long would hold up what it has to send and receive beside"
    )]
    let work = tokio::task::spawn_blocking(move || runtime.block_on(work));
    Task { work, end }
}

impl<T> Future for Task<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        match Pin::new(&mut self.work).poll(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(Ok(value))) => Poll::Ready(value),
            // It was ended, which only happens where nobody has the handle any more.
            Poll::Ready(Ok(Err(Aborted))) => Poll::Pending,
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
        self.end.abort();
        self.work.abort();
    }
}
