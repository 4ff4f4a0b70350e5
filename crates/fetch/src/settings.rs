//! Every number and switch of the transport, with its default.
//!
//! Nothing is read from the environment or from files: certificates and proxies come as values.

use std::time::{Duration, Instant};

use cutaway_ref::auth::{Secret, Veil};

/// How a registry is reached.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// Whether to speak plain HTTP to the registry. Loopback hosts need no flag for it.
    pub plain_http: bool,
    /// Whether plain HTTP may be spoken where the registry does not speak TLS.
    pub plain_fallback: bool,
    /// Whether to accept any certificate. It weakens every connection of this registry.
    pub insecure: bool,
    /// Authorities to trust beside those of the system: PEM, each with one or more certificates.
    pub ca_certificates: Vec<Vec<u8>>,
    /// The certificate to show to servers that ask for one.
    pub client_certificate: Option<ClientCertificate>,
    /// The proxies that requests go through. Without one, none is used.
    pub proxy: Option<Proxy>,
    /// Token servers, as `host` or `host:port`, that may be sent the credentials of this registry
    /// although they are not its own origin. Those of Docker Hub and GitLab are known without it.
    pub token_hosts: Vec<String>,
    /// Whether to ask the addresses that a descriptor names where the registry lacks a blob. They are
    /// asked without credentials, and not in networks that the registry is not part of.
    pub foreign_urls: bool,
    /// Sizes that must not be exceeded.
    pub limits: Limits,
    /// Times that must not be exceeded.
    pub times: Times,
    /// When failed requests are tried again.
    pub retry: RetryPolicy,
    /// The moment at which everything ends, whatever is in progress.
    pub deadline: Option<Instant>,
    /// Which sources may have a credential for this registry and could not be asked, and why: it is said
    /// where the registry refuses. One line, nothing secret.
    pub silent_sources: Option<String>,
    /// Gets to know what is told to registries and token servers, and hides it in every error. A veil
    /// that is shared with the program hides it in the program's own texts, too.
    pub veil: Veil,
}

/// A client certificate and its key.
#[derive(Debug, Clone)]
pub struct ClientCertificate {
    /// The certificate and those that lead from it to the authority, in PEM.
    pub chain: Vec<u8>,
    /// The private key, in PEM.
    pub key: Secret,
}

/// Proxies and the hosts that are reached without them.
///
/// A URL may carry a user and a password: `http://`, `https://` or `socks5h://`.
#[derive(Debug, Clone, Default)]
pub struct Proxy {
    /// The URL of the proxy for requests that speak TLS.
    pub https: Option<Secret>,
    /// The URL of the proxy for requests that speak plain HTTP.
    pub http: Option<Secret>,
    /// Hosts that are reached directly, as in `NO_PROXY`: names, suffixes and networks, joined by commas.
    pub except: String,
}

/// Sizes that no answer of a registry may exceed.
#[derive(Debug, Clone)]
pub struct Limits {
    /// `manifest_bytes`: a manifest or index (4 MiB, the portable floor of the specification).
    pub manifest_bytes: u64,
    /// `token_bytes`: the answer of a token server (1 MiB).
    pub token_bytes: u64,
    /// `error_bytes`: what is read of the body of an error (64 KiB); 256 bytes of it are shown.
    pub error_bytes: u64,
    /// `list_bytes`: one page of tags, repositories or referrers (4 MiB).
    pub list_bytes: u64,
    /// `list_pages`: pages of one list (10 000).
    pub list_pages: u32,
    /// `list_total_bytes`: pages of one list together, with 96 bytes for each of their entries (48 MiB).
    pub list_total_bytes: u64,
    /// `list_repositories`: repositories that one question about all of them leads to (100 000).
    pub list_repositories: u32,
    /// `header_bytes`: all headers of one answer (64 KiB).
    pub header_bytes: usize,
    /// `challenge_bytes`: all challenges of one answer (32 KiB).
    pub challenge_bytes: usize,
    /// `requests`: requests to one registry whose answers are on their way at once (8).
    pub requests: u32,
    /// `redirects`: steps from the registry to the place that has the bytes (5).
    pub redirects: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            manifest_bytes: 4 << 20,
            token_bytes: 1 << 20,
            error_bytes: 64 << 10,
            list_bytes: 4 << 20,
            list_pages: 10_000,
            list_total_bytes: 48 << 20,
            list_repositories: 100_000,
            header_bytes: 64 << 10,
            challenge_bytes: 32 << 10,
            requests: 8,
            redirects: 5,
        }
    }
}

/// Times that no step may exceed.
#[derive(Debug, Clone)]
pub struct Times {
    /// Connecting, with the TLS handshake (10 s).
    pub connect: Duration,
    /// Waiting for the first or the next bytes of an answer (30 s).
    pub idle: Duration,
    /// The stretch of waiting over which the speed is judged (30 s).
    pub floor_window: Duration,
    /// The fewest bytes a second that a server may send over that stretch (1 KiB).
    pub floor_bytes_per_second: u64,
    /// Trying TLS on a loopback host before plain HTTP is tried (2 s).
    pub loopback_probe: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(30),
            floor_window: Duration::from_secs(30),
            floor_bytes_per_second: 1 << 10,
            loopback_probe: Duration::from_secs(2),
        }
    }
}

/// When a failed request is tried again, and when it is given up.
#[derive(Debug, Clone)]
pub struct RetryPolicy {
    /// How many tries in a row may fail without progress (5). The first one counts.
    pub tries: u32,
    /// How many new bytes are progress (64 KiB).
    pub progress_bytes: u64,
    /// How long one blob may go without progress (2 min).
    pub patience: Duration,
    /// How long a whole run may spend waiting for the next try (10 min).
    pub run_patience: Duration,
    /// The wait before the second try (200 ms); it doubles with each failure, and varies by a quarter.
    pub first_wait: Duration,
    /// The longest wait (30 s).
    pub longest_wait: Duration,
    /// The longest wait that a server may ask for with `Retry-After` (60 s).
    pub longest_retry_after: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            tries: 5,
            progress_bytes: 64 << 10,
            patience: Duration::from_secs(120),
            run_patience: Duration::from_secs(600),
            first_wait: Duration::from_millis(200),
            longest_wait: Duration::from_secs(30),
            longest_retry_after: Duration::from_secs(60),
        }
    }
}
