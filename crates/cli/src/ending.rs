//! How a run ends that is told to: by a signal, or by the end of its time.
//!
//! A thread of its own listens, so that it is heard whatever computes or waits. The run has a moment to
//! end in good order; then the process ends without it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::failure::{Exit, Failure};
use crate::output;

/// How long a run may take to end by itself once it was told.
const GRACE: Duration = Duration::from_millis(250);

/// Whether somebody has begun to end the process.
static ENDS: AtomicBool = AtomicBool::new(false);

/// Starts to listen; what is received is why the run has to end.
pub(crate) fn listen(timeout: Option<Duration>) -> Result<oneshot::Receiver<Failure>, Failure> {
    let cannot = |error| Failure::new(Exit::Fetch, format!("cannot start: {error}"));
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(cannot)?;
    let entered = runtime.enter();
    let mut interrupt = signal(SignalKind::interrupt()).map_err(cannot)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(cannot)?;
    drop(entered);
    let out_of_time = async move {
        match timeout {
            Some(timeout) => tokio::time::sleep(timeout).await,
            None => std::future::pending().await,
        }
        format!("the run took longer than the --timeout of {:?}", timeout.unwrap_or_default())
    };
    let (tell, told) = oneshot::channel();
    let listening = move || {
        let (exit, message) = runtime.block_on(async {
            tokio::select! {
                message = out_of_time => (Exit::Fetch, message),
                _ = interrupt.recv() => (Exit::Signal(2), "interrupted".to_owned()),
                _ = terminate.recv() => (Exit::Signal(15), "terminated".to_owned()),
            }
        });
        // The run may have ended in this moment.
        let _ = tell.send(Failure::new(exit, message.as_str()));
        std::thread::sleep(GRACE);
        if begin() {
            output::abandon();
            Failure::new(exit, message).end();
        }
    };
    std::thread::Builder::new().name("ending".to_owned()).spawn(listening).map_err(cannot)?;
    Ok(told)
}

/// Returns whether the caller is the one who ends the process, and says why.
pub(crate) fn begin() -> bool {
    !ENDS.swap(true, Ordering::AcqRel)
}
