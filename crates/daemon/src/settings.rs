//! Every number and switch of a daemon's connection, with its default.

use std::time::{Duration, Instant};

/// How a daemon is reached.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The TLS settings for TCP: whom to trust, and what to show. None of them matters to a unix socket.
    pub tls: Option<rustls::ClientConfig>,
    /// Whether TCP without TLS is allowed: whoever is on the way can then send any image.
    pub plain_tcp: bool,
    /// Times that must not be exceeded.
    pub times: Times,
    /// The moment at which everything ends, whatever is in progress.
    pub deadline: Option<Instant>,
}

/// Times that no step may exceed.
#[derive(Debug, Clone)]
pub struct Times {
    /// Connecting (10 s).
    pub connect: Duration,
    /// Waiting for an answer, or for the next bytes of one (30 s).
    pub idle: Duration,
    /// Waiting for the first bytes of a saved image (10 min): Docker puts the whole archive
    /// together on its own disk before it sends any of it.
    pub prepare: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(30),
            prepare: Duration::from_secs(600),
        }
    }
}
