//! One failed try: what went wrong, and whether another try may help.

use std::error::Error as _;
use std::io;
use std::time::{Duration, Instant};

use reqwest::Url;

use crate::Kind;
use crate::address::Blocked;
use crate::certificate::{advice, complaint};
use crate::error::quoted;

/// Why a connection did not come about in its time.
const TOO_LONG: &str = "it took too long (connect_ms)";

/// A try that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    /// Whether the same request may succeed later.
    pub(crate) passing: bool,
    /// The wait that the server asked for.
    pub(crate) retry_after: Option<Duration>,
    /// Where it went wrong, if that is not the address that was asked for first.
    pub(crate) url: Option<Box<Url>>,
    /// Whether we ended the try because its time was over, so that it says little of the server.
    pub(crate) cut: bool,
}

impl Failure {
    /// Makes a failure that no other try can mend.
    pub(crate) fn lasting(kind: Kind) -> Self {
        Self { kind, passing: false, retry_after: None, url: None, cut: false }
    }

    /// Makes the failure of an answer that broke off or never came.
    pub(crate) fn interrupted(reason: String) -> Self {
        Self { passing: true, ..Self::lasting(Kind::Interrupted(reason)) }
    }

    /// Makes the failure of a try that was ended here, `reason` being why.
    pub(crate) fn cut(reason: String) -> Self {
        Self { cut: true, ..Self::interrupted(reason) }
    }

    /// Names the proxy that stands between where no connection came about, or none that lasted, and where it may be
    /// the one who refuses.
    pub(crate) fn through(mut self, proxy: &str) -> Self {
        let proxy = format!("through the proxy {}", quoted(proxy.as_bytes(), 100));
        match &mut self.kind {
            Kind::Connect(text) | Kind::Interrupted(text) | Kind::Tls(text) => {
                *text = format!("{text}, {proxy}");
            }
            Kind::Status { body, .. } if body.is_empty() => *body = proxy,
            Kind::Status { body, .. } => *body = format!("{body}, {proxy}"),
            _ => {}
        }
        self
    }

    pub(crate) fn deadline() -> Self {
        Self::lasting(Kind::Deadline)
    }

    /// Names the address at which it went wrong.
    pub(crate) fn at(mut self, url: &Url) -> Self {
        self.url.get_or_insert_with(|| Box::new(url.clone()));
        self
    }

    /// Translates an error of the HTTP client; its own text is not used where it names addresses.
    pub(crate) fn from_reqwest(error: &reqwest::Error) -> Self {
        let mut deepest = String::new();
        let mut cause = error.source();
        // The chain is made by libraries, but nothing promises that it is short.
        for _ in 0..16 {
            let Some(this) = cause else { break };
            if let Some(blocked) = this.downcast_ref::<Blocked>() {
                return Self::lasting(Kind::OutOfBounds(quoted(blocked.0.as_bytes(), 300)));
            }
            if let Some(tls) = this.downcast_ref::<rustls::Error>()
                && is_about_trust(tls)
            {
                let complaint = quoted(complaint(tls).as_bytes(), 300);
                return Self::lasting(Kind::Tls(format!("{complaint}; {}", advice(tls))));
            }
            deepest = this.to_string();
            let io = this.downcast_ref::<io::Error>();
            let inner = io.and_then(io::Error::get_ref);
            if let (Some(io), None, true) = (io, inner, error.is_connect()) {
                return Self::from_connect(io, error.is_timeout());
            }
            // An I/O error names as its source the one behind what it holds.
            cause = match inner {
                Some(inner) => Some(inner),
                None => this.source(),
            };
        }
        let reason = if deepest.is_empty() {
            "the request failed".to_owned()
        } else {
            quoted(deepest.as_bytes(), 300)
        };
        if error.is_connect() {
            return Self {
                passing: error.is_timeout(),
                ..Self::lasting(Kind::Connect(if error.is_timeout() {
                    TOO_LONG.to_owned()
                } else {
                    reason
                }))
            };
        }
        if error.is_builder() {
            return Self::lasting(Kind::Answer(reason));
        }
        Self::interrupted(reason)
    }

    fn from_connect(error: &io::Error, timed_out: bool) -> Self {
        let passing = timed_out
            || matches!(
                error.kind(),
                io::ErrorKind::ConnectionReset
                    | io::ErrorKind::ConnectionAborted
                    | io::ErrorKind::BrokenPipe
                    | io::ErrorKind::UnexpectedEof
                    | io::ErrorKind::TimedOut
                    | io::ErrorKind::Interrupted
            );
        Self { passing, ..Self::lasting(Kind::Connect(quoted(error.to_string().as_bytes(), 300))) }
    }
}

/// Returns the shorter of `limit` and what is left until `deadline`, and whether that is the deadline.
pub(crate) fn remaining(
    limit: Duration,
    deadline: Option<Instant>,
    now: Instant,
) -> (Duration, bool) {
    match deadline.map(|deadline| deadline.saturating_duration_since(now)) {
        Some(left) if left < limit => (left, true),
        _ => (limit, false),
    }
}

/// Returns whether an error of TLS is about who the two sides are; others mean that the server
/// does not speak it, or that the connection was damaged.
fn is_about_trust(error: &rustls::Error) -> bool {
    matches!(
        error,
        rustls::Error::InvalidCertificate(_)
            | rustls::Error::NoCertificatesPresented
            | rustls::Error::UnsupportedNameType
            | rustls::Error::AlertReceived(_)
            | rustls::Error::PeerIncompatible(_)
            | rustls::Error::General(_)
    )
}
