//! Whether a connection is being made, and since when there is one.
//!
//! Connecting and answering have times of their own, but the HTTP client shows only the sum of the two.
//! This stands around its connector and tells them apart.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tower_layer::Layer;
use tower_service::Service;

/// The connections of one registry that are being made.
#[derive(Debug, Clone, Default)]
pub(crate) struct Connecting(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    now: usize,
    last: Option<Instant>,
}

impl Connecting {
    /// Returns how long nothing has been connected, counted from `start` at the earliest.
    pub(crate) fn silence_since(&self, start: Instant) -> Duration {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.now > 0 {
            return Duration::ZERO;
        }
        state.last.map_or(start, |last| last.max(start)).elapsed()
    }

    fn begin(&self) -> Attempt {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.now = state.now.saturating_add(1);
        Attempt(self.clone())
    }
}

/// A connection that is being made, until it is dropped.
struct Attempt(Connecting);

impl Drop for Attempt {
    fn drop(&mut self) {
        let mut state = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.now = state.now.saturating_sub(1);
        state.last = Some(Instant::now());
    }
}

impl<S> Layer<S> for Connecting {
    type Service = Watched<S>;

    fn layer(&self, inner: S) -> Watched<S> {
        Watched { inner, connecting: self.clone() }
    }
}

/// A connector that is watched.
#[derive(Debug, Clone)]
pub(crate) struct Watched<S> {
    inner: S,
    connecting: Connecting,
}

impl<S, R> Service<R> for Watched<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        let attempt = self.connecting.begin();
        let connection = self.inner.call(request);
        Box::pin(async move {
            let connection = connection.await;
            drop(attempt);
            connection
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn silence_begins_when_nothing_is_being_connected() {
        let connecting = Connecting::default();
        let start = Instant::now();
        let pause = Duration::from_millis(20);
        tokio::time::sleep(pause).await;
        assert!(connecting.silence_since(start) >= pause);
        let (one, other) = (connecting.begin(), connecting.begin());
        drop(one);
        assert_eq!(connecting.silence_since(start), Duration::ZERO);
        drop(other);
        assert!(connecting.silence_since(start) < start.elapsed());
    }
}
