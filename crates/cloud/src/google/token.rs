//! An access token of Google, and the answer that holds one.

use std::time::{Duration, SystemTime};

use cutaway_ref::auth::Secret;
use serde::Deserialize;

/// What a token is for: Google has no narrower scope for both of its registries.
pub(super) const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// An access token, and how long it lives.
pub(super) struct Token {
    pub(super) text: Secret,
    pub(super) expires: SystemTime,
}

impl Token {
    /// Makes a token that lives for so many seconds from a moment on.
    pub(super) fn living(text: impl Into<String>, from: SystemTime, seconds: Option<u64>) -> Self {
        let life = Duration::from_secs(seconds.unwrap_or(3600).min(1 << 31));
        Self { text: Secret::new(text), expires: from.checked_add(life).unwrap_or(from) }
    }
}

/// An access token, as the token service and the metadata service give it.
#[derive(Deserialize)]
pub(super) struct Answer {
    pub(super) access_token: String,
    pub(super) expires_in: Option<u64>,
}
