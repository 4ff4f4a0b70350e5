//! The wait between two tries.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Instant;

use crate::failure::{Failure, remaining};
use crate::retry::Retry;
use crate::transport::Transport;

/// Waits until the next try, or returns the failure where there is none.
pub(crate) async fn pause(
    transport: &Transport,
    retry: &mut Retry,
    failure: Failure,
) -> Result<(), Failure> {
    if !failure.passing {
        return Err(failure);
    }
    // The keys of a fresh hasher are random, which is all that the wait needs.
    let chance = RandomState::new().hash_one(0);
    let now = Instant::now();
    let Some(wait) = retry.failed(failure.retry_after, chance) else {
        return Err(retry.last(failure));
    };
    if !transport.may_wait(wait) {
        retry.end("run_patience_ms");
        return Err(failure);
    }
    if failure.retry_after.is_some() {
        transport.be_quiet_for(wait);
    }
    let reason = failure.kind.to_string();
    let shown = transport.veiled(&reason);
    tracing::debug!(wait = ?wait, attempts = retry.attempts(), reason = %shown, "trying again");
    let (left, last) = remaining(wait, transport.config.deadline, now);
    retry.clock.count(tokio::time::sleep(left)).await;
    if last {
        return Err(Failure::deadline());
    }
    retry.begin(reason, failure.retry_after.map(|_| wait));
    Ok(())
}
