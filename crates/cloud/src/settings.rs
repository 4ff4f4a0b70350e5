//! How the services of clouds are reached.

use std::time::Duration;

use cutaway_ref::auth::Secret;

/// Times, sizes and a proxy for every request that this crate makes.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `cloud_ms`: how long one request may take, with everything (10 s).
    pub patience: Duration,
    /// `metadata_connect_ms`: how long a connection to a metadata service may take (1 s): it is near, or it is not there.
    pub metadata_connect: Duration,
    /// `answer_bytes`: the longest answer that is read (1 MiB).
    pub answer_bytes: usize,
    /// Authorities to trust beside those of the system: PEM, each with one or more certificates.
    pub ca_certificates: Vec<Vec<u8>>,
    /// The proxy that requests over TLS go through. Those to metadata services never do.
    pub proxy: Option<Proxy>,
}

/// A proxy and the hosts that are reached without it.
#[derive(Debug, Clone)]
pub struct Proxy {
    /// The proxy's URL, which may carry a user and a password.
    pub url: Secret,
    /// Hosts that are reached directly, as in `NO_PROXY`.
    pub except: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            patience: Duration::from_secs(10),
            metadata_connect: Duration::from_secs(1),
            answer_bytes: 1 << 20,
            ca_certificates: Vec::new(),
            proxy: None,
        }
    }
}
