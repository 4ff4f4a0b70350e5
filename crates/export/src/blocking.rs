//! Work with files, off the workers of the runtime.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cutaway_model::SinkError;

/// Says whether nobody waits any more for what is being worked on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    pub(crate) fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Asks to stop when it is dropped.
struct Waiting(Stop);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

/// Runs `work` on a thread for blocking work. It cannot be ended from outside, so it asks now and then
/// whether it is to stop, which it is when the future is dropped.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce(&Stop) -> Result<T, SinkError> + Send + 'static,
) -> Result<T, SinkError> {
    let stop = Stop::default();
    let waiting = Waiting(stop.clone());
    #[expect(
        clippy::disallowed_methods,
        reason = "files are written and hashed beside what is received, and no worker may wait for a disk"
    )]
    let done = tokio::task::spawn_blocking(move || work(&stop)).await;
    drop(waiting);
    match done {
        Ok(result) => result,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The runtime is being shut down.
            Err(error) => Err(SinkError::write("the target", std::io::Error::other(error))),
        },
    }
}
